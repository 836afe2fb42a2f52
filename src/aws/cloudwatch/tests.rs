#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use aws_config::retry::RetryConfig;
use aws_sdk_cloudwatch::{
    Config,
    operation::get_metric_data::{GetMetricDataInput, GetMetricDataOutput},
    types::{MessageData, MetricDataResult, StatusCode},
};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock, mock_client};
use futures_util::future::join3;

use super::*;
use crate::{
    aws::{ATTEMPTS, testing},
    config::Period,
    plan::{MetricRef, QueryId},
    series::{Series, Status},
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

fn id(metric: usize) -> QueryId {
    QueryId::of(MetricRef { section: 0, metric })
}

/// Two metrics and an expression, as of 13:57.
fn batch() -> Batch {
    let query = |metric, query, period| BatchQuery {
        id: id(metric),
        metric: MetricRef { section: 0, metric },
        query,
        period: Period::from_secs(period).unwrap(),
    };
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
        account: testing::account(),
        region: "eu-west-1".to_owned(),
        start: at("12:00"),
        end: at("13:57"),
        queries: vec![
            query(0, stat("HealthyHostCount", "Maximum"), 60),
            query(1, stat("TargetResponseTime", "p99"), 300),
            query(2, Query::Expression("s0_m0 / 2".to_owned()), 60),
        ],
    }
}

pub fn result(metric: usize, status: StatusCode, points: &[(&str, f64)]) -> MetricDataResult {
    MetricDataResult::builder()
        .id(id(metric).as_str())
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
    move || {
        let body = cbor(code);
        let mut response = aws_sdk_cloudwatch::config::http::HttpResponse::new(status.try_into().unwrap(), body.into());
        response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
        response
            .headers_mut()
            .insert("x-amzn-query-error", format!("{code};Sender"));
        response
    }
}

/// `{"__type": code, "message": "no"}` in CBOR: a map of two, then length-prefixed texts (RFC 8949, section 3).
fn cbor(code: &str) -> Vec<u8> {
    let text = |text: &str| [&[0x78, text.len() as u8], text.as_bytes()].concat();
    [vec![0xa2], text("__type"), text(code), text("message"), text("no")].concat()
}

fn points(series: &Series) -> Vec<(Timestamp, f64)> {
    series.points.iter().map(|(at, value)| (*at, *value)).collect()
}

fn stop_of(answer: &Answer) -> (Cause, &str) {
    let stop = answer.stopped.as_ref().expect("it should have stopped");
    (stop.cause, &stop.detail)
}

#[tokio::test]
async fn asks_for_exactly_what_the_batch_says() {
    let rule = mock!(Client::get_metric_data)
        .match_requests(|request: &GetMetricDataInput| {
            let queries = request.metric_data_queries();
            let stat = queries[1].metric_stat().unwrap();
            let dimensions: Vec<_> = stat
                .metric()
                .unwrap()
                .dimensions()
                .iter()
                .map(|d| (d.name(), d.value()))
                .collect();
            assert_eq!(request.start_time().unwrap().secs(), at("12:00").as_second());
            assert_eq!(request.end_time().unwrap().secs(), at("13:57").as_second());
            assert_eq!(request.scan_by(), Some(&ScanBy::TimestampDescending));
            assert_eq!(request.next_token(), None);
            assert_eq!(
                queries.iter().map(|query| query.id().unwrap()).collect::<Vec<_>>(),
                ["s0_m0", "s0_m1", "s0_m2"]
            );
            assert!(
                queries
                    .iter()
                    .all(|query| query.return_data() == Some(true) && query.account_id().is_none())
            );
            assert_eq!(stat.metric().unwrap().namespace(), Some("AWS/ApplicationELB"));
            assert_eq!(stat.metric().unwrap().metric_name(), Some("TargetResponseTime"));
            assert_eq!(
                (stat.stat(), stat.period(), stat.unit()),
                (Some("p99"), Some(300), None)
            );
            assert_eq!(
                dimensions,
                [
                    (Some("LoadBalancer"), Some("app/core/1")),
                    (Some("TargetGroup"), Some("targetgroup/api/2")),
                ]
            );
            let expression = &queries[2];
            assert_eq!(
                (expression.expression(), expression.period()),
                (Some("s0_m0 / 2"), Some(60))
            );
            assert!(expression.metric_stat().is_none() && queries[1].expression().is_none());
            true
        })
        .then_output(|| page([], None));
    let answer = run(&[&rule]).read(&batch()).await;
    assert_eq!(
        answer,
        Answer {
            calls: 1,
            ..Answer::default()
        }
    );
}

