use aws_sdk_sts::{
    config::ProvideCredentials,
    operation::{assume_role::AssumeRoleOutput, get_caller_identity::GetCallerIdentityOutput},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use futures_util::future::join3;

use super::*;
use crate::sources::cloudwatch::testing::{self, ROLE_SECRET, assumed};

fn accounts(rules: &[&Rule]) -> Accounts {
    let client = mock_client!(aws_sdk_sts, RuleMode::MatchAny, rules, testing::with_attempts_of_sts);
    Accounts::new(client, "2026-11-22T13:57:00Z".parse().unwrap())
}

fn refusal(status: u16, code: &str) -> (u16, Option<String>) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>not with external id {}</Message></Error></ErrorResponse>",
        testing::EXTERNAL_ID
    );
    (status, Some(body))
}

async fn stop(rule: Rule, account: &Arc<SourceAccount>) -> ReadError {
    let stop = accounts(&[&rule]).identity(account).await.unwrap_err();
    assert!(!stop.detail.contains(testing::EXTERNAL_ID), "{stop:?}");
    stop
}

#[tokio::test]
async fn a_role_is_assumed_once_with_a_narrow_session() {
    let rule = mock!(Client::assume_role)
        .match_requests(|request| {
            request.role_arn() == Some(testing::ROLE_ARN)
                && request.external_id() == Some(testing::EXTERNAL_ID)
                && request.role_session_name() == Some("hourly-update-20261122T1357Z")
                && request.duration_seconds() == Some(900)
                && request.policy() == Some(SESSION_POLICY)
        })
        .sequence()
        .output(|| assumed("222222222222"))
        .times(9)
        .build();
    let accounts = accounts(&[&rule]);
    let (one, two) = (testing::account(), testing::account());
    let identities = join3(
        accounts.identity(&one),
        accounts.identity(&two),
        accounts.identity(&one),
    )
    .await;
    for identity in [identities.0, identities.1, identities.2, accounts.identity(&two).await] {
        let Ok(Identity::Assumed(credentials)) = identity else {
            panic!("{identity:?}")
        };
        let credentials = credentials.provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "ASIAEXAMPLE");
        assert_eq!(credentials.secret_access_key(), ROLE_SECRET);
        assert_eq!(credentials.session_token(), Some("token-of-the-role"));
        assert_eq!(
            credentials
                .expiry()
                .unwrap()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_secs(),
            1_795_356_720
        );
    }
    assert_eq!(rule.num_calls(), 1);
}

#[test]
fn the_session_policy_allows_reading_metrics_and_nothing_else() {
    let policy: serde_json::Value = serde_json::from_str(SESSION_POLICY).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    assert_eq!(
        policy["Statement"],
        serde_json::json!([{
            "Effect": "Allow",
            "Action": ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
            "Resource": "*",
        }])
    );
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named() {
    let (status, body) = refusal(403, "AccessDenied");
    let rule = mock!(Client::assume_role).sequence().http_status(status, body).build();
    let stop = stop(rule.clone(), &testing::account()).await;
    assert_eq!(stop.kind, ErrorKind::Denied);
    assert_eq!(
        stop.detail,
        "role hourly-update-reader of account 222222222222 may not be assumed (AccessDenied)"
    );
    assert_eq!(rule.num_calls(), 1, "a refusal is final");
}

#[tokio::test]
async fn credentials_of_another_account_are_refused() {
    let rule = mock!(Client::assume_role).then_output(|| assumed("333333333333"));
    let stop = stop(rule, &testing::account()).await;
    assert_eq!(stop.kind, ErrorKind::WrongAccount);
    assert_eq!(
        stop.detail,
        "role hourly-update-reader gave credentials of account 333333333333, not of account 222222222222"
    );
}

#[tokio::test]
async fn an_answer_that_names_no_account_is_refused() {
    let rule = mock!(Client::assume_role).then_output(|| AssumeRoleOutput::builder().build());
    assert_eq!(stop(rule, &testing::account()).await.kind, ErrorKind::WrongAccount);
}

#[tokio::test]
async fn an_account_without_a_role_is_the_functions_own() {
    let rule = mock!(Client::get_caller_identity)
        .then_output(|| GetCallerIdentityOutput::builder().account("222222222222").build());
    let identity = accounts(&[&rule]).identity(&testing::own_account()).await;
    assert!(matches!(identity, Ok(Identity::Own)), "{identity:?}");
}

#[tokio::test]
async fn another_own_account_is_refused() {
    let rule = mock!(Client::get_caller_identity)
        .then_output(|| GetCallerIdentityOutput::builder().account("999999999999").build());
    let stop = stop(rule, &testing::own_account()).await;
    assert_eq!(stop.kind, ErrorKind::WrongAccount);
    assert_eq!(
        stop.detail,
        "the function runs with credentials of account 999999999999, not of account 222222222222"
    );
}

#[tokio::test]
async fn credentials_that_do_not_work_are_told_apart_from_roles_that_refuse() {
    for account in [testing::account(), testing::own_account()] {
        let (status, body) = refusal(403, "ExpiredToken");
        let (again, same) = (status, body.clone());
        let assume = mock!(Client::assume_role).sequence().http_status(status, body).build();
        let own = mock!(Client::get_caller_identity)
            .sequence()
            .http_status(again, same)
            .build();
        let stop = accounts(&[&assume, &own]).identity(&account).await.unwrap_err();
        assert_eq!(stop.kind, ErrorKind::Denied);
        assert_eq!(
            stop.detail,
            "the credentials that the function runs with do not work (ExpiredToken)"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_shared_but_not_kept() {
    let (status, body) = refusal(400, "Throttling");
    let rule = mock!(Client::assume_role)
        .sequence()
        .http_status(status, body)
        .times(2)
        .output(|| assumed("222222222222"))
        .build();
    let accounts = accounts(&[&rule]);
    let account = testing::account();
    let failed = join3(
        accounts.identity(&account),
        accounts.identity(&account),
        accounts.identity(&account),
    )
    .await;
    for result in [failed.0, failed.1, failed.2] {
        let stop = result.unwrap_err();
        assert_eq!(stop.kind, ErrorKind::Throttled);
        assert_eq!(
            stop.detail,
            "role hourly-update-reader of account 222222222222 could not be assumed (Throttling)"
        );
    }
    assert_eq!(rule.num_calls(), 2, "the SDK's two attempts, once for all three");
    assert!(accounts.identity(&account).await.is_ok());
    assert_eq!(rule.num_calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failing_service_may_recover() {
    let rule = mock!(Client::assume_role)
        .sequence()
        .http_status(503, None)
        .times(2)
        .build();
    let stop = stop(rule, &testing::account()).await;
    assert_eq!(stop.kind, ErrorKind::Unavailable);
    assert_eq!(
        stop.detail,
        "role hourly-update-reader of account 222222222222 could not be assumed (HTTP 503)"
    );
}

#[test]
fn an_account_is_read_from_an_arn_of_any_partition() {
    assert_eq!(
        account_of_arn("arn:aws-us-gov:sts::222222222222:assumed-role/a/b"),
        Some("222222222222")
    );
    assert_eq!(account_of_arn("arn:aws:sts:::assumed-role/a/b"), None);
    assert_eq!(account_of_arn("nonsense"), None);
}
