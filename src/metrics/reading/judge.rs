//! Evidence of a metric, its liveness metric and its inputs -> what it shows, and whether asking again may help.

use std::{iter, time::Duration};

use jiff::Timestamp;

use super::{
    model::{Outlook, Provenance, Reading, Reason},
    window::{Bucket, newest_settled, unsettled, window},
};
use crate::{
    clock::earlier,
    metrics::series::{ErrorKind, Evidence, ReadError, Series, Status},
    report::{Metric, MetricRef, Missing},
};

/// How old, counted from its end, a datapoint may be to be told as "last known".
const LAST_KNOWN: Duration = Duration::from_secs(3600);

/// All that decides what one metric shows.
pub(super) struct View<'a> {
    /// The name of the source.
    pub source: &'a str,
    pub metric: &'a Metric,
    pub as_of: Timestamp,
    pub evidence: &'a Evidence,
    pub liveness: Option<&'a Evidence>,
    /// The inputs of an expression, but for its liveness metric.
    pub inputs: Vec<&'a Evidence>,
}

/// The state of one bucket of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Datapoint(f64),
    TrueZero,
    Idle,
    /// There was traffic, but there is no datapoint.
    Busy,
    NotKnown,
}

impl View<'_> {
    /// The metric's reading.
    pub fn reading(&self, place: MetricRef) -> Reading {
        let (provenance, value) = self.judge();
        let series = self.evidence.series.as_ref();
        Reading {
            metric: place,
            value,
            outlook: self.outlook(&provenance),
            provenance,
            complete: self.evidence.is_complete(),
            tries: self.evidence.tries,
            messages: self.messages(),
            defects: series.map(|it| it.defects.clone()).unwrap_or_default(),
        }
    }

    /// The source's words on the metric and on its inputs, which may be hidden.
    fn messages(&self) -> Vec<String> {
        let all = iter::once(self.evidence).chain(self.inputs.iter().copied());
        let said = all.filter_map(|it| it.series.as_ref()).flat_map(|it| &it.messages);
        said.fold(Vec::new(), |mut messages, message| {
            if !messages.contains(message) {
                messages.push(message.clone());
            }
            messages
        })
    }

    /// The newest known bucket of the window; else the newest datapoint that may still change; else why there is neither.
    fn judge(&self) -> (Provenance, f64) {
        if let Some(problem) = self.evidence.series.as_ref().and_then(|it| self.contradiction(it)) {
            let reason = Reason::Misconfigured(problem);
            return (
                Provenance::Missing {
                    reason,
                    last_known: None,
                },
                0.0,
            );
        }
        let mut busy = false;
        for (grown, bucket) in window(self.metric, self.as_of).enumerate() {
            let by = Duration::from_secs(grown as u64 * u64::from(bucket.period.secs()));
            match self.state(bucket) {
                State::Datapoint(value) if grown == 0 => return (Provenance::Settled(bucket), value),
                State::Datapoint(value) => return (Provenance::Widened { bucket, by }, value),
                State::TrueZero => return (Provenance::TrueZero { bucket, by }, 0.0),
                // Before traffic that was not measured, quiet says nothing about now; a measurement does.
                State::Idle if !busy => return (Provenance::Idle { bucket, by }, 0.0),
                State::Busy => busy = true,
                State::Idle | State::NotKnown => {}
            }
        }
        let provisional = unsettled(self.metric, self.as_of).find_map(|bucket| Some((bucket, self.datapoint(bucket)?)));
        match provisional {
            Some((bucket, value)) => (Provenance::Provisional(bucket), value),
            None => {
                let (reason, last_known) = (self.why_missing(busy), self.last_known());
                (Provenance::Missing { reason, last_known }, 0.0)
            }
        }
    }

    /// The state of a bucket that has ended. The metric must have been empty when the liveness metric already had its datapoint:
    /// otherwise both may just have been late.
    fn state(&self, bucket: Bucket) -> State {
        if let Some(value) = self.datapoint(bucket) {
            return State::Datapoint(value);
        }
        let Some((round, traffic)) = self.alive(bucket) else {
            return State::NotKnown;
        };
        let is_empty = self.evidence.is_empty_at(bucket.start, round);
        match self.metric.missing {
            Missing::Idle { .. } if traffic != 0.0 => State::Busy,
            Missing::Idle { .. } if is_empty => State::Idle,
            Missing::Zero if is_empty && self.inputs.iter().all(|input| input.is_empty_at(bucket.start, round)) => {
                State::TrueZero
            }
            Missing::Retry | Missing::Zero | Missing::Idle { .. } => State::NotKnown,
        }
    }

    /// The value of a bucket. One that FILL may have made up counts only if the liveness metric had the bucket when it came:
    /// an older one may have been made up because the data were late.
    fn datapoint(&self, bucket: Bucket) -> Option<f64> {
        let told = self.evidence.told(bucket.start);
        let is_real = !self.metric.filled || self.alive(bucket).is_some_and(|(seen, _)| told >= Some(seen));
        self.evidence.value(bucket.start).filter(|_| is_real)
    }

    /// The liveness metric's value for a bucket, and since which round it is known. Of two values for one time, neither counts.
    fn alive(&self, bucket: Bucket) -> Option<(u32, f64)> {
        let liveness = self.liveness?;
        let is_clear = liveness.series.as_ref().and_then(|it| self.contradiction(it)).is_none();
        let alive = (liveness.seen(bucket.start)?, liveness.value(bucket.start)?);
        is_clear.then_some(alive)
    }

    fn why_missing(&self, busy: bool) -> Reason {
        match (self.reason(self.evidence), self.liveness.map(|it| self.reason(it))) {
            (Reason::NoData, _) if busy => Reason::NoDataDespiteTraffic,
            // Nobody is told of a hidden liveness metric itself.
            (Reason::NoData, Some(why)) if why != Reason::NoData => Reason::NoDataNorLiveness(Box::new(why)),
            (reason, _) => reason,
        }
    }

    /// The newest value that is older than the window, but ended within the last hour.
    fn last_known(&self) -> Option<(Bucket, f64)> {
        let newest = newest_settled(self.metric, self.as_of);
        let older = self.evidence.series.as_ref()?.points.range(..newest.start).rev();
        let period = self.metric.period;
        let mut buckets = older.map(|(&start, _)| Bucket { start, period });
        let (bucket, value) = buckets.find_map(|bucket| Some((bucket, self.datapoint(bucket)?)))?;
        (bucket.end() >= earlier(self.as_of, LAST_KNOWN)).then_some((bucket, value))
    }

    /// A widened reading of a metric without a liveness metric is final, and so is any provisional one: it is a number
    /// already, and the update is due. With a liveness metric, the newest bucket may soon be known.
    fn outlook(&self, provenance: &Provenance) -> Outlook {
        let own = match provenance {
            Provenance::Missing { reason, .. } => reason.outlook(),
            _ if !self.evidence.is_complete() && self.failure_may_pass() => Outlook::Failed,
            _ => Outlook::Final,
        };
        let refused = matches!(provenance, Provenance::Missing { .. }) && own == Outlook::Final;
        if refused || own == Outlook::Failed || !self.waits_for_liveness(provenance) {
            return own;
        }
        match self.liveness.map(|it| (it.is_complete(), self.reason(it).outlook())) {
            // Both are asked for together, so that they are of one instant.
            Some((false, Outlook::Failed)) => Outlook::Failed,
            // A liveness metric that may not be read will not come: only the metric's own datapoint may.
            Some((false, Outlook::Final)) => own,
            _ => Outlook::Late,
        }
    }

    /// Whether the newest settled bucket would be known if the liveness metric, or the datapoint that it promises, came.
    fn waits_for_liveness(&self, provenance: &Provenance) -> bool {
        let by_liveness = matches!(self.metric.missing, Missing::Zero | Missing::Idle { .. });
        let is_final = matches!(provenance, Provenance::Settled(_) | Provenance::Provisional(_));
        let newest = self.state(newest_settled(self.metric, self.as_of));
        by_liveness && !is_final && matches!(newest, State::NotKnown | State::Busy)
    }

    /// Whether what keeps the rest of the answer away may pass.
    fn failure_may_pass(&self) -> bool {
        self.evidence.error.as_ref().is_none_or(|error| error.kind.may_pass())
            && self
                .evidence
                .series
                .as_ref()
                .is_none_or(|series| series.status != Status::Forbidden)
    }

    /// Why the series cannot be one metric's, if it cannot.
    fn contradiction(&self, series: &Series) -> Option<String> {
        match series.labels.len() {
            0 | 1 if series.contradictory => Some(format!("{} gives two values for the same time", self.source)),
            0 | 1 => None,
            several => Some(format!("the expression gives {several} series, not one")),
        }
    }

    /// Why a metric has no value.
    fn reason(&self, evidence: &Evidence) -> Reason {
        if let Some(ReadError { kind, detail }) = &evidence.error {
            let detail = detail.clone();
            return match kind {
                ErrorKind::Denied | ErrorKind::WrongAccount => Reason::Denied(detail),
                ErrorKind::Invalid => Reason::Misconfigured(detail),
                ErrorKind::Throttled => Reason::Throttled(detail),
                ErrorKind::Unavailable => Reason::Unavailable(detail),
            };
        }
        if let Some(problem) = evidence.series.as_ref().and_then(|it| self.contradiction(it)) {
            return Reason::Misconfigured(problem);
        }
        match evidence.series.as_ref().map(|series| series.status) {
            None => Reason::NotInAnswer,
            Some(Status::Complete) => Reason::NoData,
            Some(Status::Forbidden) => Reason::Denied("the metric may not be read".to_owned()),
            Some(Status::InternalError) => Reason::Unavailable(format!("{} reports an internal error", self.source)),
            Some(Status::Partial) => Reason::Partial,
        }
    }
}
