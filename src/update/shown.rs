//! The words of a value: the number with its unit, and what people must know of it without looking up a note.

use std::time::Duration;

use jiff::Timestamp;

use super::note::clock_time;
use crate::{
    clock::earlier,
    metrics::reading::{Bucket, Provenance, Reading},
    report::{Metric, Missing},
};

/// Where the newest settled bucket ended longer before as of, the message says when that was.
const RECENT: Duration = Duration::from_secs(300);

/// Whether a bucket ended so shortly before as of that its time need not be said.
pub(crate) fn is_recent(bucket: Bucket, as_of: Timestamp) -> bool {
    bucket.end() >= earlier(as_of, RECENT)
}

/// A value as it is shown.
pub(crate) struct Shown {
    /// In a line of text: `0ms, no requests`.
    pub text: String,
    /// In a layout that tells words from numbers: `no requests`.
    pub card: String,
    /// Whether it is a number with its unit, and nothing else: no time, no word, no bound.
    pub is_bare: bool,
}

impl Shown {
    /// The value of a reading; `heading_says_latest` is whether the section's heading tells the newest settled bucket.
    pub fn new(metric: &Metric, as_of: Timestamp, reading: &Reading, heading_says_latest: bool) -> Self {
        let number = metric.display.format(reading.value);
        let when = match (reading.bucket(), reading.widened_by()) {
            (Some(bucket), Some(by)) if !by.is_zero() => format!(" at {}", clock_time(bucket.start)),
            (Some(bucket), Some(_)) if !heading_says_latest && !is_recent(bucket, as_of) => {
                format!(", {}", latest(bucket))
            }
            _ => String::new(),
        };
        let (text, card) = match (&reading.provenance, &metric.missing) {
            (Provenance::Idle { .. }, Missing::Idle { text }) => {
                (format!("{number}, {text}{when}"), format!("{text}{when}"))
            }
            (Provenance::Missing { .. }, _) => (number.clone(), number.clone()),
            _ => {
                let text = format!("{number}{}{when}", of_what(metric));
                (text.clone(), text)
            }
        };
        Self {
            is_bare: text == number && !metric.display.is_bound(reading.value),
            text,
            card,
        }
    }
}

/// `latest minute 13:41`, `latest 13:30–13:45`: the newest bucket that is settled.
pub fn latest(bucket: Bucket) -> String {
    let (start, end) = (clock_time(bucket.start), clock_time(bucket.end()));
    match bucket.period.secs() {
        60 => format!("latest minute {start}"),
        _ => format!("latest {start}–{end}"),
    }
}

/// A sum is one of a bucket: in an hourly message it would otherwise be taken for the hour's.
fn of_what(metric: &Metric) -> String {
    match metric.period.secs() {
        _ if !metric.query.is_sum() => String::new(),
        3600 => " in 1 h".to_owned(),
        secs => format!(" in {} min", secs / 60),
    }
}
