//! Reading a batch: GetMetricData in the batch's account and region, every page of it.
//!
//! CloudWatch refuses a request as a whole for one bad expression in it. So that the other metrics arrive, a refused batch
//! is asked for in parts; see `refusals`.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::{
    Client,
    config::{
        Builder, ConfigBag, IdentityCache, Intercept, Region, RuntimeComponents,
        interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
    operation::{RequestId, get_metric_data::builders::GetMetricDataFluentBuilder},
    primitives::DateTime,
    types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy},
};
use jiff::Timestamp;

use super::{
    credentials::{Accounts, Identity},
    page,
    refusals::Refusals,
};
use crate::{
    aws::failure::Failure,
    metrics::{
        collect::MetricSource,
        plan::{Batch, BatchQuery},
        series::{Answer, Cause, Stop},
    },
    report::{Query, Stat},
};

/// How much of CloudWatch's own words is told, in characters: they may repeat the whole request.
const LONGEST_TEXT: usize = 200;

/// CloudWatch in all source accounts and regions of one run.
pub struct CloudWatch {
    pub(super) accounts: Accounts,
    pub(super) config: Builder,
    pub(super) refusals: Refusals,
}

/// Which of the batch's queries an answer is to have datapoints of.
type Returns = fn(&BatchQuery) -> bool;

/// Why the pages of a batch did not all come.
pub(super) struct ReadError {
    pub stop: Stop,
    /// CloudWatch's words, where it refused the request as such.
    pub refusal: Option<String>,
}

impl From<Stop> for ReadError {
    fn from(stop: Stop) -> Self {
        Self { stop, refusal: None }
    }
}

impl CloudWatch {
    /// For the run about `as_of`. A new one for each run: it keeps the credentials that it assumes.
    pub fn new(sdk: &SdkConfig, as_of: Timestamp) -> Self {
        Self::with(aws_sdk_sts::Client::new(sdk), Builder::from(sdk), as_of)
    }

    /// `config` lacks what differs from batch to batch: region and credentials.
    fn with(sts: aws_sdk_sts::Client, config: Builder, as_of: Timestamp) -> Self {
        Self {
            accounts: Accounts::new(sts, as_of),
            config,
            refusals: Refusals::default(),
        }
    }

    fn client(&self, region: &str, identity: Identity, sent: Sent) -> Client {
        let config = self
            .config
            .clone()
            .region(Region::new(region.to_owned()))
            .interceptor(sent);
        Client::from_conf(match identity {
            Identity::Own => config.build(),
            // They do not change, and the SDK's own cache, which all clients share, keeps whatever it has seen.
            Identity::Assumed(credentials) => config
                .credentials_provider(credentials)
                .identity_cache(IdentityCache::no_cache())
                .build(),
        })
    }

    /// Adds page after page to `answer`, until there are no more or one does not come.
    ///
    /// Not the SDK's paginator: it notices only a token that follows itself, and calls that a mistake in the request.
    pub(super) async fn read_pages(
        &self,
        batch: &Batch,
        returns: Returns,
        answer: &mut Answer,
    ) -> Result<(), ReadError> {
        let identity = self.accounts.identity(&batch.account).await?;
        let assumed = matches!(identity, Identity::Assumed(_));
        let sent = Sent::default();
        let request = request(&self.client(&batch.region, identity, sent.clone()), batch, returns);

        let mut tokens = HashSet::new();
        let mut next = None;
        loop {
            let before = sent.0.load(Ordering::Relaxed);
            let result = request.clone().set_next_token(next).send().await;
            let calls = sent.0.load(Ordering::Relaxed) - before;
            answer.calls += calls;
            answer.metrics_requested += calls * batch.queries.len() as u32;
            let page = result.map_err(|error| {
                let failure = Failure::of(&error);
                tracing::warn!(
                    account = %batch.account.id,
                    region = batch.region,
                    page = tokens.len() + 1,
                    code = failure.what,
                    request_id = error.request_id(),
                    "GetMetricData failed"
                );
                // A page after the first one may be refused for its token.
                let is_refusal = failure.cause == Cause::Invalid && tokens.is_empty();
                ReadError {
                    refusal: failure.message.clone().filter(|_| is_refusal),
                    stop: self.stop(batch, failure, assumed),
                }
            })?;
            page::merge(&page, batch, answer);
            let Some(token) = page.next_token.filter(|token| !token.is_empty()) else {
                return Ok(());
            };
            if !tokens.insert(token.clone()) {
                let detail = format!(
                    "CloudWatch sent a page of {} twice instead of the next one",
                    place(batch)
                );
                return Err(Stop {
                    cause: Cause::Unavailable,
                    detail,
                }
                .into());
            }
            next = Some(token);
        }
    }

