//! The keys of a metric.

use std::time::Duration;

use serde_json::{Value, json};

use crate::report::{
    display,
    form::{Form, Nested},
    json_schema::{self, duration},
    model::{Missing, Period, Show, Unit},
    problem::one_of,
    statistic,
    syntax::{self, FLAG, LINE},
    table::{
        Need::{DefaultsTo, Optional},
        object,
    },
    walk::Cursor,
};

object! {
    pub METRIC: "One line of the update, or a hidden input of one: either one statistic (`namespace`, `name`, `dimensions`, \
        `statistic`) or an `expression`.", label_or_id, statistic_or_expression, liveness_is_needed,
        liveness_is_of_use, idle_text_is_of_use, || display::shows_fit_units(UNIT.name, SHOW.name);

    LABEL: String = "label", Optional, LINE, "Its name in chats. Only a hidden metric may be without one.";
    LONG_LABEL: String = "long_label", Optional, LINE, "A longer name for the command line. Without one, it is the label.";
    NAMESPACE: String = "namespace", Optional, A_NAMESPACE, "CloudWatch's namespace of the metric.";
    NAME: String = "name", Optional, METRIC_NAME, "CloudWatch's name of the metric.";
    DIMENSIONS: Vec<(String, String)> = "dimensions", DefaultsTo("{}"), SET_OF_DIMENSIONS,
        "Name and value of each dimension: exactly the set under which the metric is published.";
    STATISTIC: String = "statistic", Optional, statistic::STATISTIC,
        "The statistic of each period, as CloudWatch spells it: Sum, Average, p99, TM(10%:90%), ...";
    EXPRESSION: String = "expression", Optional, MATH,
        "Metric math over the ids of the section's metrics, in place of a statistic of one metric.";
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

/// The form of a section's metrics.
pub const METRICS: Form<Nested> = Form::nested(|| {
    let mut schema = json_schema::list(METRIC.schema());
    let hidden = json!({ "properties": { HIDDEN.name: { "const": true } }, "required": [HIDDEN.name] });
    schema["contains"] = json!({ "not": hidden });
    schema
});

fn label_or_id() -> Value {
    json!({
        "if": { "properties": { HIDDEN.name: { "const": true } }, "required": [HIDDEN.name] },
        "then": { "required": [ID.name] },
        "else": { "required": [LABEL.name] },
    })
}

fn statistic_or_expression() -> Value {
    json!({
        "if": { "required": [EXPRESSION.name] },
        "then": {
            "properties": { NAMESPACE.name: false, NAME.name: false, DIMENSIONS.name: false, STATISTIC.name: false },
        },
        "else": { "required": [NAMESPACE.name, NAME.name, STATISTIC.name] },
    })
}

fn liveness_is_needed() -> Value {
    json!({
        "if": { "properties": { MISSING.name: { "enum": ["zero", "idle"] } }, "required": [MISSING.name] },
        "then": { "required": [LIVENESS.name] },
    })
}

fn liveness_is_of_use() -> Value {
    json!({
        "if": { "properties": { MISSING.name: { "const": "retry" } }, "not": { "required": [EXPRESSION.name] } },
        "then": { "properties": { LIVENESS.name: false } },
    })
}

fn idle_text_is_of_use() -> Value {
    json!({
        "if": { "properties": { MISSING.name: { "enum": ["retry", "zero"] } } },
        "then": { "properties": { IDLE_TEXT.name: false } },
    })
}

const A_NAMESPACE: Form<String> = Form::text(
    "a namespace; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    METRIC_NAME_PATTERN,
);

const METRIC_NAME: Form<String> = Form::text(
    "a metric's name; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    METRIC_NAME_PATTERN,
);

const DIMENSION_NAME: Form<String> = Form::text(
    "a dimension's name; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    METRIC_NAME_PATTERN,
);

const METRIC_NAME_PATTERN: &str = "[!-9;-~](?:[ -~]{0,253}[!-~])?";

const DIMENSION_VALUE: Form<String> = Form::text(
    "a dimension's value; expected 1 to 1024 printable ASCII characters",
    "[!-~](?:[ -~]{0,1022}[!-~])?",
);

const SET_OF_DIMENSIONS: Form<Vec<(String, String)>> = Form::Other {
    read: |cursor| Some(dimensions(cursor)),
    schema: || {
        json!({
            "type": "object",
            "maxProperties": MOST_DIMENSIONS,
            "propertyNames": DIMENSION_NAME.key_schema(),
            "additionalProperties": DIMENSION_VALUE.schema(),
        })
    },
};

const MOST_DIMENSIONS: usize = 30;

fn dimensions(cursor: &Cursor<'_>) -> Vec<(String, String)> {
    let entries = cursor.entries().unwrap_or_default();
    if entries.len() > MOST_DIMENSIONS {
        cursor.wrong(format!(
            "has {} dimensions; expected at most {MOST_DIMENSIONS}",
            entries.len()
        ));
    }
    let dimension = |(name, cursor): (&str, Cursor<'_>)| {
        DIMENSION_NAME.check_key(name, &cursor);
        Some((name.to_owned(), DIMENSION_VALUE.read(&cursor)?))
    };
    entries.into_iter().filter_map(dimension).collect()
}

const MATH: Form<String> = Form::text(
    "an expression; expected 1 to 2048 characters on one line",
    r"[^\x00-\x1f\x7f-\x9f]{1,2048}",
);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_cloudwatch_are_printable_ascii_without_outer_spaces() {
        let is_name = |text: &str| METRIC_NAME.parse(text).is_some();
        assert!(is_name("AWS/ApplicationELB") && is_name("a b") && is_name("%") && is_name(&"a".repeat(255)));
        assert!(!is_name("") && !is_name("ä") && !is_name(&"a".repeat(256)) && !is_name(" a") && !is_name("a "));
        assert!(!is_name(":a") && is_name("a:") && !is_name("a\n"));
    }

    #[test]
    fn values_of_dimensions_may_begin_with_a_colon_and_are_longer() {
        let is_value = |text: &str| DIMENSION_VALUE.parse(text).is_some();
        assert!(is_value(":") && is_value(&"a".repeat(1024)) && !is_value(&"a".repeat(1025)) && !is_value(""));
    }

    #[test]
    fn an_expression_is_one_line() {
        let is_line = |text: &str| MATH.parse(text).is_some();
        assert!(is_line("a + b") && is_line(&"ä".repeat(2048)) && !is_line(&"ä".repeat(2049)) && !is_line(""));
        assert!(!is_line("a\nb") && !is_line("a\u{85}b") && !is_line("a\u{7f}"));
    }
}
