//! The types of a reading: the value one metric shows, with its provenance.

use std::time::Duration;

use super::window::Bucket;
use crate::report::MetricRef;

/// The value that one metric shows, with its provenance.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which metric.
    pub metric: MetricRef,
    /// The value, in the unit that the source publishes; 0 when there is none.
    pub value: f64,
    /// Where the value comes from.
    pub provenance: Provenance,
    /// Whether the source had said all that it had to say. If not, the value is right, but may not be the newest.
    pub complete: bool,
    /// How many times it was asked for.
    pub tries: u32,
    /// The source's words on this metric, as `code: text`.
    pub messages: Vec<String>,
    /// Parts of the source's answer that could not be used, and why, as phrases.
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
    /// The source has no datapoint.
    NoData,
    /// The source has no datapoint, although the liveness metric counted traffic.
    NoDataDespiteTraffic,
    /// The source has no datapoint, and whether there should be one cannot be told: why the liveness metric was not read.
    NoDataNorLiveness(Box<Reason>),
    /// The source's answer did not speak of the metric.
    NotInAnswer,
    /// The place or the metric may not be read.
    Denied(String),
    /// Too many calls.
    Throttled(String),
    /// The source or the way there failed.
    Unavailable(String),
    /// The source gave a part of its answer only.
    Partial,
    /// The source cannot make sense of what report.yaml asks for.
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

impl Reason {
    pub(super) fn outlook(&self) -> Outlook {
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
