//! The words of the notes.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    config::Metric,
    reading::{Bucket, Provenance, Reading, Reason, window},
};

/// Longer phrases, which come from services, are cut.
const LONGEST_DETAIL: usize = 240;

/// What people must know about a reading; `None` when the number speaks for itself.
pub fn explain(metric: &Metric, as_of: Timestamp, reading: &Reading) -> Option<String> {
    match &reading.provenance {
        Provenance::Settled(_) | Provenance::TrueZero(_) => None,
        Provenance::Widened { bucket, .. } => (!reading.complete).then(|| {
            format!(
                "from {}; CloudWatch's answer was incomplete, there may be a newer value",
                span(*bucket, *bucket)
            )
        }),
        Provenance::Provisional(bucket) => Some(format!(
            "provisional: from {}, may still change",
            span(*bucket, *bucket)
        )),
        Provenance::Missing { reason, last_known } => {
            let mut text = why(metric, as_of, reason);
            if let Reason::NoData(_) | Reason::Throttled(_) | Reason::Unavailable(_) | Reason::Partial = reason {
                text.push_str(&retries(reading.tries));
            }
            if let Some((bucket, value)) = last_known {
                let value = metric.display.format(*value);
                text.push_str(&format!("; last known {value} at {}", clock_time(bucket.start)));
            }
            Some(text)
        }
    }
}

fn why(metric: &Metric, as_of: Timestamp, reason: &Reason) -> String {
    match reason {
        Reason::NoData(said) => {
            let mut buckets: Vec<Bucket> = window(metric, as_of).collect();
            buckets.reverse();
            let empty = match (buckets.first(), buckets.last()) {
                (Some(oldest), Some(newest)) => format!("no data from {}", span(*oldest, *newest)),
                _ => "no data".to_owned(),
            };
            said.iter()
                .fold(empty, |text, message| format!("{text} ({})", phrase(message)))
        }
        Reason::Denied(detail) => format!("not read: {}", phrase(detail)),
        Reason::Throttled(detail) => format!("throttled: {}", phrase(detail)),
        Reason::Unavailable(detail) => format!("not read: {}", phrase(detail)),
        Reason::Partial => "CloudWatch gave only a part of its answer".to_owned(),
        Reason::Misconfigured(detail) => format!("report.yaml needs a change: {}", phrase(detail)),
    }
}

fn retries(tries: u32) -> String {
    match tries.saturating_sub(1) {
        0 => ", not asked again".to_owned(),
        1 => ", asked again once".to_owned(),
        n => format!(", asked again {n} times"),
    }
}

/// `13:50 to 13:55`.
fn span(oldest: Bucket, newest: Bucket) -> String {
    format!("{} to {}", clock_time(oldest.start), clock_time(newest.end()))
}

/// `13:57`, in UTC as the update's first line says.
pub fn clock_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
}

/// A service's words on one line, not too long.
fn phrase(words: &str) -> String {
    let line = words
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
