//! The words of the notes.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    foreign::one_line,
    metrics::reading::{Bucket, Provenance, Reading, Reason, newest_settled, window},
    report::{Metric, Missing, source::Source},
};

/// Longer phrases, which come from services, are cut.
const LONGEST_DETAIL: usize = 240;

/// The note on a reading: what people must know, with what its source said besides; `None` when the number speaks for itself.
pub fn explain(
    source: &dyn Source,
    metric: &Metric,
    as_of: Timestamp,
    reading: &Reading,
    remarks: &[&str],
) -> Option<String> {
    let name = source.name();
    let explained = match &reading.provenance {
        Provenance::Settled(_) | Provenance::TrueZero { .. } | Provenance::Idle { .. } => None,
        Provenance::Widened { .. } => {
            (!reading.complete).then(|| format!("{name}'s answer was incomplete, there may be a newer value"))
        }
        Provenance::Provisional(bucket) => Some(format!(
            "provisional: from {}, may still change",
            span(*bucket, *bucket)
        )),
        Provenance::Missing { reason, last_known } => {
            let mut text = why(name, metric, as_of, reason);
            if !matches!(reason, Reason::Denied(_) | Reason::Misconfigured(_)) {
                text.push_str(&retries(reading.tries));
            }
            if let Some((bucket, value)) = last_known {
                let value = metric.display.format(*value);
                text.push_str(&format!("; last known {value} at {}", clock_time(bucket.start)));
            }
            Some(text)
        }
    };
    let messages = reading.messages.iter().map(String::as_str);
    // Where the newest bucket has its value, the message is about another one.
    let messages = messages.filter(|message| !(reading.is_newest() && source.concerns_any_bucket(message)));
    let said = said(source, remarks.iter().copied().chain(messages));
    let defects = reading.defects.iter().cloned();
    let parts: Vec<String> = explained.into_iter().chain(defects).chain(said).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The source's own words, if there are any.
pub fn said<'a>(source: &dyn Source, words: impl Iterator<Item = &'a str>) -> Option<String> {
    let words: Vec<String> = words.map(phrase).collect();
    (!words.is_empty()).then(|| format!("{} says: {}", source.name(), words.join("; ")))
}

fn why(source: &str, metric: &Metric, as_of: Timestamp, reason: &Reason) -> String {
    match reason {
        Reason::NoData => no_data(metric, as_of),
        Reason::NoDataDespiteTraffic => {
            let traffic = match &metric.missing {
                Missing::Idle { text } => text.strip_prefix("no ").unwrap_or("traffic"),
                Missing::Retry | Missing::Zero => "traffic",
            };
            format!("{} ({traffic} came, but no {})", no_data(metric, as_of), metric.label)
        }
        Reason::NoDataNorLiveness(why_not) => {
            let liveness = metric.liveness.as_deref().unwrap_or("its liveness metric");
            format!(
                "{} ({liveness}: {})",
                no_data(metric, as_of),
                why(source, metric, as_of, why_not)
            )
        }
        Reason::NotInAnswer => format!("not in {source}'s answer"),
        Reason::Denied(detail) => format!("not read: {}", phrase(detail)),
        Reason::Throttled(detail) => format!("throttled: {}", phrase(detail)),
        Reason::Unavailable(detail) => format!("not read: {}", phrase(detail)),
        Reason::Partial => format!("{source} gave only a part of its answer"),
        Reason::Misconfigured(detail) => format!("report.yaml needs a change: {}", phrase(detail)),
    }
}

fn no_data(metric: &Metric, as_of: Timestamp) -> String {
    let newest = newest_settled(metric, as_of);
    let oldest = window(metric, as_of).last().unwrap_or(newest);
    format!("no data from {}", span(oldest, newest))
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
    one_line(words, LONGEST_DETAIL)
}