#[tokio::test]
async fn merges_three_pages_by_id() {
    let first = mock!(Client::get_metric_data)
        .match_requests(|request| request.next_token().is_none())
        .then_output(|| {
            page(
                [result(0, StatusCode::PartialData, &[("13:56", 5.0), ("13:55", 4.0)])],
                Some("two"),
            )
        });
    let second = mock!(Client::get_metric_data)
        .match_requests(|request| request.next_token() == Some("two"))
        .then_output(|| {
            let results = [
                result(0, StatusCode::Complete, &[("13:54", 3.0)]),
                result(1, StatusCode::PartialData, &[("13:50", 0.25)]),
            ];
            page(results, Some("three"))
        });
    let third = mock!(Client::get_metric_data)
        .match_requests(|request| request.next_token() == Some("three"))
        .then_output(|| page([result(2, StatusCode::Complete, &[("13:54", 1.5)])], Some("")));
    let answer = run(&[&first, &second, &third]).read(&batch()).await;

    assert_eq!((answer.stopped, answer.calls), (None, 3));
    assert_eq!(
        points(&answer.series[&id(0)]),
        [(at("13:54"), 3.0), (at("13:55"), 4.0), (at("13:56"), 5.0)]
    );
    let statuses = [0, 1, 2].map(|metric| answer.series[&id(metric)].status);
    assert_eq!(statuses, [Status::Complete, Status::Partial, Status::Complete]);
    assert_eq!(answer.series[&id(0)].labels, BTreeSet::from(["label 0".to_owned()]));
}

#[tokio::test]
async fn an_internal_error_may_be_complete_next_time() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([result(0, StatusCode::InternalError, &[])], None))
        .output(|| page([result(0, StatusCode::Complete, &[("13:54", 5.0)])], None))
        .build();
    let run = run(&[&rule]);
    let (first, second) = (run.read(&batch()).await, run.read(&batch()).await);
    assert_eq!(first.series[&id(0)].status, Status::InternalError);
    assert_eq!(second.series[&id(0)].status, Status::Complete);
    assert_eq!(points(&second.series[&id(0)]), [(at("13:54"), 5.0)]);
    assert_eq!((first.calls, second.calls), (1, 1), "each read counts its own requests");
}

#[tokio::test]
async fn one_forbidden_metric_leaves_the_others() {
    let rule = mock!(Client::get_metric_data).then_output(|| {
        let message = MessageData::builder().code("Forbidden").value("not this one").build();
        let mut forbidden = result(1, StatusCode::Forbidden, &[]);
        forbidden.messages = Some(vec![message.clone()]);
        let mut page = page([result(0, StatusCode::Complete, &[("13:54", 5.0)]), forbidden], None);
        page.messages = Some(vec![message.clone(), message]);
        page
    });
    let answer = run(&[&rule]).read(&batch()).await;
    assert_eq!(answer.stopped, None);
    assert_eq!(answer.series[&id(0)].status, Status::Complete);
    assert_eq!(answer.series[&id(1)].status, Status::Forbidden);
    assert_eq!(answer.series[&id(1)].messages, ["Forbidden: not this one"]);
    assert_eq!(answer.messages, ["Forbidden: not this one"]);
    assert!(!answer.series.contains_key(&id(2)), "nothing was said of it");
}

