//! One entry of a section's `metrics`.

use std::time::Duration;

use super::{
    display, expression,
    model::{Metric, Missing, Period, Query, Stat},
    problem::{nearest, one_of},
    statistic::{self, is_statistic},
    syntax::{ID, LINE, is_id, is_line, is_printable},
    walk::{Cursor, Settings},
};

/// The period of a metric that does not say otherwise.
pub const DEFAULT_PERIOD: Period = Period::MINUTE;
/// The settling time of a metric that does not say otherwise: the best supported number for AWS's own metrics.
pub const DEFAULT_SETTLE: Duration = Duration::from_secs(120);
/// How far the window of a metric widens that does not say otherwise.
pub const DEFAULT_WIDEN_BY: Duration = Duration::from_secs(300);
/// The oldest that a value may be, in seconds: older ones say nothing about this hour.
pub const LONGEST: u64 = 2 * 60 * 60;
/// How a metric that does not say otherwise tells that there was nothing to measure.
const DEFAULT_IDLE_TEXT: &str = "no traffic";

const EXPRESSION: &str = "an expression; expected 1 to 2048 characters on one line";

fn is_expression(text: &str) -> bool {
    (1..=2048).contains(&text.chars().count()) && !text.contains(char::is_control)
}

const KEYS: &[&str] = &[
    "label",
    "long_label",
    "namespace",
    "name",
    "dimensions",
    "statistic",
    "expression",
    "period",
    "unit",
    "show",
    "decimals",
    "id",
    "hidden",
    "missing",
    "liveness",
    "idle_text",
    "settle",
    "widen_by",
];

