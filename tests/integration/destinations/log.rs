//! Standard output as a destination, by the real function.

use serde_json::{Value, json};

use crate::worlds::{
    as_of,
    function::{FunctionWorld, Said, event},
};

fn journal() -> Value {
    json!({"name": "journal", "kind": "log"})
}

/// What was written for the destination.
fn written(said: &Said) -> Vec<Value> {
    let lines = said.log.iter().filter(|line| line.text.contains(r#""text":"#));
    lines.map(|line| serde_json::from_str(&line.text).unwrap()).collect()
}

#[track_caller]
fn assert_written_once(said: &Said) {
    let lines = written(said);
    let text = "Hourly Metrics Update, ";
    assert_eq!(lines.len(), 1, "{}", said.text());
    let mut line = lines[0].clone();
    let (shown, time) = (line["text"].take(), line["timestamp"].take());
    let shown = shown.as_str().unwrap();
    assert!(
        shown.starts_with(text) && shown.contains("\n\nProduction\n  Healthy Hosts: 5\n"),
        "{shown}"
    );
    assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{time}");
    let expected = json!({
        "level": "FATAL",
        "timestamp": null,
        "message": "update",
        "requestId": "00000000-0000-0000-0000-000000000001",
        "destination": "journal",
        "as_of": as_of_of(said),
        "text": null,
    });
    assert_eq!(line, expected);
}

/// As the answer has it: a minute may have passed since the event was made.
fn as_of_of(said: &Said) -> Value {
    said.answer.as_ref().unwrap()["as_of"].clone()
}

#[tokio::test]
async fn standard_output_is_all_that_a_first_install_needs_and_passes_every_log_level() {
    let world = FunctionWorld::new().await;
    world.add_destination(journal(), true);
    for (format, level) in [("JSON", "INFO"), ("JSON", "FATAL"), ("Text", "INFO")] {
        let more = [("AWS_LAMBDA_LOG_FORMAT", format), ("AWS_LAMBDA_LOG_LEVEL", level)];
        let said = world.invoke(&event(), &more).await;
        assert_written_once(&said);
        let outcome = &said.answer.as_ref().unwrap()["destinations"];
        assert_eq!(
            *outcome,
            json!([{"name": "journal", "outcome": "posted", "repeated": false}])
        );
        assert_eq!(
            (&said.emf()[0]["Posted"], &said.emf()[0]["Posted_journal"]),
            (&json!(1), &json!(1))
        );
    }
    assert!(world.skype.requests().is_empty());
}

#[tokio::test]
async fn a_dry_run_writes_there_and_goes_nowhere_else() {
    let world = FunctionWorld::new().await;
    world.add_destination(journal(), false);
    let said = world
        .invoke(&json!({"time": as_of().to_string(), "dry_run": true}), &[])
        .await;
    assert_written_once(&said);
    assert!(world.skype.requests().is_empty());
    assert_eq!(said.emf()[0].get("Posted"), None);
    let outcomes = said.answer.unwrap()["destinations"].take();
    let outcomes: Vec<_> = outcomes
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["not_tried", "posted"]);

    let said = world.invoke(&event(), &[]).await;
    assert_written_once(&said);
    assert_eq!(world.skype.messages().len(), 1);
}
