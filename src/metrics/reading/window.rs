//! Which buckets of a metric a reading may come from.

use std::{iter::successors, time::Duration};

use jiff::Timestamp;

use crate::{
    clock::earlier,
    report::{Metric, Period},
};

/// One period of a metric: start inclusive, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    /// Its first instant; the timestamp of the datapoint.
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
    successors(Some(newest), |bucket| Some(bucket.before())).take(1 + usize::try_from(more).unwrap_or(0))
}

/// The newest bucket whose value no longer changes at as of.
pub fn newest_settled(metric: &Metric, as_of: Timestamp) -> Bucket {
    let end = metric.period.floor(earlier(as_of, metric.settle));
    let after = Bucket {
        start: end,
        period: metric.period,
    };
    after.before()
}

/// The buckets that have ended at as of but may still change, newest first.
pub(super) fn unsettled(metric: &Metric, as_of: Timestamp) -> impl Iterator<Item = Bucket> + use<> {
    let settled = newest_settled(metric, as_of);
    let filling = Bucket {
        start: metric.period.floor(as_of),
        period: metric.period,
    };
    successors(Some(filling.before()), |bucket| Some(bucket.before()))
        .take_while(move |bucket| bucket.start > settled.start)
}
