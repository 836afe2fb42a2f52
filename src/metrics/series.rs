//! The answers of sources, before anyone has judged them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::report::MetricRef;

/// The answer to one batch: the series that were received, and the error that kept the rest away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// One series for each metric that the source said anything about; results of several pages merged.
    pub series: BTreeMap<MetricRef, Series>,
    /// Why it ended before the last page, or before the first one.
    pub stopped: Option<ReadError>,
    /// Metrics that the source does not take the query of, and why; they were left out so that it answers the others.
    pub refused: BTreeMap<MetricRef, ReadError>,
    /// How many requests for metrics were sent, repeats by a client included.
    pub calls: u32,
    /// How many metrics all those requests asked for.
    pub metrics_requested: u32,
    /// The source's words on the request as a whole, as `code: text`.
    pub messages: Vec<String>,
}

/// All that is known of one metric, after every round in which it was asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The source's words on it, if there are any.
    pub series: Option<Series>,
    /// The error that kept the rest of it away the last time.
    pub error: Option<ReadError>,
    /// How many times it was asked for.
    pub tries: u32,
    /// The last round in which the source said all that it had to say, and all of it could be used.
    pub complete_in: Option<u32>,
    /// The rounds in which datapoints were first seen, of those that were not there in the first one (0).
    pub seen_in: BTreeMap<Timestamp, u32>,
    /// The last round in which each datapoint came, of those that came again or only later than in the first one (0).
    pub told_in: BTreeMap<Timestamp, u32>,
}

impl Evidence {
    /// Adds what came of asking in this round. A later answer is for the same window, so it overrides an earlier one, but
    /// a datapoint that has been seen stays seen.
    pub fn add(&mut self, metric: MetricRef, round: u32, answer: &mut Answer) {
        self.tries += 1;
        let newer = answer.series.remove(&metric);
        let whole = newer.as_ref().is_some_and(|series| series.status != Status::Partial);
        self.error = match whole {
            true => None,
            false => answer.refused.remove(&metric).or_else(|| answer.stopped.clone()),
        };
        let said = newer.is_some();
        if let Some(mut newer) = newer {
            let older = self.series.take().map(|series| series.points).unwrap_or_default();
            if round > 0 {
                let new = newer.points.keys().filter(|start| !older.contains_key(start));
                self.seen_in.extend(new.map(|start| (*start, round)));
                self.told_in.extend(newer.points.keys().map(|start| (*start, round)));
            }
            for (start, value) in older {
                newer.points.entry(start).or_insert(value);
            }
            self.series = Some(newer);
        }
        // A datapoint that could not be used may have been that of any bucket.
        let nothing_lost = self.series.as_ref().is_some_and(|series| series.defects.is_empty());
        if said && nothing_lost && self.is_complete() {
            self.complete_in = Some(round);
        }
    }

    /// Whether the source has said all that it has to say.
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && self.series.as_ref().is_some_and(|s| s.status == Status::Complete)
    }

    /// The value of the bucket that begins at `start`.
    pub fn value(&self, start: Timestamp) -> Option<f64> {
        self.series.as_ref()?.points.get(&start).copied()
    }

    /// The round in which the datapoint of the bucket that begins at `start` was first seen.
    pub fn seen(&self, start: Timestamp) -> Option<u32> {
        self.value(start)?;
        Some(self.seen_in.get(&start).copied().unwrap_or(0))
    }

    /// The last round in which the datapoint of the bucket that begins at `start` came.
    pub fn told(&self, start: Timestamp) -> Option<u32> {
        self.value(start)?;
        Some(self.told_in.get(&start).copied().unwrap_or(0))
    }

    /// Whether there was no datapoint for the bucket that begins at `start` when the source said all that it had to say,
    /// in this round or a later one.
    pub fn is_empty_at(&self, start: Timestamp, round: u32) -> bool {
        self.value(start).is_none() && self.complete_in.is_some_and(|complete| complete >= round)
    }
}

/// The datapoints of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Value by the start of its bucket. Only finite numbers.
    pub points: BTreeMap<Timestamp, f64>,
    /// The last word on this metric in the pages that were received.
    pub status: Status,
    /// The labels of its results: more than one when an expression gave several series.
    pub labels: BTreeSet<String>,
    /// Whether one answer gave two different values for one bucket.
    pub contradictory: bool,
    /// The source's words on this metric, as `code: text`.
    pub messages: Vec<String>,
    /// Parts of the answer that could not be used, and why, as phrases.
    pub defects: Vec<String>,
}

/// How much of a metric a source says that it has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All datapoints are here.
    Complete,
    /// More pages were to follow.
    Partial,
    /// The source failed: asking again may help.
    InternalError,
    /// The credentials may not read this metric.
    Forbidden,
}

/// Why a batch or a metric of it was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The kind of error.
    pub kind: ErrorKind,
    /// One phrase for people, without secrets or external ids: `AssumeRole of arn:... was refused: AccessDenied`.
    pub detail: String,
}

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A role or a policy says no.
    Denied,
    /// The credentials belong to another account than the configured one.
    WrongAccount,
    /// The request itself is refused: a mistake of report.yaml, or of the program.
    Invalid,
    /// There were too many calls just now.
    Throttled,
    /// The service failed, or the way there: 5xx, time limit, transport.
    Unavailable,
}

impl ErrorKind {
    /// Whether the same request may go through a little later.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }
}
