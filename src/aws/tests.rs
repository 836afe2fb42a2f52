//! No secret reaches a log, not even at trace level.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    io,
    sync::{Arc, Mutex},
};

use aws_smithy_mocks::{RuleMode, mock, mock_client};
use tracing::subscriber;
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt,
};

use super::*;
use crate::{aws::credentials::Accounts, chat::Secrets};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Assumes a role, reads a secret and writes one, and gives back everything that passes `filter`.
async fn logged(filter: fn(&Metadata<'_>) -> bool) -> String {
    let log = Log::default();
    let writer = log.clone();
    let layer = fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .with_filter(filter_fn(filter));
    let _guard = subscriber::set_default(Registry::default().with(LevelFilter::TRACE).with(layer));

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
    secrets.put("session", "the-session".to_owned().into()).await.unwrap();

    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
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
