//! Batches -> evidence: all accounts at once, asking again only for what can still arrive.
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

use crate::{
    clock::Clock,
    config::{Config, Period},
    plan::{Batch, MetricRef, Plan, QueryId, earlier},
    reading::{self, Reading},
    series::{Answer, Cause, Evidence, Stop},
};

/// Where metrics are read. Implemented by `aws::cloudwatch`.
pub trait MetricSource: Sync {
    /// Asks for one batch once: assumes the account's role if that has not been done in this run, follows every page,
    /// and returns whatever was received.
    fn read(&self, batch: &Batch) -> impl Future<Output = Answer> + Send;
}

/// What was collected.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collected {
    /// What is known of each metric that was asked for.
    pub evidence: BTreeMap<MetricRef, Evidence>,
    /// How many GetMetricData requests were sent.
    pub calls: u32,
    /// How many of them asked again for what was missing.
    pub retries: u32,
    /// How many metrics all those requests asked for: what CloudWatch charges for.
    pub metrics_requested: u32,
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

/// How long the first answer is waited for, even when the deadline has passed.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// A run that starts later than this after its as of does not wait for late data: they had their time.
const LATE_START: Duration = Duration::from_secs(600);

/// When waiting ends: before the next full hour, and before `time_over`, when the function is stopped.
pub fn waiting_ends(as_of: Timestamp, time_over: Option<Timestamp>) -> Timestamp {
    let full_hour = Period::HOUR.floor(as_of).saturating_add(Duration::from_secs(3600));
    let full_hour = earlier(full_hour.unwrap_or(as_of), TIME_TO_POST);
    time_over.map_or(full_hour, |end| full_hour.min(earlier(end, TIME_TO_POST)))
}

/// Asks for everything in the plan, and again for what is missing, until it is there, the retries are used up, or
/// another one would start after `deadline`.
pub async fn collect(
    config: &Config,
    plan: &Plan,
    source: &impl MetricSource,
    clock: &Clock,
    deadline: Timestamp,
    watch: &(dyn Fn(Progress<'_>) + Sync),
) -> Collected {
    watch(Progress::Reading {
        batches: plan.batches.len(),
    });
    let collector = Collector {
        config,
        as_of: plan.as_of,
        source,
        deadline: clock.instant(deadline),
        waits_for_late_data: clock.now() <= plan.as_of.saturating_add(LATE_START).unwrap_or(Timestamp::MAX),
        watch,
    };
    let parts = join_all(plan.batches.iter().map(|batch| collector.gather(batch))).await;
    parts.into_iter().fold(Collected::default(), |mut all, part| {
        all.evidence.extend(part.evidence);
        all.calls += part.calls;
        all.retries += part.retries;
        all.metrics_requested += part.metrics_requested;
        all
    })
}

struct Collector<'a, S> {
    config: &'a Config,
    as_of: Timestamp,
    source: &'a S,
    deadline: Instant,
    waits_for_late_data: bool,
    watch: &'a (dyn Fn(Progress<'_>) + Sync),
}

impl<S: MetricSource> Collector<'_, S> {
    /// One batch: the first call and its retries. Batches wait for each other's data no more than for each other's
    /// failures.
    async fn gather(&self, batch: &Batch) -> Collected {
        let mut known = Collected::default();
        let limit = self.deadline.max(Instant::now() + FIRST_ANSWER);
        let answer = timeout_at(limit, self.source.read(batch)).await;
        known.add(batch, answer.unwrap_or_else(|_| cut_off()));
        for (retry, &delay) in self.config.retry_delays.iter().enumerate() {
            let Some(again) = batch.only(&self.worth_asking_again(batch, &known)) else {
                break;
            };
            if Instant::now() + delay > self.deadline {
                tracing::info!(
                    metrics = again.queries.len(),
                    region = again.region,
                    "no time to ask again"
                );
                break;
            }
            (self.watch)(Progress::Waiting {
                batch: &again,
                retry: retry + 1,
                delay,
            });
            sleep(delay).await;
            let answer = timeout_at(self.deadline, self.source.read(&again)).await;
            known.retries += 1;
            known.add(&again, answer.unwrap_or_else(|_| cut_off()));
        }
        known
    }

    fn worth_asking_again(&self, batch: &Batch, known: &Collected) -> BTreeSet<QueryId> {
        let wanted = |reading: &Reading| reading.may_improve() && (self.waits_for_late_data || !reading.is_late());
        let readings = reading::read(self.config, self.as_of, &known.evidence);
        let open: BTreeSet<MetricRef> = readings.iter().filter(|r| wanted(r)).map(|r| r.metric).collect();
        let queries = batch.queries.iter().filter(|query| open.contains(&query.metric));
        queries.map(|query| query.id.clone()).collect()
    }
}

impl Collected {
    fn add(&mut self, asked: &Batch, mut answer: Answer) {
        self.calls += answer.calls;
        self.metrics_requested += answer.calls * asked.queries.len() as u32;
        for message in &answer.messages {
            tracing::warn!(account = %asked.account.id, region = asked.region, message, "CloudWatch says");
        }
        for query in &asked.queries {
            self.evidence
                .entry(query.metric)
                .or_default()
                .add(&query.id, &mut answer);
        }
    }
}

/// What becomes of a call that has not ended when the update is due.
fn cut_off() -> Answer {
    Answer {
        stopped: Some(Stop {
            cause: Cause::Unavailable,
            detail: "no answer before the update was due".into(),
        }),
        calls: 1,
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests;
