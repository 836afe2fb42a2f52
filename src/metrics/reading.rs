//! Series x as of -> [`Reading`]: what one metric shows, and why.
//!
//! The newest bucket that CloudWatch shows is often still filling, or still changing. So a reading is the newest *known*
//! one of the metric's settled buckets, or, marked, a newer one that may still change. What then remains is a `0` with its
//! reason. A bucket is known by its datapoint, or, for metrics that exist only while there is something to count or to
//! measure, by what their liveness metric has for the same bucket.

mod judge;
mod window;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use self::judge::View;
pub use self::window::{Bucket, newest_settled, window};
use super::{plan::MetricRef, series::Evidence};
use crate::report::Config;

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
    /// What CloudWatch said of this metric, as `code: text`.
    pub messages: Vec<String>,
    /// What of CloudWatch's answer could not be used, and why, as phrases.
    pub defects: Vec<String>,
    /// Whether asking again may give a better reading.
    pub outlook: Outlook,
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
    /// There was nothing to count.
    TrueZero {
        /// The bucket.
        bucket: Bucket,
        /// How much the window had to grow.
        by: Duration,
    },
    /// There was no traffic, so there was nothing to measure.
    Idle {
        /// The bucket.
        bucket: Bucket,
        /// How much the window had to grow.
        by: Duration,
    },
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
    /// CloudWatch has no datapoint.
    NoData,
    /// CloudWatch has no datapoint, although the liveness metric counted traffic.
    NoDataDespiteTraffic,
    /// CloudWatch has no datapoint, and whether there should be one cannot be told: why the liveness metric was not read.
    NoDataNorLiveness(Box<Reason>),
    /// CloudWatch's answer did not speak of the metric.
    NotInAnswer,
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

/// Whether asking again may give a better reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It may not: the reading is final.
    Final,
    /// It may if data are late: nothing has failed, there is just nothing yet.
    Late,
    /// It may, since something has failed that may pass.
    Failed,
}

impl Reading {
    /// The bucket that the value comes from.
    pub fn bucket(&self) -> Option<Bucket> {
        match self.provenance {
            Provenance::Settled(bucket)
            | Provenance::Widened { bucket, .. }
            | Provenance::Provisional(bucket)
            | Provenance::TrueZero { bucket, .. }
            | Provenance::Idle { bucket, .. } => Some(bucket),
            Provenance::Missing { .. } => None,
        }
    }

    /// How much older the bucket of the value is than the newest settled one; `None` where it is no settled bucket.
    pub fn widened_by(&self) -> Option<Duration> {
        match self.provenance {
            Provenance::Settled(_) => Some(Duration::ZERO),
            Provenance::Widened { by, .. } | Provenance::TrueZero { by, .. } | Provenance::Idle { by, .. } => Some(by),
            Provenance::Provisional(_) | Provenance::Missing { .. } => None,
        }
    }

    /// Whether the value is that of the newest settled bucket.
    pub fn is_newest(&self) -> bool {
        self.widened_by().is_some_and(|by| by.is_zero())
    }
}

/// The readings of all metrics that there is evidence of, in the order of the config.
pub fn read(config: &Config, as_of: Timestamp, evidence: &BTreeMap<MetricRef, Evidence>) -> Vec<Reading> {
    let nothing = Evidence::default();
    let readings = evidence.iter().map(|(place, known)| {
        let section = &config.sections[place.section];
        let of = |metric| evidence.get(&MetricRef { metric, ..*place }).unwrap_or(&nothing);
        let metric = &section.metrics[place.metric];
        let liveness = metric.liveness.as_deref().and_then(|id| section.position(id));
        let inputs = section.inputs(place.metric).into_iter();
        let view = View {
            metric,
            as_of,
            evidence: known,
            liveness: liveness.map(of),
            inputs: inputs.filter(|input| Some(*input) != liveness).map(of).collect(),
        };
        view.reading(*place)
    });
    readings.collect()
}

impl Reason {
    fn outlook(&self) -> Outlook {
        match self {
            Self::NoData | Self::NoDataDespiteTraffic => Outlook::Late,
            Self::NoDataNorLiveness(why) => match why.outlook() {
                Outlook::Final => Outlook::Late,
                other => other,
            },
            Self::NotInAnswer | Self::Throttled(_) | Self::Unavailable(_) | Self::Partial => Outlook::Failed,
            Self::Denied(_) | Self::Misconfigured(_) => Outlook::Final,
        }
    }
}

#[cfg(test)]
mod tests;
