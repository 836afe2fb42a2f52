//! What is not as it should be gives one clear error, and nothing is asked of AWS or Skype.
//!
//! Nothing listens at the endpoint that the function is given: whatever it asked for would show as another error. Bad
//! secrets are a matter of the chat, and tested there.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::worlds::{function::start, report::minimal};

/// A report without a mistake.
fn report() -> String {
    minimal("{ name: operations, kind: skype, group: \"19:0@thread.skype\", secret: unused }")
}

/// The function's error for this event, with this report.
async fn error(report: &[u8], event: impl Into<Vec<u8>>) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("report.yaml");
    fs::write(&config, report).unwrap();
    let environment = [
        ("HOURLY_CONFIG", config.to_str().unwrap()),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut function = start(environment.to_vec()).await;
    let answer = function.invoke(event.into(), Duration::from_secs(20)).await;
    let mut error = answer.expect_err("it should have been refused");
    let text = error["errorMessage"].as_str().unwrap();
    error["errorMessage"] = text.replace(config.to_str().unwrap(), "report.yaml").into();
    error
}

#[track_caller]
fn says(error: &Value, kind: &str, text: &str) {
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains(text), "{error}");
    assert!(message.len() < 2000 && !message.contains("127.0.0.1"), "{error}");
    assert!(error["errorType"].as_str().unwrap().contains(kind), "{error}");
}

#[tokio::test]
async fn each_bad_event_is_refused_with_one_clear_error() {
    let huge = format!(r#"{{"time": "{}"}}"#, "x".repeat(1_000_000));
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    for (event, kind, text) in [
        (b"".to_vec(), "DeserializeError", "EOF"),
        (b"{\"time\": ".to_vec(), "DeserializeError", "EOF"),
        (b"{\"time\": \"\xff\"}".to_vec(), "DeserializeError", "unicode"),
        (deep, "BadEvent", "event: cannot be read as JSON: recursion limit"),
        (b"{\"time\": 1e999}".to_vec(), "BadEvent", "number out of range"),
        (b"{\"sections\": [\"\\ud800\"]}".to_vec(), "BadEvent", "hex escape"),
        (
            b"{\"dry_run\": true, \"dry_run\": false}".to_vec(),
            "BadEvent",
            "event: duplicate field `dry_run`",
        ),
        (
            b"{\"source\": \"aws.events\", \"time\": \"2026-11-22T13:57:00Z\", \"dry_run\": true}".to_vec(),
            "BadEvent",
            "event: dry_run: not followed",
        ),
        (huge.into(), "BadEvent", "time: expected a time such as"),
        (
            b"[]".to_vec(),
            "BadEvent",
            "expected an object ({} means now), found []",
        ),
        (
            b"{\"dryrun\": true}".to_vec(),
            "BadEvent",
            "event: dryrun: unknown field `dryrun`, expected one of `time`",
        ),
        (
            b"{\"sections\": [\"BT\"], \"dry_run\": true}".to_vec(),
            "BadEvent",
            "there is no section \"BT\"",
        ),
    ] {
        let shown = String::from_utf8_lossy(&event[..event.len().min(40)]).into_owned();
        let error = error(report().as_bytes(), event).await;
        eprintln!("{shown}: {error}");
        says(&error, kind, text);
    }
}

#[tokio::test]
async fn each_bad_report_is_refused_with_one_clear_error() {
    let huge = [report().as_bytes(), &b"# a comment\n".repeat(200_000)].concat();
    for (report, text) in [
        (b"".to_vec(), "empty"),
        (huge, "at most 1048576"),
        (b"report: \xff\xfe".to_vec(), "UTF-8"),
        (b"report: [".to_vec(), "report.yaml:1:"),
        (
            report().replace("statistic: Minimum", "statistik: Minimum").into(),
            "did you mean",
        ),
        (report().replace("100000000001", "${ACCOUNT}").into(), "ACCOUNT"),
    ] {
        let error = error(&report, "{}").await;
        eprintln!("{error}");
        says(&error, "BadReport", text);
    }
}
