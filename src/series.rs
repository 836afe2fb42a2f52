//! What CloudWatch answered, before anyone has judged it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::plan::QueryId;

/// What came of asking for one batch: whatever was received, and what kept the rest away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// One series for each query that CloudWatch said anything about; results of several pages merged.
    pub series: BTreeMap<QueryId, Series>,
    /// Why it ended before the last page, or before the first one.
    pub stopped: Option<Stop>,
    /// How many GetMetricData requests were sent, repeats by the SDK included.
    pub calls: u32,
    /// What CloudWatch said of the request as a whole, as `code: text`.
    pub messages: Vec<String>,
}

/// The datapoints of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Value by the start of its bucket. Only finite numbers.
    pub points: BTreeMap<Timestamp, f64>,
    /// Of the pages received, the last word on this metric.
    pub status: Status,
    /// The labels of its results: more than one when an expression gave several series.
    pub labels: BTreeSet<String>,
    /// What CloudWatch said of this metric, as `code: text`.
    pub messages: Vec<String>,
}

/// CloudWatch's `StatusCode` of one result. All of them come with HTTP 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All datapoints are here.
    Complete,
    /// More pages were to follow.
    Partial,
    /// CloudWatch failed: asking again may help.
    InternalError,
    /// The credentials may not read this metric.
    Forbidden,
}

/// Why reading a batch ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Whose move it is.
    pub cause: Cause,
    /// One phrase for people, without secrets or external ids: `AssumeRole of arn:... was refused: AccessDenied`.
    pub detail: String,
}

/// Whose move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The operator's: a role or a policy says no.
    Denied,
    /// The operator's: the credentials belong to another account than the configured one.
    WrongAccount,
    /// Ours, or report.yaml's: the request itself is refused.
    Invalid,
    /// Nobody's: too many calls just now.
    Throttled,
    /// Nobody's: 5xx, time limit, transport.
    Unavailable,
}

impl Cause {
    /// Whether the same request may go through a little later.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }
}