    fn stop(&self, batch: &Batch, failure: Failure, assumed: bool) -> Stop {
        let (place, what) = (place(batch), failure.what);
        if failure.bad_credentials && assumed {
            // Worn out rather than refused: the next one to ask assumes the role again.
            self.accounts.forget(&batch.account);
            return Stop {
                cause: Cause::Unavailable,
                detail: format!("the credentials for metrics of {place} stopped working ({what})"),
            };
        }
        let detail = match (failure.cause, failure.message) {
            _ if failure.bad_credentials => format!("the credentials that the function runs with do not work ({what})"),
            (Cause::Denied, _) => format!("metrics of {place} may not be read ({what})"),
            // CloudWatch names the query that it does not like.
            (Cause::Invalid, Some(text)) => {
                let text: String = page::with_labels(&text, batch).chars().take(LONGEST_TEXT).collect();
                format!("metrics of {place} could not be read ({what}: {text})")
            }
            _ => format!("metrics of {place} could not be read ({what})"),
        };
        Stop {
            cause: failure.cause,
            detail,
        }
    }
}

impl MetricSource for CloudWatch {
    async fn read(&self, batch: &Batch) -> Answer {
        let mut answer = Answer::default();
        let Some(accepted) = self.refusals.leave_out(batch, &mut answer) else {
            return answer;
        };
        answer.stopped = match self.read_pages(&accepted, |_| true, &mut answer).await {
            Ok(()) => None,
            Err(ReadError {
                stop,
                refusal: Some(text),
            }) => self.read_apart(&accepted, stop, &text, &mut answer).await.err(),
            Err(error) => Some(error.stop),
        };
        answer
    }
}

fn place(batch: &Batch) -> String {
    format!("account {} in {}", batch.account.id, batch.region)
}

fn request(client: &Client, batch: &Batch, returns: Returns) -> GetMetricDataFluentBuilder {
    client
        .get_metric_data()
        .start_time(DateTime::from_secs(batch.start.as_second()))
        .end_time(DateTime::from_secs(batch.end.as_second()))
        .scan_by(ScanBy::TimestampDescending)
        .set_metric_data_queries(Some(batch.queries.iter().map(|it| query(it, returns(it))).collect()))
}

/// The unit is never sent: CloudWatch answers a query for a unit that a metric does not have with nothing.
fn query(query: &BatchQuery, returns: bool) -> MetricDataQuery {
    let period = query.period.secs() as i32;
    let builder = MetricDataQuery::builder().id(query.id.as_str()).return_data(returns);
    match &query.query {
        Query::Stat(stat) => {
            let metric_stat = MetricStat::builder()
                .metric(metric(stat))
                .stat(&stat.statistic)
                .period(period);
            builder.metric_stat(metric_stat.build()).build()
        }
        Query::Expression(expression) => builder.expression(expression).period(period).build(),
    }
}

fn metric(stat: &Stat) -> Metric {
    let dimension = |(name, value): &(String, String)| Dimension::builder().name(name).value(value).build();
    Metric::builder()
        .namespace(&stat.namespace)
        .metric_name(&stat.name)
        .set_dimensions(Some(stat.dimensions.iter().map(dimension).collect()))
        .build()
}

/// How many requests have left, repeats by the SDK included.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<AtomicU32>);

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "Sent"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
