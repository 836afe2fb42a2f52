//! Batches -> evidence: all places at once, asking again only for what can still arrive.
//!
//! Asking again helps in two cases: data were late, or a call failed in passing. A refusal or a mistake stays what it
//! is, so it is never repeated. Waiting ends at a deadline; what is missing then is told, not waited for.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    plan::{Batch, Plan},
    reading::{self, Outlook, Reading},
    series::{Answer, ErrorKind, Evidence, ReadError},
    source::MetricSource,
};
use crate::{
    clock::{Clock, earlier},
    foreign::one_line,
    report::{Config, MetricRef, Period},
};

/// The evidence that was collected.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collected {
    /// The evidence on each metric that was asked for.
    pub evidence: BTreeMap<MetricRef, Evidence>,
    /// The sources' words on requests as a whole.
    pub remarks: Vec<Remark>,
    /// How many requests for metrics were sent.
    pub calls: u32,
    /// How many of them asked again for what was missing.
    pub retries: u32,
    /// How many metrics all those requests asked for: what a source may charge for.
    pub metrics_requested: u32,
}

/// A source's words on one request as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The metrics that were asked for.
    pub metrics: Vec<MetricRef>,
    /// Its words, as `code: text`.
    pub text: String,
}

/// Told while collecting, for whoever watches.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<'a> {
    /// All batches are being asked for.
    Reading {
        /// How many.
        batches: usize,
    },
    /// A batch is asked for again after a while.
    Waiting {
        /// The batch, reduced to what is missing.
        batch: &'a Batch,
        /// Which retry this is, from 1.
        retry: usize,
        /// How long it waits first.
        delay: Duration,
    },
}

/// Waiting ends so long before the hour is full, or the function's time over, that the update can still be posted.
const TIME_TO_POST: Duration = Duration::from_secs(30);

/// Characters that are logged of what a source says.
const LONGEST_MESSAGE: usize = 200;

/// How long the first answer is waited for, even when the deadline has passed.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// The time that retries take besides their delays: the calls themselves.
const TIME_TO_ASK: Duration = Duration::from_secs(30);

/// A run that starts later than this after its as of does not wait for late data: they had their time.
const LATE_START: Duration = Duration::from_secs(600);

/// When asking again ends. What is missing then is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For what may be late: before the next full hour, by when people expect the update.
    pub late: Timestamp,
    /// For what has failed: not before all delays are over, so that an hour that is run later gets its retries, too.
    pub failed: Timestamp,
    /// For the first answer: that, or a while longer, but not so long that nothing could be posted before the function is
    /// stopped. Of a time that is too short for both, half is for reading.
    pub first_answer: Timestamp,
}

impl Deadlines {
    /// The deadlines of a run that starts at `start` and is stopped at `time_over`, if it is.
    pub fn new(config: &Config, as_of: Timestamp, start: Timestamp, time_over: Option<Timestamp>) -> Self {
        let later = |time: Timestamp, by: Duration| time.saturating_add(by).unwrap_or(time);
        let full_hour = later(Period::HOUR.floor(as_of), Duration::from_secs(3600));
        let full_hour = earlier(full_hour, TIME_TO_POST);
        let end = time_over.map_or(Timestamp::MAX, |end| earlier(end, TIME_TO_POST));
        let delays: Duration = config.retry_delays.iter().sum();
        let waits = start <= later(as_of, LATE_START);
        let failed = full_hour.max(later(start, delays + TIME_TO_ASK)).min(end);
        let wanted = failed.max(later(start, FIRST_ANSWER));
        let half = time_over.map_or(Timestamp::MAX, |end| {
            later(
                start,
                Duration::try_from(end.duration_since(start)).unwrap_or_default() / 2,
            )
        });
        Self {
            late: if waits { full_hour.min(end) } else { start.min(end) },
            failed,
            first_answer: wanted.min(end.max(half)),
        }
    }
}

