//! Proof of our messages, and of the stand-in, by Slack's own SDK: its models of blocks, and its client of webhooks.

use std::{path::Path, process::Stdio};

use hourly_update::{
    metrics::reading::{Bucket, Outlook, Provenance, Reading},
    report::{MetricRef, Period, Unit},
    update::{Coverage, MetricUpdate, SectionUpdate, Update},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{
    inbox::Inbox,
    slack::{PATH, rules},
};
use tokio::{io::AsyncWriteExt, process::Command};

/// How many updates of every kind of text are tried.
const UPDATES: usize = 40;

const GOLDEN: &str = include_str!(
    "../../../../src/destinations/slack/message/snapshots/hourly_update__destinations__slack__message__tests__several_sections.snap"
);

/// What the SDK says of one message.
#[derive(Debug, Deserialize)]
struct Told {
    problem: Option<String>,
    status: u16,
    body: String,
}

impl Told {
    fn is_taken(&self) -> bool {
        self.problem.is_none() && self.status == 200 && self.body == "ok"
    }
}

#[tokio::test]
async fn what_is_rendered_is_known_to_slacks_models_and_taken_from_its_client() {
    let (_, golden) = GOLDEN.split_once("\n---\n").unwrap();
    let mut messages: Vec<Value> = vec![serde_json::from_str(golden).unwrap()];
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..UPDATES {
        let update = any_update().new_tree(&mut runner).unwrap().current();
        let body = hourly_update::destinations::slack::message::render(
            &update,
            Some(hourly_update::update::message::Mark::Test),
        )
        .body;
        messages.push(serde_json::from_str(&body).unwrap());
    }
    let inbox = Inbox::start(rules).await;
    let told = validate(&inbox, PATH, &messages).await;
    for (message, told) in messages.iter().zip(&told) {
        let text = message["text"].as_str();
        assert!(told.is_taken(), "{told:?}: {text:?}");
    }
    assert_eq!((told.len(), inbox.taken().len()), (messages.len(), messages.len()));
}

/// The models know what is wrong, and the stand-in refuses it in a word that the client hands on.
#[tokio::test]
async fn what_slack_refuses_is_refused() {
    let plain = |text: String| json!({"type": "plain_text", "text": text});
    let with = |block: Value| json!({"text": "a", "blocks": [block]});
    let button = json!({"type": "button", "text": plain("x".repeat(76)), "url": "https://example.com"});
    let texts = vec![json!({"type": "mrkdwn", "text": "x"}); 11];
    let messages = [
        with(json!({"type": "tabel"})),
        with(json!({"type": "header", "text": plain("x".repeat(151))})),
        with(json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3_001)}})),
        with(json!({"type": "context", "elements": texts})),
        with(json!({"type": "actions", "elements": [button]})),
        with(json!({"type": "rich_text", "elements": [{"type": "rich_txt", "elements": []}]})),
    ];
    let inbox = Inbox::start(rules).await;
    for (message, told) in messages.iter().zip(validate(&inbox, PATH, &messages).await) {
        assert!(told.problem.is_some(), "{message}");
        assert_eq!((told.status, told.body.as_str()), (400, "invalid_blocks"), "{message}");
    }
    let unknown = [json!({"text": "a", "chanel": "b"})];
    assert!(validate(&inbox, PATH, &unknown).await[0].problem.is_some());
    let fine = [json!({"text": "a"})];
    let told = validate(&inbox, "/services/T00000000/B00000000/another", &fine).await;
    assert_eq!((told[0].status, told[0].body.as_str()), (404, "no_service"));
    let empty = validate(&inbox, PATH, &[json!({"text": ""})]).await;
    assert_eq!((empty[0].status, empty[0].body.as_str()), (400, "no_text"));
}

/// Runs the SDK; nothing of this machine's environment, such as a proxy, reaches it.
async fn validate(inbox: &Inbox, path: &str, messages: &[Value]) -> Vec<Told> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".venv/slack/bin/python");
    let mut sdk = Command::new(&python)
        .arg(root.join("tests/slack/validate.py"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start ({error}): run `make venv`", python.display()));
    let task = json!({"url": inbox.url(path), "messages": messages}).to_string();
    sdk.stdin.take().unwrap().write_all(task.as_bytes()).await.unwrap();
    let output = sdk.wait_with_output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What may stand in a report and in an account's answers.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![r#"[<>&*_~`|"'{}()#@!:\\\[\]-]{1,40}"#, r"\PC{1,100}"]
}

fn any_update() -> impl Strategy<Value = Update> {
    let lines = prop_oneof![
        9 => prop::collection::vec(any_text(), 0..20),
        1 => prop::collection::vec(any_text(), 200..400),
    ];
    let coverage = prop_oneof![Just(Coverage::Whole), Just(Coverage::Part), Just(Coverage::Nothing)];
    let sections = prop::collection::vec((any_text(), coverage, lines), 0..20);
    let notes = prop::collection::vec(any_text(), 0..40);
    (sections, notes, any::<bool>()).prop_map(|(sections, notes, has_dashboard)| Update {
        report: "hourly".into(),
        as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
        sections: sections.into_iter().map(section).collect(),
        notes,
        has_single_section: false,
        restricted: false,
        all_sections: 0,
        dashboard: has_dashboard.then(|| format!("https://example.com/{}", "x".repeat(1_900)).parse().unwrap()),
    })
}

fn section((title, coverage, labels): (String, Coverage, Vec<String>)) -> SectionUpdate {
    let start = "2026-11-22T13:54:00Z".parse().unwrap();
    let period = Period::MINUTE;
    let line = |label: String| MetricUpdate {
        long_label: label.clone(),
        label,
        value: "5".into(),
        card_value: "5".into(),
        is_bare: true,
        unit: Unit::Count,
        note: None,
        reading: Reading {
            metric: MetricRef { section: 0, metric: 0 },
            value: 5.0,
            provenance: Provenance::Settled(Bucket { start, period }),
            complete: true,
            tries: 1,
            messages: Vec::new(),
            defects: Vec::new(),
            outlook: Outlook::Final,
        },
    };
    SectionUpdate {
        title,
        place: crate::worlds::place().into(),
        latest: None,
        coverage,
        note: None,
        lines: labels.into_iter().map(line).collect(),
    }
}
