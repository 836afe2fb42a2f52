//! GetMetricData in the batch's account and region, every page of it.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

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

use super::{
    batch,
    config::Place,
    credentials::{Accounts, Identity},
    page,
    query::{Query, Stat},
};
use crate::{
    aws::failure::Failure,
    metrics::{
        plan::{Batch, BatchQuery},
        series::{Answer, ErrorKind, ReadError},
    },
};

/// How much of CloudWatch's own words is told, in characters: they may repeat the whole request.
const LONGEST_TEXT: usize = 200;

/// Reads batches in all source accounts and regions of one run.
pub(super) struct Reader {
    accounts: Accounts,
    pub(super) config: Builder,
}

/// Which of the batch's queries an answer is to have datapoints of.
type Returns = fn(&BatchQuery) -> bool;

/// Why the pages of a batch did not all come.
pub(super) struct PageError {
    pub error: ReadError,
    /// CloudWatch's words, where it refused the request as such.
    pub refusal: Option<String>,
}

impl From<ReadError> for PageError {
    fn from(error: ReadError) -> Self {
        Self { error, refusal: None }
    }
}

impl Reader {
    /// A reader for one run. `config` lacks what differs from batch to batch: region and credentials.
    pub fn new(accounts: Accounts, config: Builder) -> Self {
        Self { accounts, config }
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
    pub async fn read(&self, batch: &Batch, returns: Returns, answer: &mut Answer) -> Result<(), PageError> {
        let place = Place::of(&*batch.place).ok_or_else(|| ReadError {
            kind: ErrorKind::Invalid,
            detail: format!("{} is no place in CloudWatch", batch.place),
        })?;
        let identity = self.accounts.identity(&place.account).await?;
        let assumed = matches!(identity, Identity::Assumed(_));
        let sent = Sent::default();
        let request = request(&self.client(&place.region, identity, sent.clone()), batch, returns);

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
                    account = %place.account.id,
                    region = place.region,
                    page = tokens.len() + 1,
                    code = failure.what,
                    request_id = error.request_id(),
                    "GetMetricData failed"
                );
                // A page after the first one may be refused for its token.
                let is_refusal = failure.kind == ErrorKind::Invalid && tokens.is_empty();
                PageError {
                    refusal: failure.message.clone().filter(|_| is_refusal),
                    error: self.error(place, batch, failure, assumed),
                }
            })?;
            page::merge(&page, batch, answer);
            let Some(token) = page.next_token.filter(|token| !token.is_empty()) else {
                return Ok(());
            };
            if !tokens.insert(token.clone()) {
                let detail = format!("CloudWatch sent a page of {place} twice instead of the next one");
                return Err(ReadError {
                    kind: ErrorKind::Unavailable,
                    detail,
                }
                .into());
            }
            next = Some(token);
        }
    }

    fn error(&self, place: &Place, batch: &Batch, failure: Failure, assumed: bool) -> ReadError {
        let what = failure.what;
        if failure.bad_credentials && assumed {
            // They have expired, and are not refused: the next one to ask assumes the role again.
            self.accounts.forget(&place.account);
            return ReadError {
                kind: ErrorKind::Unavailable,
                detail: format!("the credentials for metrics of {place} stopped working ({what})"),
            };
        }
        let detail = match (failure.kind, failure.message) {
            _ if failure.bad_credentials => format!("the credentials that the function runs with do not work ({what})"),
            (ErrorKind::Denied, _) => format!("metrics of {place} may not be read ({what})"),
            // CloudWatch names the query that it does not like.
            (ErrorKind::Invalid, Some(text)) => {
                let text: String = page::with_labels(&text, batch).chars().take(LONGEST_TEXT).collect();
                format!("metrics of {place} could not be read ({what}: {text})")
            }
            _ => format!("metrics of {place} could not be read ({what})"),
        };
        ReadError {
            kind: failure.kind,
            detail,
        }
    }
}

fn request(client: &Client, batch: &Batch, returns: Returns) -> GetMetricDataFluentBuilder {
    client
        .get_metric_data()
        .start_time(DateTime::from_secs(batch.start.as_second()))
        .end_time(DateTime::from_secs(batch.end.as_second()))
        .scan_by(ScanBy::TimestampDescending)
        .set_metric_data_queries(Some(
            batch.queries.iter().filter_map(|it| query(it, returns(it))).collect(),
        ))
}

/// The unit is never sent: CloudWatch answers a query for a unit that a metric does not have with nothing.
fn query(query: &BatchQuery, returns: bool) -> Option<MetricDataQuery> {
    let period = query.period.secs() as i32;
    let builder = MetricDataQuery::builder()
        .id(batch::id(query.metric))
        .return_data(returns);
    Some(match Query::of(&*query.query)? {
        Query::Stat(stat) => {
            let metric_stat = MetricStat::builder()
                .metric(metric(stat))
                .stat(&stat.statistic)
                .period(period);
            builder.metric_stat(metric_stat.build()).build()
        }
        Query::Expression(text) => builder
            .expression(batch::in_request(text, query))
            .period(period)
            .build(),
    })
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
