//! One entry of a section's `metrics`.

mod keys;

use std::time::Duration;

use self::keys::{DECIMALS, HIDDEN, ID, IDLE_TEXT, LABEL, LONG_LABEL, METRIC, SHOW, UNIT, WIDEN_BY};
pub use self::keys::{LIVENESS, LONGEST, MISSING, PERIOD, SETTLE, schema};
use super::{
    display::display,
    model::{Metric, Missing, Period},
    source::{PlacedQuery, Source},
    table::Settings,
    walk::Cursor,
};

/// A metric as far as it can be read on its own. What it says about other metrics is judged where all are known, and is
/// kept apart from the metric, so that a mistake elsewhere in it hides nothing.
pub struct Draft<'a> {
    /// Its id, and where that is.
    pub id: Option<(Cursor<'a>, String)>,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Its query, and where that is.
    pub query: Option<PlacedQuery<'a>>,
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

impl<'a> Draft<'a> {
    /// The place of its query, if that is an expression.
    pub fn expression(&self) -> Option<&PlacedQuery<'a>> {
        self.query.as_ref().filter(|it| it.query.is_expression())
    }
}

/// Reads one metric of a section that is read from `source`.
pub fn read<'a>(cursor: &Cursor<'a>, source: &dyn Source) -> Draft<'a> {
    let settings = cursor.any_settings();
    let settings = settings.as_ref();
    if let Some(settings) = settings {
        settings.are_known(&[&METRIC, &source.keys().metric]);
    }
    let mut draft = Draft {
        id: settings.and_then(|settings| settings.placed(&ID)),
        hidden: settings.and_then(|settings| settings.read(&HIDDEN)).unwrap_or(false),
        query: settings.and_then(|settings| source.query(settings)),
        liveness: settings.and_then(|settings| settings.placed(&LIVENESS)),
        period: settings
            .and_then(|settings| settings.placed(&PERIOD))
            .map(|(_, period)| period),
        settle: settings.and_then(|settings| settings.placed(&SETTLE)),
        cursor: cursor.clone(),
        metric: None,
    };
    draft.metric = settings.and_then(|settings| metric(settings, &draft));
    draft
}

fn metric(settings: &Settings<'_>, draft: &Draft<'_>) -> Option<Metric> {
    let id = draft.id.as_ref().map(|(_, id)| id.clone());
    if draft.hidden && settings.given(&ID).is_none() {
        settings.wrong("is hidden, so nothing but an id makes use of it; expected \"id\"");
    }
    // Only notes name a hidden metric, and there its id will do.
    let label = match settings.given(&LABEL) {
        None if draft.hidden => id.clone(),
        _ => settings.required(&LABEL),
    };
    let long_label = settings.read(&LONG_LABEL);
    let display = display(settings.placed(&UNIT), settings.read(&SHOW), settings.read(&DECIMALS));
    let missing = missing(settings, draft);
    let widen_by = settings.read(&WIDEN_BY);
    let settle = draft.settle.as_ref().map(|(_, settle)| *settle);
    Some(Metric {
        label: label?,
        long_label,
        query: draft.query.as_ref()?.query.clone(),
        period: draft.period.or_else(|| PERIOD.default_value())?,
        display,
        id,
        hidden: draft.hidden,
        missing: missing?,
        liveness: draft.liveness.as_ref().map(|(_, id)| id.clone()),
        filled: false,
        settle: settle.or_else(|| SETTLE.default_value())?,
        widen_by: widen_by?,
    })
}

/// A zero, or the word for idleness, is only as good as the liveness metric that it rests on.
fn missing(settings: &Settings<'_>, draft: &Draft<'_>) -> Option<Missing> {
    let missing = settings.exactly(&MISSING)?;
    let idle_text = settings.read(&IDLE_TEXT);
    if let (Missing::Retry | Missing::Zero, Some(cursor)) = (&missing, settings.given(&IDLE_TEXT)) {
        cursor.wrong("is of no use without \"missing: idle\"");
    }
    match (&missing, settings.given(&LIVENESS)) {
        // Whether an expression is one that needs it shows only beside its inputs.
        (Missing::Retry, Some(cursor)) if draft.expression().is_none() => {
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
    Some(match missing {
        Missing::Idle { .. } => Missing::Idle { text: idle_text? },
        other => other,
    })
}
