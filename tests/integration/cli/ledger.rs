//! Posting by hand with the ledger, and without one.

use std::fs;

use serde_json::json;
use testkit::{
    accounts::{LEDGER, SLACK_SECRET},
    inbox::Inbox,
    slack::{self, PATH},
};

use super::*;

const NEEDED: &str = "posting an hour takes the table of what has been posted: --ledger TABLE, or HOURLY_LEDGER";

#[tokio::test]
async fn an_hour_is_not_posted_without_one_unless_that_is_said() {
    let sections = [section("Core", "111111111111", "us-east-1", 11.0)];
    let world = World::new(&sections, "[]").await;
    let at = as_of().to_string();
    let post = async |args: &[&str], more: &[(&str, &str)]| {
        let mut environment = world.environment.clone();
        environment.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        run(&[&["post", "--at", &at], args].concat(), &environment).await
    };
    for (args, more) in [
        (&[][..], &[][..]),
        (&["--force"], &[]),
        (&["--to", "operations"], &[]),
        (&[], &[("HOURLY_LEDGER", "")]),
        (&["--ledger", ""], &[]),
    ] {
        let (code, out, err) = post(args, more).await;
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(NEEDED) && err.contains("--without-ledger"), "{err}");
    }
    // They get as far as the secret, which is not there.
    for args in [
        &["--without-ledger"][..],
        &["--ledger", LEDGER],
        &["--section", "Core"],
        &["--to", "operations", "--test"],
    ] {
        let (code, out, err) = post(args, &[]).await;
        assert!(
            code == 1 && !out.is_empty() && err.contains("the secret unused"),
            "{args:?}: {err}"
        );
    }
}

#[tokio::test]
async fn by_hand_too_an_hour_is_posted_once() {
    let sections = [section("Core", "111111111111", "us-east-1", 11.0)];
    let world = World::new(&sections, "[]").await;
    let monitoring = Account::new(&world.aws, MONITORING);
    monitoring.create_ledger().await.unwrap();
    let inbox = Inbox::start(slack::rules).await;
    monitoring
        .create_secret(SLACK_SECRET, Some(&inbox.url(PATH)))
        .await
        .unwrap();
    let config = world.folder.path().join("report.yaml");
    let mut report: serde_json::Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    report["destinations"] =
        json!([{"name": "channel", "kind": "slack", "secret": SLACK_SECRET, "allowed_hosts": ["127.0.0.1"]}]);
    fs::write(&config, report.to_string()).unwrap();
    let at = as_of().to_string();
    let mut marks = String::new();
    for (args, ledger) in [
        (&["--ledger", LEDGER][..], None),
        (&[], Some(LEDGER)),
        (&["--section", "Core"], Some(LEDGER)),
        (&["--section", "Core"], None),
        (&["--force"], Some(LEDGER)),
        (&["--without-ledger"], None),
        (&["--without-ledger"], Some(LEDGER)),
        (&["--without-ledger", "--force"], None),
        (&["--to", "channel", "--test"], None),
    ] {
        let before = inbox.taken().len();
        let mut environment = world.environment.clone();
        environment.extend(ledger.map(|table| ("HOURLY_LEDGER".to_owned(), table.to_owned())));
        let (code, _, err) = run(&[&["post", "--at", &at], args].concat(), &environment).await;
        assert_eq!(code, 0, "{err}");
        let taken = inbox.taken();
        let titles = taken[before..].iter().map(|body| {
            let message: serde_json::Value = serde_json::from_slice(body).unwrap();
            let title = message["blocks"][0]["text"]["text"].as_str().unwrap().to_owned();
            title.split_once(" UTC").unwrap().1.to_owned()
        });
        let titles: Vec<_> = titles.collect();
        marks += &format!(
            "{}{}: {titles:?}, {err}",
            ledger.map_or("", |_| "HOURLY_LEDGER=... "),
            args.join(" ")
        );
    }
    insta::assert_snapshot!(marks, @r#"
    --ledger hourly-update-ledger: [""], posted to channel
    HOURLY_LEDGER=... : [], posted to channel before; --force posts it again
    HOURLY_LEDGER=... --section Core: [""], posted to channel
    --section Core: [""], posted to channel
    HOURLY_LEDGER=... --force: [" (posted again)"], posted to channel
    --without-ledger: [" (may be a repeat)"], posted to channel
    HOURLY_LEDGER=... --without-ledger: [" (may be a repeat)"], posted to channel
    --without-ledger --force: [" (posted again)"], posted to channel
    --to channel --test: [" (test)"], posted to channel
    "#);
}
