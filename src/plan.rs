//! Config and as of -> what to ask CloudWatch for, in as few calls as it takes.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use crate::config::{Period, Query, SourceAccount};

/// All that one run asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The instant that the update is about.
    pub as_of: Timestamp,
    /// One for each (account, region), and for each 500 queries.
    pub batches: Vec<Batch>,
}

/// What one GetMetricData call (with all its pages) asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Whose metrics.
    pub account: Arc<SourceAccount>,
    /// In which region.
    pub region: String,
    /// StartTime: on the grid of every period in the batch.
    pub start: Timestamp,
    /// EndTime: as of.
    pub end: Timestamp,
    /// At most 500; an expression is always together with its inputs.
    pub queries: Vec<BatchQuery>,
}

/// One metric of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchQuery {
    /// Unique within the batch, and the same in every run of the same config.
    pub id: QueryId,
    /// The metric that it maps back to.
    pub metric: MetricRef,
    /// What is asked for; an expression refers to ids of this batch.
    pub query: Query,
    /// The length of the buckets.
    pub period: Period,
}

/// An `Id` of GetMetricData.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(String);

impl QueryId {
    /// The id of a metric: begins with a lower-case letter, as CloudWatch demands.
    pub fn of(metric: MetricRef) -> Self {
        Self(format!("s{}_m{}", metric.section, metric.metric))
    }

    /// The id that CloudWatch named in an answer.
    pub fn from_answer(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A metric of the config, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricRef {
    /// Index into the config's sections.
    pub section: usize,
    /// Index into that section's metrics.
    pub metric: usize,
}
