//! Series x as of -> [`Reading`]: what one metric shows, and why.
//!
//! The newest bucket that CloudWatch shows is often still filling, or still changing. So a reading is the newest
//! *settled* bucket, or an older one within the metric's window, or, marked, a newer one that may still change. What
//! then remains is a `0` with its reason.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use crate::{
    config::{Config, Metric, Missing, Period},
    plan::{MetricRef, earlier},
    series::{Cause, Evidence, Series, Status},
};

/// How old, counted from its end, a datapoint may be to be told as "last known".
const LAST_KNOWN: Duration = Duration::from_secs(3600);

/// What one metric shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which metric.
    pub metric: MetricRef,
    /// The value, in the unit that CloudWatch publishes; 0 when there is none.
    pub value: f64,
    /// Where the value comes from.
    pub provenance: Provenance,
    /// Whether CloudWatch had said all that it had to say. If not, the value is right, but may not be the newest.
    pub complete: bool,
    /// How many times it was asked for.
    pub tries: u32,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Provenance {
    /// The newest settled bucket.
    Settled(Bucket),
    /// An older bucket of the window.
    Widened {
        /// The bucket.
        bucket: Bucket,
        /// How much the window had to grow.
        by: Duration,
    },
    /// A closed bucket whose value may still change.
    Provisional(Bucket),
    /// There was nothing to count in the newest settled bucket.
    TrueZero(Bucket),
    /// There is no value; 0 is shown.
    Missing {
        /// Why.
        reason: Reason,
        /// The newest value of the last hour, too old to be shown as current.
        last_known: Option<(Bucket, f64)>,
    },
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// CloudWatch has no datapoint; and what it said about that, if anything.
    NoData(Vec<String>),
    /// The account, the role or the metric may not be read.
    Denied(String),
    /// Too many calls.
    Throttled(String),
    /// CloudWatch or the way there failed.
    Unavailable(String),
    /// CloudWatch gave a part of its answer only.
    Partial,
    /// CloudWatch cannot make sense of what report.yaml asks for.
    Misconfigured(String),
}

/// One period of a metric: start inclusive, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    /// Its first instant; CloudWatch's timestamp of the datapoint.
    pub start: Timestamp,
    /// Its length.
    pub period: Period,
}

impl Bucket {
    /// The first instant after it.
    pub fn end(self) -> Timestamp {
        self.start
            .saturating_add(Duration::from_secs(self.period.secs().into()))
            .unwrap_or(self.start)
    }

    fn before(self) -> Self {
        let start = earlier(self.start, Duration::from_secs(self.period.secs().into()));
        Self { start, ..self }
    }
}

/// The settled buckets that a reading may come from, newest first.
pub fn window(metric: &Metric, as_of: Timestamp) -> impl Iterator<Item = Bucket> + use<> {
    let more = metric.widen_by.as_secs() / u64::from(metric.period.secs());
    let newest = newest_settled(metric, as_of);
    std::iter::successors(Some(newest), |bucket| Some(bucket.before())).take(1 + usize::try_from(more).unwrap_or(0))
}

/// The newest bucket whose value no longer changes at as of.
fn newest_settled(metric: &Metric, as_of: Timestamp) -> Bucket {
    let end = metric.period.floor(earlier(as_of, metric.settle));
    let after = Bucket {
        start: end,
        period: metric.period,
    };
    after.before()
}

/// The buckets that have ended at as of but may still change, newest first.
fn unsettled(metric: &Metric, as_of: Timestamp) -> impl Iterator<Item = Bucket> + use<> {
    let settled = newest_settled(metric, as_of);
    let filling = Bucket {
        start: metric.period.floor(as_of),
        period: metric.period,
    };
    std::iter::successors(Some(filling.before()), |bucket| Some(bucket.before()))
        .take_while(move |bucket| bucket.start > settled.start)
}

impl Reading {
    /// Judges what is known of one metric; `liveness` is what is known of its sign of life.
    pub fn of(
        place: MetricRef,
        metric: &Metric,
        as_of: Timestamp,
        evidence: &Evidence,
        liveness: Option<(&Metric, &Evidence)>,
    ) -> Self {
        let (provenance, value) = judge(metric, as_of, evidence, liveness);
        Self {
            metric: place,
            value,
            provenance,
            complete: evidence.is_complete(),
            tries: evidence.tries,
        }
    }

    /// Whether asking again may give a better reading. A widened or provisional one is final: it is a number already,
    /// and the update is due.
    pub fn may_improve(&self) -> bool {
        match &self.provenance {
            Provenance::Missing { reason, .. } => match reason {
                Reason::NoData(_) | Reason::Throttled(_) | Reason::Unavailable(_) | Reason::Partial => true,
                Reason::Denied(_) | Reason::Misconfigured(_) => false,
            },
            _ => !self.complete,
        }
    }