#[tokio::test]
async fn a_repeated_token_ends_the_reading() {
    for tokens in [["one", "one", "one"], ["one", "two", "one"]] {
        let [first, second, third] = tokens;
        let rule = mock!(Client::get_metric_data)
            .sequence()
            .output(move || page([result(0, StatusCode::PartialData, &[("13:54", 5.0)])], Some(first)))
            .output(move || page([], Some(second)))
            .output(move || page([], Some(third)))
            .build();
        let answer = run(&[&rule]).read(&batch()).await;
        assert_eq!(
            stop_of(&answer),
            (
                Cause::Unavailable,
                "CloudWatch sent a page of account 222222222222 in eu-west-1 twice instead of the next one"
            )
        );
        assert_eq!(points(&answer.series[&id(0)]), [(at("13:54"), 5.0)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_third_page_keeps_the_first_two() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([result(0, StatusCode::Complete, &[("13:54", 5.0)])], Some("two")))
        .output(|| page([result(1, StatusCode::PartialData, &[("13:50", 0.25)])], Some("three")))
        .http_status(503, None)
        .times(2)
        .build();
    let answer = run(&[&rule]).read(&batch()).await;
    assert_eq!(
        stop_of(&answer),
        (
            Cause::Unavailable,
            "metrics of account 222222222222 in eu-west-1 could not be read (HTTP 503)"
        )
    );
    assert_eq!(answer.series.len(), 2);
    assert_eq!(answer.calls, 4, "the SDK's second attempt counts");
}

#[tokio::test(start_paused = true)]
async fn refusals_say_whose_move_it_is() {
    let place = "metrics of account 222222222222 in eu-west-1";
    let table = [
        (
            400,
            "Throttling",
            Cause::Throttled,
            format!("{place} could not be read (Throttling)"),
            2,
        ),
        (
            503,
            "RequestLimitExceeded",
            Cause::Throttled,
            format!("{place} could not be read (RequestLimitExceeded)"),
            2,
        ),
        (
            403,
            "AccessDenied",
            Cause::Denied,
            format!("{place} may not be read (AccessDenied)"),
            1,
        ),
        (
            400,
            "ValidationError",
            Cause::Invalid,
            format!("{place} could not be read (ValidationError: no)"),
            1,
        ),
        (
            400,
            "MissingParameter",
            Cause::Invalid,
            format!("{place} could not be read (MissingParameter: no)"),
            1,
        ),
        (
            500,
            "InternalServiceFault",
            Cause::Unavailable,
            format!("{place} could not be read (InternalServiceFault)"),
            2,
        ),
    ];
    for (status, code, cause, detail, calls) in table {
        let rule = mock!(Client::get_metric_data)
            .sequence()
            .http_response(error(status, code))
            .times(2)
            .build();
        let answer = run(&[&rule]).read(&batch()).await;
        assert_eq!(stop_of(&answer), (cause, detail.as_str()));
        assert_eq!(answer.calls, calls, "{code}");
        assert!(answer.series.is_empty());
    }
}

#[tokio::test]
async fn worn_out_credentials_are_assumed_anew() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .http_response(error(403, "ExpiredToken"))
        .output(|| page([], None))
        .build();
    let sts = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .output(|| testing::assumed("222222222222"))
        .times(2)
        .build();
    let run = run_with_sts(&[&rule], &sts);
    assert_eq!(
        stop_of(&run.read(&batch()).await),
        (
            Cause::Unavailable,
            "the credentials for metrics of account 222222222222 in eu-west-1 stopped working (ExpiredToken)"
        )
    );
    assert_eq!(run.read(&batch()).await.stopped, None);
    assert_eq!(sts.num_calls(), 2);
}

#[tokio::test]
async fn without_credentials_cloudwatch_is_not_asked() {
    let rule = mock!(Client::get_metric_data).then_output(|| page([], None));
    let denied = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .http_status(403, None)
        .build();
    let answer = run_with_sts(&[&rule], &denied).read(&batch()).await;
    assert_eq!(stop_of(&answer).0, Cause::Denied);
    let other = mock!(aws_sdk_sts::Client::assume_role).then_output(|| testing::assumed("333333333333"));
    let answer = run_with_sts(&[&rule], &other).read(&batch()).await;
    assert_eq!(stop_of(&answer).0, Cause::WrongAccount);
    assert_eq!((answer.calls, rule.num_calls()), (0, 0));
}

#[tokio::test]
async fn regions_share_one_role_session() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([], None))
        .times(3)
        .build();
    let sts = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .output(|| testing::assumed("222222222222"))
        .times(3)
        .build();
    let run = run_with_sts(&[&rule], &sts);
    let [a, b, c] = ["us-east-1", "eu-west-1", "eu-west-1"].map(|region| Batch {
        region: region.to_owned(),
        ..batch()
    });
    let answers = join3(run.read(&a), run.read(&b), run.read(&c)).await;
    assert!(
        [answers.0, answers.1, answers.2]
            .iter()
            .all(|answer| answer.stopped.is_none())
    );
    assert_eq!((sts.num_calls(), rule.num_calls()), (1, 3));
}

