//! What a run tells, by the real function: one line of metrics whatever the log level is, and a line for each stage.

use serde_json::{Value, json};
use testkit::skype::Step;

use crate::worlds::function::{FunctionWorld, Said, event};

const JSON: (&str, &str) = ("AWS_LAMBDA_LOG_FORMAT", "JSON");

#[track_caller]
fn only(said: &Said) -> Value {
    let lines = said.emf();
    assert_eq!(lines.len(), 1, "{}", said.text());
    lines[0].clone()
}

/// What Lambda's filter lets through: a line without a level that it knows counts as INFO.
fn passes(line: &Value, least: &str) -> bool {
    let order = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let place = |level: &str| order.iter().position(|known| *known == level).unwrap_or(2);
    place(line["level"].as_str().unwrap_or_default()) >= place(least)
}

#[tokio::test]
async fn the_line_of_metrics_is_there_at_every_log_level_once() {
    let world = FunctionWorld::new().await;
    for level in ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] {
        let said = world.invoke(&event(), &[JSON, ("AWS_LAMBDA_LOG_LEVEL", level)]).await;
        let line = only(&said);
        assert!(passes(&line, "FATAL") && passes(&line, level), "{line}");
        for (name, value) in [
            ("MetricsRead", json!(1)),
            ("MetricsMissing", json!(1)),
            ("Calls", json!(1)),
            ("ApiCostDollars", json!(0.00001)),
            ("Posted", json!(1)),
            ("Failed", json!(0)),
            ("SignInNeeded", json!(0)),
            ("Posted_operations", json!(1)),
            ("Report", json!("hourly")),
            ("run", json!("full")),
        ] {
            assert_eq!(line[name], value, "{name} at {level}: {line}");
        }
        assert!(line["SecondsToPost"].as_f64().unwrap() > 0.0);
        // Nobody logs what Lambda would drop, and the denied account is a warning.
        let lines = said.lines();
        assert!(lines.iter().all(|line| passes(line, level)), "{level}: {}", said.text());
        assert_eq!(
            lines.is_empty(),
            matches!(level, "ERROR" | "FATAL"),
            "{level}: {}",
            said.text()
        );
        // Below INFO libraries talk outside of the invocation too.
        for line in lines.iter().filter(|line| passes(line, "INFO")) {
            assert_eq!(
                line["requestId"], "00000000-0000-0000-0000-000000000001",
                "{level}: {line}"
            );
        }
    }
    // As plain text too, and turned off.
    for more in [("AWS_LAMBDA_LOG_FORMAT", "Text"), ("RUST_LOG", "off")] {
        assert_eq!(only(&world.invoke(&event(), &[more]).await)["Posted"], 1);
    }
}

#[tokio::test]
async fn every_stage_has_its_line() {
    let world = FunctionWorld::new().await;
    let said = world.invoke(&event(), &[JSON]).await;
    let lines = said.lines();
    let stages: Vec<_> = lines.iter().filter_map(|line| line["stage"].as_str()).collect();
    let mut sorted = stages.clone();
    // Signing in and reading happen at the same time.
    sorted[1..3].sort_unstable();
    assert_eq!(
        sorted,
        ["started", "prepared", "read", "posted", "finished"],
        "{}",
        said.text()
    );
    let posted = lines.iter().find(|line| line["stage"] == "posted").unwrap();
    assert_eq!(
        (&posted["level"], &posted["destination"]),
        (&json!("INFO"), &json!("operations"))
    );
}

#[tokio::test]
async fn runs_that_fail_say_so_in_numbers() {
    let world = FunctionWorld::new().await;
    world
        .put_secret(
            testkit::accounts::SKYPE_SECRET,
            r#"{"user":"a@b.example","password":"wrong"}"#,
        )
        .await;
    let said = world.invoke(&event(), &[JSON]).await;
    assert_eq!(
        said.answer.as_ref().unwrap_err()["errorType"],
        "NotPosted",
        "{}",
        said.text()
    );
    let line = only(&said);
    let numbers = ["Posted", "Failed", "SignInNeeded"].map(|name| line[name].as_u64().unwrap());
    assert_eq!(numbers, [0, 1, 1], "{line}");
    assert_eq!(world.skype.steps(), [Step::SignIn]);

    // Before anything is read: a bad event, one that serde does not read, a bad report.
    let bad_event = world.invoke(&json!({"time": "yesterday"}), &[JSON]).await;
    let bad_report = world.invoke(&event(), &[JSON, ("HOURLY_CONFIG", "/nonexistent")]).await;
    let nested = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let unread = world.invoke(&json!({ "time": nested }), &[JSON]).await;
    for (said, kind, report) in [
        (bad_event, "BadEvent", "hourly"),
        (unread, "BadEvent", "hourly"),
        (bad_report, "BadReport", "unreadable"),
    ] {
        assert_eq!(said.answer.as_ref().unwrap_err()["errorType"], kind);
        let line = only(&said);
        assert_eq!(
            (&line["Report"], &line["Failed"]),
            (&json!(report), &json!(1)),
            "{line}"
        );
        assert_eq!(
            (&line["Posted"], &line["run"]),
            (&json!(0), &json!("unknown")),
            "{line}"
        );
    }
}

#[tokio::test]
async fn dry_and_restricted_runs_do_not_count_as_posted() {
    let world = FunctionWorld::new().await;
    for (name, value) in [("dry_run", json!(true)), ("sections", json!(["Production"]))] {
        let mut event = event();
        event[name] = value;
        let said = world.invoke(&event, &[JSON]).await;
        assert!(said.answer.is_ok(), "{}", said.text());
        let line = only(&said);
        assert_eq!((&line["Calls"], line.get("Posted")), (&json!(1), None), "{line}");
    }
    assert_eq!(world.skype.messages().len(), 1, "the restricted one posts");
}

#[tokio::test]
async fn a_function_without_its_ledger_posts_with_a_mark_and_warns() {
    let world = FunctionWorld::new().await;
    let said = world.invoke(&event(), &[JSON]).await;
    assert!(said.answer.is_ok(), "{}", said.text());
    let message = &world.skype.messages()[0].content;
    assert!(message.contains(" UTC (may be a repeat):"), "{message}");
    let mut lines = said.log.iter().map(|line| &line.text);
    let warning = lines.find(|line| line.contains("HOURLY_LEDGER is not set"));
    assert!(warning.is_some_and(|line| line.contains("\"WARN\"")), "{}", said.text());
}