    /// Whether only late data could improve it: nothing has failed, there is just nothing yet.
    pub fn is_late(&self) -> bool {
        matches!(
            &self.provenance,
            Provenance::Missing {
                reason: Reason::NoData(_),
                ..
            }
        )
    }

    /// The bucket that the value comes from.
    pub fn bucket(&self) -> Option<Bucket> {
        match self.provenance {
            Provenance::Settled(bucket)
            | Provenance::Widened { bucket, .. }
            | Provenance::Provisional(bucket)
            | Provenance::TrueZero(bucket) => Some(bucket),
            Provenance::Missing { .. } => None,
        }
    }
}

/// The readings of all metrics that there is evidence of, in the order of the config.
pub fn read(config: &Config, as_of: Timestamp, evidence: &BTreeMap<MetricRef, Evidence>) -> Vec<Reading> {
    evidence
        .iter()
        .map(|(place, known)| {
            let section = &config.sections[place.section];
            let metric = &section.metrics[place.metric];
            let liveness = match &metric.missing {
                Missing::Retry => None,
                Missing::Zero { liveness } => section
                    .metrics
                    .iter()
                    .enumerate()
                    .find(|(_, partner)| partner.id.as_ref() == Some(liveness)),
            };
            let liveness = liveness.and_then(|(index, partner)| {
                let place = MetricRef {
                    metric: index,
                    ..*place
                };
                Some((partner, evidence.get(&place)?))
            });
            Reading::of(*place, metric, as_of, known, liveness)
        })
        .collect()
}

fn judge(
    metric: &Metric,
    as_of: Timestamp,
    evidence: &Evidence,
    liveness: Option<(&Metric, &Evidence)>,
) -> (Provenance, f64) {
    let missing = |reason| {
        let last_known = last_known(metric, as_of, evidence.series.as_ref());
        (Provenance::Missing { reason, last_known }, 0.0)
    };
    if let Some(series) = &evidence.series
        && series.labels.len() > 1
    {
        let problem = format!("the expression gives {} series, not one", series.labels.len());
        let reason = Reason::Misconfigured(problem);
        return (
            Provenance::Missing {
                reason,
                last_known: None,
            },
            0.0,
        );
    }
    let value = |bucket: &Bucket| evidence.series.as_ref()?.points.get(&bucket.start).copied();

    let newest = newest_settled(metric, as_of);
    if let Some(value) = value(&newest) {
        return (Provenance::Settled(newest), value);
    }
    if evidence.is_complete() && liveness.is_some_and(|(partner, known)| was_alive(partner, known, newest)) {
        return (Provenance::TrueZero(newest), 0.0);
    }
    for (grown, bucket) in window(metric, as_of).enumerate() {
        if let Some(value) = value(&bucket) {
            let by = Duration::from_secs(grown as u64 * u64::from(metric.period.secs()));
            return (Provenance::Widened { bucket, by }, value);
        }
    }
    match unsettled(metric, as_of).find_map(|bucket| Some((bucket, value(&bucket)?))) {
        Some((bucket, value)) => (Provenance::Provisional(bucket), value),
        None => missing(reason(evidence)),
    }
}

/// Whether the sign of life was published for this time or a later one.
fn was_alive(partner: &Metric, known: &Evidence, bucket: Bucket) -> bool {
    let newest = known.series.as_ref().and_then(|series| series.points.last_key_value());
    newest.is_some_and(|(&start, _)| {
        let seen = Bucket {
            start,
            period: partner.period,
        };
        seen.end() >= bucket.end()
    })
}

fn reason(evidence: &Evidence) -> Reason {
    if let Some(stop) = &evidence.stop {
        let detail = stop.detail.clone();
        return match stop.cause {
            Cause::Denied | Cause::WrongAccount => Reason::Denied(detail),
            Cause::Invalid => Reason::Misconfigured(detail),
            Cause::Throttled => Reason::Throttled(detail),
            Cause::Unavailable => Reason::Unavailable(detail),
        };
    }
    let Some(series) = &evidence.series else {
        return Reason::NoData(Vec::new());
    };
    match series.status {
        Status::Complete => Reason::NoData(series.messages.clone()),
        Status::Forbidden => Reason::Denied(format!("{}the metric may not be read", said(series))),
        Status::InternalError => Reason::Unavailable(format!("{}CloudWatch reports an internal error", said(series))),
        Status::Partial => Reason::Partial,
    }
}

fn said(series: &Series) -> String {
    series.messages.iter().map(|message| format!("{message}; ")).collect()
}

/// The newest value that is older than the window, but ended within the last hour.
fn last_known(metric: &Metric, as_of: Timestamp, series: Option<&Series>) -> Option<(Bucket, f64)> {
    let settled = newest_settled(metric, as_of);
    let (&start, &value) = series?.points.range(..settled.start).next_back()?;
    let bucket = Bucket {
        start,
        period: metric.period,
    };
    (bucket.end() >= earlier(as_of, LAST_KNOWN)).then_some((bucket, value))
}

#[cfg(test)]
mod tests;
