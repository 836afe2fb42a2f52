//! From metrics on a local AWS to the card in the channel, by the operator's tool.

use std::fs;

use serde_json::{Value, json};
use testkit::{
    accounts::{Account, HOME_REGION, SKYPE_SECRET},
    inbox::Inbox,
    local_aws::LocalAws,
    teams::{PATH, channel, rules},
};
use tokio::process::Command;

use crate::{
    sources::cloudwatch::{MONITORING, create, report, section},
    worlds::as_of,
};

/// The one secret that the role may read.
const SECRET: &str = SKYPE_SECRET;

#[tokio::test]
async fn hourly_previews_the_card_and_posts_it_as_a_test() {
    let sections = [
        section("Core_EU *", "111111111111", "eu-west-1", 11.0),
        section("Denied", "222222222222", "us-east-1", 21.0),
    ];
    let aws = LocalAws::start().await.unwrap();
    create(&aws, &sections, |section| section.title != "Denied").await;
    let account = Account::new(&aws, MONITORING);
    let role = account
        .create_function_role(&["111111111111", "222222222222"])
        .await
        .unwrap();
    let inbox = Inbox::start(rules).await;
    account.create_secret(SECRET, Some(&inbox.url(PATH))).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("report.yaml");
    let mut text: Value = serde_json::from_str(&report(&sections)).unwrap();
    text["retry_delays"] = json!([]);
    text["destinations"] = json!([{"name": "team", "kind": "teams", "secret": SECRET, "allowed_hosts": ["127.0.0.1"]}]);
    fs::write(&config, text.to_string()).unwrap();
    let at = as_of().to_string();
    let hourly = async |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hourly"));
        command
            .env_clear()
            .kill_on_drop(true)
            .env("HOURLY_CONFIG", &config)
            .env("RUST_LOG", "trace");
        command
            .envs(aws.environment(&role, HOME_REGION))
            .args(args)
            .args(["--at", &at]);
        let output = command.output().await.unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert_eq!(
            output.status.code(),
            Some(3),
            "a section could not be read: {out}\n{err}"
        );
        assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{out}\n{err}");
        assert!(err.contains("DEBUG"), "not everything was logged: {err}");
        out.into_owned()
    };

    let preview = hourly(&["preview", "--format", "teams"]).await;
    let seen = channel(preview.as_bytes());
    assert!(
        seen[0].contains("\nCore_EU ＊\nall read\nHealthy Hosts: 11\nDenied\nnot read (1)\n"),
        "{seen:?}"
    );
    assert!(inbox.requests().is_empty());

    hourly(&["post", "--to", "team", "--test"]).await;
    let taken = inbox.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(channel(&taken[0]), [seen[0].replacen('\n', " (test)\n", 1)]);
}