/// Where a request went and how it was signed.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<std::sync::Mutex<Vec<[String; 3]>>>);

impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let header = |name| context.request().headers().get(name).unwrap_or_default().to_owned();
        let seen = [
            context.request().uri().to_owned(),
            header("authorization"),
            header("x-amz-security-token"),
        ];
        self.0.lock().unwrap().push(seen);
        Ok(())
    }
}

#[tokio::test]
async fn a_batch_is_read_in_its_region_with_the_credentials_of_its_account() {
    let seen = Seen::default();
    let mut run = run(&[&mock!(Client::get_metric_data).then_output(|| page([], None))]);
    run.config = run.config.interceptor(seen.clone());
    assert_eq!(run.read(&batch()).await.stopped, None);
    let seen = seen.0.lock().unwrap();
    let [[uri, authorization, token]] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert!(uri.starts_with("https://monitoring.eu-west-1.amazonaws.com/"), "{uri}");
    assert!(
        authorization.contains("Credential=ASIAEXAMPLE/20090213/eu-west-1/monitoring/"),
        "{authorization}"
    );
    assert_eq!(token, "token-of-the-role");
}

#[tokio::test]
async fn what_cannot_be_right_is_left_out_and_said() {
    let rule = mock!(Client::get_metric_data).then_output(|| {
        let strays = [
            ("13:54", 5.0),
            ("13:53", f64::NAN),
            ("13:52", f64::INFINITY),
            ("13:57", 9.0),
            ("11:59", 9.0),
        ];
        let mut unpaired = result(1, StatusCode::Complete, &[("13:50", 0.25), ("13:45", 0.5)]);
        unpaired.values = Some(vec![0.25]);
        let off_grid = result(1, StatusCode::Complete, &[("13:51", 0.25)]);
        let far = MetricDataResult::builder()
            .id("s0_m2")
            .timestamps(DateTime::from_secs(i64::MAX))
            .values(1.0)
            .build();
        let unknown = MetricDataResult::builder().id("s9_m9").build();
        page(
            [
                result(0, StatusCode::Complete, &strays),
                off_grid,
                unpaired,
                far,
                unknown,
            ],
            None,
        )
    });
    let answer = run(&[&rule]).read(&batch()).await;
    let [ends, middle, far] = [0, 1, 2].map(|metric| &answer.series[&id(metric)]);
    assert_eq!(points(ends), [(at("13:54"), 5.0)]);
    assert_eq!(
        ends.messages,
        ["MalformedResult: 2 datapoints that do not begin a bucket of the window"]
    );
    assert!(middle.points.is_empty());
    assert_eq!(middle.status, Status::InternalError);
    assert_eq!(
        middle.messages,
        [
            "MalformedResult: 1 datapoints that do not begin a bucket of the window",
            "MalformedResult: 2 timestamps for 1 values"
        ]
    );
    assert!(far.points.is_empty());
    assert_eq!(far.status, Status::InternalError, "no status is nothing to rely on");
    assert_eq!(
        answer.messages,
        ["UnknownId: a result for \"s9_m9\", which was not asked for"]
    );
}
