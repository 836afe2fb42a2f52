//! The function from end to end, on a local AWS: the real binary, its own credentials, roles, accounts and regions.

use std::{fmt::Write, fs, time::Duration};

use serde_json::{Value, json};
use testkit::{
    accounts::{Account, HOME_REGION, Published, Reader},
    local_aws::LocalAws,
};

use crate::worlds::{as_of, function::start, report::Report};

/// The account of the function.
pub const MONITORING: &str = "100000000001";
const EXTERNAL_ID: &str = "an-external-id-of-its-own";

/// A section of the report, which shows the one metric that all of them have in common.
pub struct Section {
    pub title: &'static str,
    pub account: &'static str,
    pub region: &'static str,
    /// What the function names when it assumes the account's role.
    external_id: Option<&'static str>,
    /// What the metric has been for the last half hour, in this account and region.
    value: f64,
}

pub const fn section(title: &'static str, account: &'static str, region: &'static str, value: f64) -> Section {
    Section {
        title,
        account,
        region,
        external_id: Some(EXTERNAL_ID),
        value,
    }
}

/// The report as JSON, which is YAML. Accounts go by their ids.
pub fn report(sections: &[Section]) -> String {
    let mut report = Report::new("test");
    for section in sections {
        report = report
            .account(section.account, section.account, section.external_id)
            .section(section.title, section.account, section.region);
    }
    let destination = json!({"name": "operations", "kind": "skype", "group": "19:0@thread.skype", "secret": "unused"});
    report.destination(destination).build().to_string()
}

/// Publishes every section's metric, and gives its account the reader role.
pub async fn create(aws: &LocalAws, sections: &[Section], may_read: impl Fn(&Section) -> bool) {
    let mut accounts = Vec::new();
    for section in sections {
        let account = Account::new(aws, section.account);
        let metric = Published::healthy_hosts(as_of(), 29, section.value);
        account.publish(section.region, &metric).await.unwrap();
        if !accounts.contains(&section.account) {
            accounts.push(section.account);
            let reader = Reader {
                may_read: may_read(section),
                ..Reader::new(MONITORING, EXTERNAL_ID)
            };
            account.create_reader_role(&reader).await.unwrap();
        }
    }
}

/// Runs the function dry, under its role; returns its answer.
async fn run(aws: &LocalAws, sections: &[Section]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("report.yaml");
    fs::write(&config, report(sections)).unwrap();
    let sources: Vec<_> = sections.iter().map(|section| section.account).collect();
    let role = Account::new(aws, MONITORING)
        .create_function_role(&sources)
        .await
        .unwrap();
    let mut environment = aws.environment(&role, HOME_REGION);
    environment.push(("HOURLY_CONFIG".into(), config.to_str().unwrap().into()));
    let mut function = start(environment).await;
    let event = json!({"time": as_of().to_string(), "dry_run": true}).to_string();
    let answer = function.invoke(event, Duration::from_secs(60)).await;
    let log = function.log();
    let log = log.borrow().iter().fold(String::new(), |mut log, line| {
        let _ = writeln!(log, "{}", line.text);
        log
    });
    answer.unwrap_or_else(|error| panic!("{error}\n{log}"))
}

/// The line of the healthy hosts under a heading, and the note that it refers to, if it does.
fn shown<'a>(message: &'a str, title: &str) -> (&'a str, Option<&'a str>) {
    let mut lines = message.lines().skip_while(|line| !line.starts_with(title));
    let line = lines.find(|line| line.contains("Healthy Hosts: ")).expect(message);
    let (_, value) = line.split_once(": ").unwrap();
    match value.split_once(' ') {
        None => (value, None),
        Some((value, mark)) => (value, lines.find(|line| line.starts_with(mark))),
    }
}

#[tokio::test]
async fn values_come_from_the_right_account_and_region() {
    let aws = LocalAws::start().await.unwrap();
    let sections = [
        section("Production (N. Virginia)", "111111111111", "us-east-1", 11.0),
        section("BT Stack (Ireland)", "111111111111", "eu-west-1", 12.0),
        section("Staging (N. Virginia)", "222222222222", "us-east-1", 21.0),
        section("Staging (Ireland)", "222222222222", "eu-west-1", 22.0),
    ];
    create(&aws, &sections, |_| true).await;
    let answer = run(&aws, &sections).await;
    let message = answer["message"].as_str().unwrap();
    for section in &sections {
        let expected = format!("{}", section.value);
        assert_eq!(
            shown(message, section.title),
            (expected.as_str(), None),
            "{}: {message}",
            section.title
        );
    }
    assert_eq!(answer["as_of"], as_of().to_string());
    assert_eq!(
        answer["destinations"],
        json!([{"name": "operations", "outcome": "not_tried"}])
    );
}

#[tokio::test]
async fn what_is_denied_says_so_and_leaves_the_others_alone() {
    let aws = LocalAws::start().await.unwrap();
    let wrong = "an-external-id-of-somebody-else";
    let sections = [
        section("Production", "111111111111", "us-east-1", 11.0),
        Section {
            external_id: Some(wrong),
            ..section("Wrong external id", "222222222222", "us-east-1", 21.0)
        },
        Section {
            external_id: None,
            ..section("No external id", "333333333333", "us-east-1", 31.0)
        },
        section("May not read", "444444444444", "us-east-1", 41.0),
        section("Last", "555555555555", "eu-west-1", 51.0),
    ];
    create(&aws, &sections, |section| section.title != "May not read").await;
    let answer = run(&aws, &sections).await;
    let message = answer["message"].as_str().unwrap();
    assert_eq!(shown(message, "Production"), ("11", None), "{message}");
    assert_eq!(shown(message, "Last"), ("51", None), "{message}");
    for denied in &sections[1..4] {
        let (value, note) = shown(message, denied.title);
        let note = note.unwrap_or_else(|| panic!("{}: no note in {message}", denied.title));
        assert_eq!(value, "0", "{}: {message}", denied.title);
        assert!(
            note.contains("AccessDenied") && note.contains(denied.account),
            "{}: {note}",
            denied.title
        );
    }
    for secret in [EXTERNAL_ID, wrong] {
        assert!(!message.contains(secret), "{message}");
    }
}
