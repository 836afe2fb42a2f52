//! The keys of a metric.

use std::time::Duration;

use serde_json::{Value, json};

use crate::report::{
    display,
    form::Form,
    json_schema::{self, duration},
    model::{Missing, Period, Show, Unit},
    problem::one_of,
    source::Source,
    syntax::{self, FLAG, LINE},
    table::{
        Need::{DefaultsTo, Optional},
        object,
    },
};

object! {
    pub METRIC: "One line of the update, or a hidden input of one.", label_or_id, liveness_is_needed, idle_text_is_of_use, || display::shows_fit_units(UNIT.name, SHOW.name);

    LABEL: String = "label", Optional, LINE, "Its name in chats. Only a hidden metric may be without one.";
    LONG_LABEL: String = "long_label", Optional, LINE, "A longer name for the command line. Without one, it is the label.";
    PERIOD: Period = "period", DefaultsTo("60"), A_PERIOD,
        "The length of its buckets, in seconds or like 5m. An expression has the period of its inputs.";
    UNIT: (Unit, Show) = "unit", Optional, display::UNIT,
        "The unit that the metric is published in; Ratio for a share from 0 to 1. Without one, it follows from `show`.";
    SHOW: Show = "show", Optional, display::SHOW,
        "How people see the value. Without it, it follows from `unit`; with neither, the value is a count.";
    DECIMALS: u8 = "decimals", Optional, display::DECIMALS,
        "Digits behind the point: 0 for count and ms, 1 for bytes and percent, 2 for s and number unless said otherwise.";
    ID: String = "id", Optional, syntax::ID,
        "The name by which expressions and `liveness` of this section refer to the metric.";
    HIDDEN: bool = "hidden", DefaultsTo("false"), FLAG,
        "Whether the metric is read, but not shown: an input of an expression, or a liveness metric.";
    MISSING: Missing = "missing", DefaultsTo("retry"), MEANING,
        "What it means when there is no datapoint. retry: it is late. zero: there was nothing to count. idle: there was nothing \
         to measure.";
    LIVENESS: String = "liveness", Optional, syntax::ID,
        "The id of the metric that tells zero and idle from late: of the same section and period, and published always. For \
         idle, a Sum that is 0 while there is no traffic.";
    IDLE_TEXT: String = "idle_text", DefaultsTo("no traffic"), LINE, "How `missing: idle` is said.";
    SETTLE: Duration = "settle", DefaultsTo("120"), UP_TO_LONGEST,
        "How long after its end a bucket's value may still change, in seconds or like 15m. An expression settles when its \
         inputs have.";
    WIDEN_BY: Duration = "widen_by", DefaultsTo("300"), UP_TO_LONGEST,
        "How far back to look, beyond the newest settled bucket, for one that is known, in seconds or like 5m. With `settle` \
         at most 2h.";
}

/// The JSON Schema of the metrics of a section that is read from `source`.
pub fn schema(source: &dyn Source) -> Value {
    let mut schema = json_schema::list(METRIC.schema_with(&source.keys().metric));
    let hidden = json!({ "properties": { HIDDEN.name: { "const": true } }, "required": [HIDDEN.name] });
    schema["contains"] = json!({ "not": hidden });
    schema
}

fn label_or_id() -> Value {
    json!({
        "if": { "properties": { HIDDEN.name: { "const": true } }, "required": [HIDDEN.name] },
        "then": { "required": [ID.name] },
        "else": { "required": [LABEL.name] },
    })
}

fn liveness_is_needed() -> Value {
    json!({
        "if": { "properties": { MISSING.name: { "enum": ["zero", "idle"] } }, "required": [MISSING.name] },
        "then": { "required": [LIVENESS.name] },
    })
}

fn idle_text_is_of_use() -> Value {
    json!({
        "if": { "properties": { MISSING.name: { "enum": ["retry", "zero"] } } },
        "then": { "properties": { IDLE_TEXT.name: false } },
    })
}

const A_PERIOD: Form<Period> = Form::Other {
    read: |cursor| {
        let secs = cursor.duration()?.as_secs();
        let period = u32::try_from(secs).ok().and_then(Period::from_secs);
        if period.is_none() {
            cursor.wrong(format!("{secs} is not a period; expected {}", one_of(&Period::ALLOWED)));
        }
        period
    },
    schema: || json_schema::duration_of(&Period::ALLOWED),
};

const MEANINGS: [(&str, Missing); 3] = [
    ("retry", Missing::Retry),
    ("zero", Missing::Zero),
    ("idle", Missing::Idle { text: String::new() }),
];

const MEANING: Form<Missing> = Form::Other {
    read: |cursor| cursor.word("a meaning of missing data", &MEANINGS),
    schema: || json_schema::words(MEANINGS.map(|(word, _)| word)),
};

/// The oldest that a value may be, in seconds: older ones say nothing about this hour.
pub const LONGEST: u64 = 2 * 60 * 60;

const UP_TO_LONGEST: Form<Duration> = Form::Other {
    read: |cursor| cursor.duration_in(0..=LONGEST),
    schema: || duration(0..=LONGEST),
};
