//! No secret reaches a log, not even at trace level.
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use testkit::log_capture;

use super::*;
use crate::{
    delivery::secrets::Secrets,
    sources::cloudwatch::{credentials::Accounts, testing},
};

/// Assumes a role, reads a secret and writes one, and gives back everything that passes `filter`.
async fn logged(filter: fn(&Metadata<'_>) -> bool) -> String {
    log_capture::start(filter);

    let assume = mock!(aws_sdk_sts::Client::assume_role).then_output(|| testing::assumed("222222222222"));
    let sts = mock_client!(aws_sdk_sts, RuleMode::MatchAny, [&assume]);
    let account = testing::account();
    Accounts::new(sts, "2026-11-22T13:57:00Z".parse().unwrap())
        .identity(&account)
        .await
        .unwrap();

    let value = r#"{"Name":"a","SecretString":"the-password"}"#.to_owned();
    let get = mock!(aws_sdk_secretsmanager::Client::get_secret_value)
        .sequence()
        .http_status(200, Some(value))
        .build();
    let put = mock!(aws_sdk_secretsmanager::Client::put_secret_value)
        .sequence()
        .http_status(200, Some("{}".to_owned()))
        .build();
    let secrets = secrets::SecretsManager::with(mock_client!(aws_sdk_secretsmanager, RuleMode::MatchAny, [&get, &put]));
    assert!(secrets.get("credentials").await.unwrap().is_some());
    secrets
        .put("session", "the-session".to_owned().into(), None)
        .await
        .unwrap();

    log_capture::take()
}

#[tokio::test]
async fn what_may_be_logged_holds_no_secret() {
    let log = logged(may_log).await;
    assert!(log.contains(" DEBUG "), "debug level is kept:\n{log}");
    for secret in [
        testing::EXTERNAL_ID,
        testing::ROLE_SECRET,
        "token-of-the-role",
        "the-password",
        "the-session",
    ] {
        assert!(!log.contains(secret), "{secret} in:\n{log}");
    }
}

/// Were this to fail, the test above would have nothing to find.
#[tokio::test]
async fn unfiltered_the_sdk_prints_bodies_that_it_holds_in_memory() {
    let log = logged(|_| true).await;
    assert!(log.contains("the-password"), "{log}");
}