/// A metric as far as it can be read on its own. What it says about other metrics is judged where all are known, and is
/// kept apart from the metric, so that a mistake elsewhere in it hides nothing.
pub struct Draft<'a> {
    /// Its id, and where that is.
    pub id: Option<(Cursor<'a>, String)>,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Its expression, and where that is.
    pub expression: Option<(Cursor<'a>, String)>,
    /// The id of its sign of life, and where that is.
    pub liveness: Option<(Cursor<'a>, String)>,
    /// Its own period; without, an expression has that of its inputs.
    pub period: Option<Period>,
    /// Its own settling time, and where that is; without, an expression settles when its inputs have.
    pub settle: Option<(Cursor<'a>, Duration)>,
    /// The metric as a whole: the place of mistakes that lie between its settings.
    pub cursor: Cursor<'a>,
    /// The metric, unless something that it needs could not be read.
    pub metric: Option<Metric>,
}

/// Reads one metric.
pub fn read<'a>(cursor: &Cursor<'a>) -> Draft<'a> {
    let settings = cursor.settings(KEYS);
    let settings = settings.as_ref();
    let get = |key| settings.and_then(|settings| settings.get(key));
    let placed = |key, what: &str, rule: fn(&str) -> bool| {
        get(key).and_then(|cursor| Some((cursor.clone(), cursor.text_that(what, rule)?)))
    };
    let mut draft = Draft {
        id: placed("id", ID, is_id),
        hidden: get("hidden").and_then(Cursor::flag).unwrap_or(false),
        expression: placed("expression", EXPRESSION, is_expression),
        liveness: placed("liveness", ID, is_id),
        period: get("period").and_then(period),
        settle: get("settle").and_then(|cursor| Some((cursor.clone(), up_to_longest(cursor)?))),
        cursor: cursor.clone(),
        metric: None,
    };
    draft.metric = settings.and_then(|settings| metric(settings, &draft));
    draft
}

fn metric(settings: &Settings<'_>, draft: &Draft<'_>) -> Option<Metric> {
    let id = draft.id.as_ref().map(|(_, id)| id.clone());
    if draft.hidden && settings.get("id").is_none() {
        settings.wrong("is hidden, so nothing but an id makes use of it; expected \"id\"");
    }
    // Only notes name a hidden metric, and there its id will do.
    let label = match settings.get("label") {
        None if draft.hidden => id.clone(),
        _ => settings
            .required("label")
            .and_then(|cursor| cursor.text_that(LINE, is_line)),
    };
    let long_label = settings
        .get("long_label")
        .and_then(|cursor| cursor.text_that(LINE, is_line));
    let query = query(settings, draft);
    let display = display::read(settings);
    let missing = missing(settings, draft);
    let widen_by = settings.or("widen_by", DEFAULT_WIDEN_BY, up_to_longest);
    Some(Metric {
        label: label?,
        long_label,
        query: query?,
        period: draft.period.unwrap_or(DEFAULT_PERIOD),
        display,
        id,
        hidden: draft.hidden,
        missing: missing?,
        liveness: draft.liveness.as_ref().map(|(_, id)| id.clone()),
        filled: false,
        settle: draft.settle.as_ref().map_or(DEFAULT_SETTLE, |(_, settle)| *settle),
        widen_by,
    })
}

fn up_to_longest(cursor: &Cursor<'_>) -> Option<Duration> {
    cursor.duration_in(0..=LONGEST)
}

fn period(cursor: &Cursor<'_>) -> Option<Period> {
    let secs = cursor.duration()?.as_secs();
    let period = u32::try_from(secs).ok().and_then(Period::from_secs);
    if period.is_none() {
        cursor.wrong(format!("{secs} is not a period; expected {}", one_of(&Period::ALLOWED)));
    }
    period
}

/// A metric is either one statistic or an expression.
fn query(settings: &Settings<'_>, draft: &Draft<'_>) -> Option<Query> {
    const STAT: [&str; 4] = ["namespace", "name", "dimensions", "statistic"];
    if settings.get("expression").is_some() {
        for other in STAT.iter().filter_map(|key| settings.get(key)) {
            other.wrong("stands beside \"expression\"; expected one or the other");
        }
        let (cursor, text) = draft.expression.as_ref()?;
        if let Some(fault) = expression::fault(text) {
            cursor.wrong(fault);
        }
        return Some(Query::Expression(text.clone()));
    }
    if STAT.iter().all(|key| settings.get(key).is_none()) {
        settings.wrong("says nothing to read; expected \"namespace\", \"name\" and \"statistic\", or \"expression\"");
        return None;
    }
    let printable = |key, what| {
        settings
            .required(key)
            .and_then(|cursor| cursor.text_that(what, |text| is_printable(text, 255) && !text.starts_with(':')))
    };
    let namespace = printable(
        "namespace",
        "a namespace; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    );
    let name = printable(
        "name",
        "a metric's name; expected 1 to 255 printable ASCII characters, not beginning with ':'",
    );
    let dimensions = settings.or("dimensions", Vec::new(), |cursor| Some(dimensions(cursor)));
    let statistic = settings.required("statistic").and_then(statistic);
    Some(Query::Stat(Stat {
        namespace: namespace?,
        name: name?,
        dimensions,
        statistic: statistic?,
    }))
}

fn statistic(cursor: &Cursor<'_>) -> Option<String> {
    let text = cursor.text()?;
    if !is_statistic(&text.value) {
        let remedy = match nearest(&text.value, &statistic::NAMED) {
            Some(name) => format!("did you mean {name:?}?"),
            None => format!("expected {}", statistic::EXPECTED),
        };
        cursor.wrong(format!("{text} is not a statistic; {remedy}"));
        return None;
    }
    Some(text.value)
}

fn dimensions(cursor: &Cursor<'_>) -> Vec<(String, String)> {
    let entries = cursor.entries().unwrap_or_default();
    if entries.len() > 30 {
        cursor.wrong(format!("has {} dimensions; expected at most 30", entries.len()));
    }
    let value = |(name, cursor): (&str, Cursor<'_>)| {
        if !is_printable(name, 255) || name.starts_with(':') {
            cursor.wrong(
                "is not a dimension's name; expected 1 to 255 printable ASCII characters, not beginning with ':'",
            );
        }
        let what = "a dimension's value; expected 1 to 1024 printable ASCII characters";
        Some((
            name.to_owned(),
            cursor.text_that(what, |text| is_printable(text, 1024))?,
        ))
    };
    entries.into_iter().filter_map(value).collect()
}

/// A zero, or the word for idleness, is only as good as the liveness metric that it rests on.
fn missing(settings: &Settings<'_>, draft: &Draft<'_>) -> Option<Missing> {
    const WORDS: [(&str, Missing); 3] = [
        ("retry", Missing::Retry),
        ("zero", Missing::Zero),
        ("idle", Missing::Idle { text: String::new() }),
    ];
    let missing = match settings.get("missing") {
        Some(cursor) => cursor.word("a meaning of missing data", &WORDS)?,
        None => Missing::Retry,
    };
    let idle_text = settings
        .get("idle_text")
        .map(|cursor| (cursor, cursor.text_that(LINE, is_line)));
    match (&missing, &idle_text) {
        (Missing::Idle { .. }, _) | (_, None) => {}
        (_, Some((cursor, _))) => cursor.wrong("is of no use without \"missing: idle\""),
    }
    match (&missing, settings.get("liveness")) {
        // Whether an expression is one that needs it shows only beside its inputs.
        (Missing::Retry, Some(cursor)) if draft.expression.is_none() => {
            cursor.wrong("is of no use without \"missing: zero\" or \"missing: idle\"");
        }
        (Missing::Zero, None) => settings.wrong(
            "\"missing: zero\" needs \"liveness\"; expected the id of a metric that is published also when there is nothing to count",
        ),
        (Missing::Idle { .. }, None) => settings.wrong(
            "\"missing: idle\" needs \"liveness\"; expected the id of a metric that counts the traffic, and is 0 when there is none",
        ),
        _ => {}
    }
    match missing {
        Missing::Idle { .. } => Some(Missing::Idle {
            text: match idle_text {
                Some((_, text)) => text?,
                None => DEFAULT_IDLE_TEXT.to_owned(),
            },
        }),
        other => Some(other),
    }
}
