use std::collections::BTreeSet;

use aws_config::retry::RetryConfig;
use aws_sdk_cloudwatch::{
    Client, Config,
    operation::get_metric_data::{GetMetricDataInput, GetMetricDataOutput},
    primitives::DateTime,
    types::{MessageData, MetricDataResult, ScanBy, StatusCode},
};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock, mock_client};
use futures_util::future::join3;

use super::*;
use crate::{
    aws::ATTEMPTS,
    metrics::{
        plan::BatchQuery,
        series::{ErrorKind, ReadError, Series, Status},
    },
    report::{MetricRef, Period, source},
    sources::cloudwatch::{
        batch,
        config::Place,
        query::{Query, Stat},
        testing,
    },
};

/// A run whose CloudWatch answers by `rules`, in an account whose role may be assumed.
fn run(rules: &[&Rule]) -> CloudWatch {
    run_with_sts(
        rules,
        &mock!(aws_sdk_sts::Client::assume_role).then_output(|| testing::assumed("222222222222")),
    )
}

pub fn run_with_sts(rules: &[&Rule], sts: &Rule) -> CloudWatch {
    let sts = mock_client!(aws_sdk_sts, RuleMode::MatchAny, [sts], testing::with_attempts_of_sts);
    let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
    let mocks = rules.iter().fold(mocks, |mocks, rule| mocks.with_rule(rule));
    let config = Config::builder()
        .with_test_defaults_v2()
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .http_client(create_mock_http_client())
        .interceptor(mocks);
    CloudWatch::with(sts, config, at("13:57"))
}

/// A time of the day that all tests are about.
fn at(clock: &str) -> Timestamp {
    format!("2026-11-22T{clock}:00Z").parse().unwrap()
}

fn place(metric: usize) -> MetricRef {
    MetricRef { section: 0, metric }
}

fn id(metric: usize) -> String {
    batch::id(place(metric))
}

fn in_region(region: &str) -> Place {
    Place {
        account: testing::account(),
        region: region.to_owned(),
    }
}

/// One metric of a batch. Ids are `m` with the number of the metric.
fn query(metric: usize, query: Query, period: u32) -> BatchQuery {
    let input = |id: &str| (id.to_owned(), place(id[1..].parse().unwrap()));
    BatchQuery {
        metric: place(metric),
        inputs: source::Query::ids(&query).into_iter().map(input).collect(),
        query: query.into(),
        liveness: None,
        label: format!("Line {metric}"),
        period: Period::from_secs(period).unwrap(),
    }
}

/// Two metrics and an expression, as of 13:57.
fn batch() -> Batch {
    let stat = |name: &str, statistic: &str| {
        Query::Stat(Stat {
            namespace: "AWS/ApplicationELB".to_owned(),
            name: name.to_owned(),
            dimensions: vec![
                ("LoadBalancer".to_owned(), "app/core/1".to_owned()),
                ("TargetGroup".to_owned(), "targetgroup/api/2".to_owned()),
            ],
            statistic: statistic.to_owned(),
        })
    };
    Batch {
        place: in_region("eu-west-1").into(),
        start: at("12:00"),
        end: at("13:57"),
        queries: vec![
            query(0, stat("HealthyHostCount", "Maximum"), 60),
            query(1, stat("TargetResponseTime", "p99"), 300),
            query(2, Query::Expression("m0 / 2".to_owned()), 60),
        ],
    }
}

pub fn result(metric: usize, status: StatusCode, points: &[(&str, f64)]) -> MetricDataResult {
    MetricDataResult::builder()
        .id(id(metric))
        .label(format!("label {metric}"))
        .status_code(status)
        .set_timestamps(Some(
            points
                .iter()
                .map(|(clock, _)| DateTime::from_secs(at(clock).as_second()))
                .collect(),
        ))
        .set_values(Some(points.iter().map(|(_, value)| *value).collect()))
        .build()
}

pub fn page(results: impl IntoIterator<Item = MetricDataResult>, next: Option<&str>) -> GetMetricDataOutput {
    GetMetricDataOutput::builder()
        .set_metric_data_results(Some(results.into_iter().collect()))
        .set_next_token(next.map(str::to_owned))
        .build()
}

/// What CloudWatch's query-compatible protocol says of an error: the code is in a header, the text in CBOR.
pub fn error(status: u16, code: &'static str) -> impl Fn() -> aws_sdk_cloudwatch::config::http::HttpResponse {
    error_saying(status, code, "no")
}

/// An error with a text.
pub fn error_saying(
    status: u16,
    code: &'static str,
    text: &'static str,
) -> impl Fn() -> aws_sdk_cloudwatch::config::http::HttpResponse {
    move || {
        let body = cbor(code, text);
        let mut response = aws_sdk_cloudwatch::config::http::HttpResponse::new(status.try_into().unwrap(), body.into());
        response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
        response
            .headers_mut()
            .insert("x-amzn-query-error", format!("{code};Sender"));
        response
    }
}

/// `{"__type": code, "message": said}` in CBOR: a map of two, then length-prefixed texts (RFC 8949, section 3).
fn cbor(code: &str, said: &str) -> Vec<u8> {
    let text = |text: &str| [&[0x78, text.len() as u8], text.as_bytes()].concat();
    [vec![0xa2], text("__type"), text(code), text("message"), text(said)].concat()
}

fn points(series: &Series) -> Vec<(Timestamp, f64)> {
    series.points.iter().map(|(at, value)| (*at, *value)).collect()
}

fn stop_of(answer: &Answer) -> (ErrorKind, &str) {
    let error = answer.stopped.as_ref().expect("it should have stopped");
    (error.kind, &error.detail)
}

mod apart;
mod messages;
mod pages;
mod refusals;
mod roles;