/// Asks for everything in the plan, and again for what is missing, until it is there, the retries are used up, or
/// another one would start after its deadline.
pub async fn collect(
    config: &Config,
    plan: &Plan,
    source: &dyn MetricSource,
    clock: &Clock,
    deadlines: Deadlines,
    watch: &(dyn Fn(Progress<'_>) + Sync),
) -> Collected {
    watch(Progress::Reading {
        batches: plan.batches.len(),
    });
    let collector = Collector {
        config,
        as_of: plan.as_of,
        source,
        late: clock.instant(deadlines.late),
        failed: clock.instant(deadlines.failed),
        first_answer: clock.instant(deadlines.first_answer),
        watch,
    };
    let parts = join_all(plan.batches.iter().map(|batch| collector.gather(batch))).await;
    parts.into_iter().fold(Collected::default(), |mut all, part| {
        all.evidence.extend(part.evidence);
        all.remarks.extend(part.remarks);
        all.calls += part.calls;
        all.retries += part.retries;
        all.metrics_requested += part.metrics_requested;
        all
    })
}

struct Collector<'a> {
    config: &'a Config,
    as_of: Timestamp,
    source: &'a dyn MetricSource,
    late: Instant,
    failed: Instant,
    first_answer: Instant,
    watch: &'a (dyn Fn(Progress<'_>) + Sync),
}

impl Collector<'_> {
    /// One batch: the first call and its retries. Batches wait for each other's data no more than for each other's
    /// failures.
    async fn gather(&self, batch: &Batch) -> Collected {
        let mut known = Collected::default();
        let answer = timeout_at(self.first_answer, self.source.read(batch)).await;
        known.add(batch, 0, answer.unwrap_or_else(|_| cut_off(batch)));
        for (delay, round) in self.config.retry_delays.iter().zip(1..) {
            let (wanted, deadline) = self.worth_asking_again(batch, &known, Instant::now() + *delay);
            let Some(again) = batch.only(&wanted) else {
                break;
            };
            (self.watch)(Progress::Waiting {
                batch: &again,
                retry: round as usize,
                delay: *delay,
            });
            sleep(*delay).await;
            let answer = timeout_at(deadline, self.source.read(&again)).await;
            known.retries += 1;
            known.add(&again, round, answer.unwrap_or_else(|_| cut_off(&again)));
        }
        known
    }

    /// The batch that a retry at `start` asks for, and until when it is waited for.
    fn worth_asking_again(&self, batch: &Batch, known: &Collected, start: Instant) -> (BTreeSet<MetricRef>, Instant) {
        let readings = reading::read(self.config, self.as_of, &known.evidence);
        let deadline = |reading: &Reading| match reading.outlook {
            Outlook::Final => None,
            Outlook::Late => Some(self.late),
            Outlook::Failed => Some(self.failed),
        };
        let open: BTreeMap<MetricRef, Instant> = readings
            .iter()
            .filter_map(|reading| Some((reading.metric, deadline(reading)?)))
            .collect();
        let in_time: BTreeMap<_, _> = open.iter().filter(|(_, deadline)| start <= **deadline).collect();
        if in_time.len() < open.len() {
            let metrics = open.len() - in_time.len();
            tracing::info!(metrics, place = %batch.place, "no time to ask again");
        }
        let metrics = batch.queries.iter().map(|query| query.metric);
        (
            metrics.filter(|metric| in_time.contains_key(metric)).collect(),
            in_time.values().copied().max().copied().unwrap_or(start),
        )
    }
}

impl Collected {
    fn add(&mut self, asked: &Batch, round: u32, mut answer: Answer) {
        self.calls += answer.calls;
        self.metrics_requested += answer.metrics_requested;
        for text in std::mem::take(&mut answer.messages) {
            let said = one_line(&text, LONGEST_MESSAGE);
            let source = asked.place.source().name();
            tracing::warn!(place = %asked.place, said, "{source} says");
            let metrics = asked.queries.iter().map(|query| query.metric).collect();
            self.remarks.push(Remark { metrics, text });
        }
        for query in &asked.queries {
            self.evidence
                .entry(query.metric)
                .or_default()
                .add(query.metric, round, &mut answer);
        }
    }
}

/// The answer of a call that has not ended when the update is due.
fn cut_off(asked: &Batch) -> Answer {
    Answer {
        stopped: Some(ReadError {
            kind: ErrorKind::Unavailable,
            detail: "no answer before the update was due".into(),
        }),
        calls: 1,
        metrics_requested: asked.queries.len() as u32,
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests;
