//! From what AWS answers to what the group reads: whatever goes wrong in one place, the other numbers arrive, and the
//! message says what happened.

use aws_smithy_mocks::{Rule, mock};

use super::{error, page, result, run_with_sts};
use crate::{
    clock::Clock,
    metrics::{
        collect::{Deadlines, collect},
        plan::Plan,
        reading,
    },
    report::Config,
    sources::cloudwatch::client::CloudWatch,
    sources::cloudwatch::testing,
    testing::{as_of, config, metric, section},
    update::{Update, text},
};
use aws_sdk_cloudwatch::{
    Client,
    operation::get_metric_data::GetMetricDataOutput,
    types::{MetricDataResult, StatusCode},
};
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;

/// Three metrics in an account that is read through a role.
fn report() -> Config {
    let metrics = vec![metric("Hosts"), metric("Sessions"), metric("Errors")];
    config(vec![section("Core", testing::account(), "us-east-1", metrics)])
}

/// The message, and how many calls it took, when CloudWatch and STS answer by these rules.
async fn message_from(source: CloudWatch) -> String {
    let config = report();
    let plan = Plan::new(&config, as_of(), None).unwrap();
    let clock = Clock::starting_at(as_of());
    let deadlines = Deadlines::new(&config, as_of(), as_of(), None);
    let collected = collect(&config, &plan, &source, &clock, deadlines, &|_| {}).await;
    let readings = reading::read(&config, as_of(), &collected.evidence);
    let update = Update::new(&config, as_of(), readings, &collected.remarks);
    let text = text::render(&update, None).body;
    format!("{text}\n[{} calls, {} retries]", collected.calls, collected.retries)
}

async fn message(rule: Rule) -> String {
    message_from(run_with_sts(&[&rule], &role())).await
}

fn role() -> Rule {
    mock!(aws_sdk_sts::Client::assume_role).then_output(|| testing::assumed("222222222222"))
}

/// A metric that has its newest settled value.
fn good(metric: usize) -> MetricDataResult {
    result(metric, StatusCode::Complete, &[("13:54", 5.0)])
}

fn all_good() -> GetMetricDataOutput {
    page([good(0), good(1), good(2)], None)
}

#[tokio::test(start_paused = true)]
async fn pages_are_put_together() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([result(1, StatusCode::PartialData, &[("13:56", 7.0)])], Some("two")))
        .output(|| {
            page(
                [good(0), result(1, StatusCode::PartialData, &[("13:55", 6.0)])],
                Some("three"),
            )
        })
        .output(|| page([good(1), good(2)], None))
        .build();
    insta::assert_snapshot!(message(rule).await, @"
    Hosts: 5
    Sessions: 5
    Errors: 5
    [3 calls, 0 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn an_internal_error_is_asked_for_again() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([good(0), result(1, StatusCode::InternalError, &[]), good(2)], None))
        .output(|| page([good(1)], None))
        .build();
    insta::assert_snapshot!(message(rule).await, @"
    Hosts: 5
    Sessions: 5
    Errors: 5
    [2 calls, 1 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn an_internal_error_that_stays_is_told() {
    let failing = || page([good(0), result(1, StatusCode::InternalError, &[]), good(2)], None);
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(failing)
        .times(4)
        .build();
    insta::assert_snapshot!(message(rule).await, @"
    Hourly Metrics Update, Sun 22 Nov 13:57 UTC:

    Core
      Hosts: 5
      Sessions: 0 (1)
      Errors: 5

    (1) not read: CloudWatch reports an internal error, asked again 3 times
    [4 calls, 3 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn one_forbidden_metric_of_many_is_told() {
    let rule = mock!(Client::get_metric_data)
        .then_output(|| page([good(0), result(1, StatusCode::Forbidden, &[]), good(2)], None));
    insta::assert_snapshot!(message(rule).await, @"
    Hourly Metrics Update, Sun 22 Nov 13:57 UTC:

    Core
      Hosts: 5
      Sessions: 0 (1)
      Errors: 5

    (1) not read: the metric may not be read
    [1 calls, 0 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_keeps_what_was_read() {
    let rule = mock!(Client::get_metric_data).then_output(|| page([good(0), good(1)], Some("again")));
    insta::assert_snapshot!(message(rule).await, @"
    Hourly Metrics Update, Sun 22 Nov 13:57 UTC:

    Core
      Hosts: 5
      Sessions: 5
      Errors: 0 (1)

    (1) not read: CloudWatch sent a page of account 222222222222 in us-east-1 twice instead of the next one, asked again 3 times
    [8 calls, 3 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn throttling_that_passes_leaves_no_trace() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .http_response(error(400, "Throttling"))
        .times(2)
        .output(all_good)
        .build();
    insta::assert_snapshot!(message(rule).await, @"
    Hosts: 5
    Sessions: 5
    Errors: 5
    [3 calls, 1 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn throttling_that_stays_is_told() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .http_response(error(400, "Throttling"))
        .times(8)
        .build();
    insta::assert_snapshot!(message(rule).await, @"
    Hourly Metrics Update, Sun 22 Nov 13:57 UTC:

    Core (1)
      Hosts: 0 (1)
      Sessions: 0 (1)
      Errors: 0 (1)

    (1) throttled: metrics of account 222222222222 in us-east-1 could not be read (Throttling), asked again 3 times
    [8 calls, 3 retries]
    ");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_be_assumed_is_told_and_not_asked_again() {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    let sts = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .http_status(403, Some(body.to_owned()))
        .build();
    let rule = mock!(Client::get_metric_data).then_output(all_good);
    insta::assert_snapshot!(message_from(run_with_sts(&[&rule], &sts)).await, @"
    Hourly Metrics Update, Sun 22 Nov 13:57 UTC:

    Core (1)
      Hosts: 0 (1)
      Sessions: 0 (1)
      Errors: 0 (1)

    (1) not read: role hourly-update-reader of account 222222222222 may not be assumed (AccessDenied)
    [0 calls, 0 retries]
    ");
    assert_eq!((sts.num_calls(), rule.num_calls()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_are_not_used() {
    let sts = mock!(aws_sdk_sts::Client::assume_role)
        .then_output(|| -> AssumeRoleOutput { testing::assumed("999999999999") });
    let rule = mock!(Client::get_metric_data).then_output(all_good);
    insta::assert_snapshot!(message_from(run_with_sts(&[&rule], &sts)).await, @"
    Hourly Metrics Update, Sun 22 Nov 13:57 UTC:

    Core (1)
      Hosts: 0 (1)
      Sessions: 0 (1)
      Errors: 0 (1)

    (1) not read: role hourly-update-reader gave credentials of account 999999999999, not of account 222222222222
    [0 calls, 0 retries]
    ");
    assert_eq!(rule.num_calls(), 0);
}
