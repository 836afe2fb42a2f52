//! The operator's tool, as a person at a terminal uses it.

mod environment;
mod ledger;
mod login;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    accounts::{Account, HOME_REGION},
    local_aws::LocalAws,
};
use tokio::process::Command;

use crate::{
    sources::cloudwatch::{self, MONITORING, Section, section},
    worlds::as_of,
};

/// A command line, with nothing in its environment but what is given.
fn hourly(args: &[&str], environment: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hourly"));
    command.env_clear().kill_on_drop(true).args(args);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

async fn run(args: &[&str], environment: &[(String, String)]) -> (i32, String, String) {
    read(hourly(args, environment).output().await.unwrap())
}

fn read(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_help_of_hourly_has_examples_and_exit_codes() {
    for args in [
        &["--help"][..],
        &["preview", "--help"],
        &["post", "--help"],
        &["check", "--help"],
        &["login", "teams-free", "--help"],
    ] {
        let (code, out, _) = run(args, &[]).await;
        assert_eq!(code, 0);
        insta::assert_snapshot!(format!("hourly {}", args.join(" ")), out);
    }
}

#[tokio::test]
async fn mistakes_in_arguments_and_reports_end_with_2() {
    for (args, text) in [
        (
            &["preview", "--at", "25:00"][..],
            "hourly: --at: expected 13:57 or 2026-11-22T13:57Z, found \"25:00\"",
        ),
        (
            &["preview", "--at", "2999-01-01T00:00Z"],
            "hourly: --at: time: 2999-01-01T00:00:00Z lies in the future",
        ),
        (
            &["preview", "--at", "2020-01-01T00:00Z"],
            "hourly: --at: time: 2020-01-01T00:00:00Z is more than 14 days ago",
        ),
        (&["preview", "--format", "fax"], "invalid value 'fax'"),
        (&["check", "--config", "nowhere.yaml"], "cannot read nowhere.yaml"),
        (&["check"], "needs SKYPE_GROUP from the environment"),
    ] {
        let (code, out, err) = run(args, &[]).await;
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(text), "{err}");
    }
}

#[tokio::test]
async fn a_good_report_is_summed_up() {
    let names = [
        "PRODUCTION_ACCOUNT_ID",
        "STAGING_ACCOUNT_ID",
        "READER_ROLE_NAME",
        "EXTERNAL_ID",
    ];
    let skype = ["SKYPE_GROUP", "SKYPE_SECRET", "SKYPE_SESSION_SECRET"];
    let values = [
        "111111111111",
        "222222222222",
        "reader",
        "an-external-id",
        "19:0@thread.skype",
        "user",
        "session",
    ];
    let environment: Vec<_> = names
        .into_iter()
        .chain(skype)
        .zip(values)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let (code, out, err) = run(&["check"], &environment).await;
    assert_eq!(code, 0, "{err}");
    insta::assert_snapshot!("hourly check", out);
}

/// Messages and alarms from one region are all silent when it is down.
#[tokio::test]
async fn a_report_that_posts_inside_aws_alone_is_advised_to_have_a_dead_mans_switch() {
    let topic = json!({"name": "mails", "kind": "sns", "topic": "arn:aws:sns:us-east-1:111111111111:updates"});
    let journal = json!({"name": "journal", "kind": "log"});
    let heartbeat = json!({"name": "heartbeat", "kind": "webhook", "secret": "heartbeat", "required": false});
    let slack = json!({"name": "channel", "kind": "slack", "secret": "slack"});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.yaml");
    for (destinations, is_advised) in [
        (json!([topic, journal]), true),
        (json!([journal]), true),
        (json!([topic, heartbeat]), false),
        (json!([slack]), false),
    ] {
        let mut report: Value = serde_json::from_str(&cloudwatch::report(&[section(
            "Hosts",
            "111111111111",
            "us-east-1",
            1.0,
        )]))
        .unwrap();
        report["destinations"] = destinations;
        fs::write(&path, report.to_string()).unwrap();
        let (code, out, err) = run(&["check", "--config", path.to_str().unwrap()], &[]).await;
        assert_eq!(code, 0, "{err}");
        let advice = ": destinations: every destination is inside AWS";
        assert_eq!(out.contains(advice), is_advised, "{out}");
    }
}

/// A local AWS with these sections, and what `hourly` needs to read them.
struct World {
    aws: LocalAws,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl World {
    async fn new(sections: &[Section], retry_delays: &str) -> Self {
        let aws = LocalAws::start().await.unwrap();
        cloudwatch::create(&aws, sections, |section| section.title != "Denied").await;
        let sources: Vec<_> = sections.iter().map(|section| section.account).collect();
        let role = Account::new(&aws, MONITORING)
            .create_function_role(&sources)
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("report.yaml");
        let report = cloudwatch::report(sections).replacen('{', &format!("{{\"retry_delays\": {retry_delays},"), 1);
        fs::write(&config, report).unwrap();
        let mut environment = aws.environment(&role, HOME_REGION);
        environment.push(("HOURLY_CONFIG".into(), config.to_str().unwrap().into()));
        Self {
            aws,
            folder,
            environment,
        }
    }
}

#[tokio::test]
async fn a_preview_shows_what_would_be_posted() {
    let sections = [
        section("Core", "111111111111", "us-east-1", 11.0),
        section("Denied", "222222222222", "us-east-1", 21.0),
    ];
    let world = World::new(&sections, "[]").await;
    let at = as_of().to_string();
    let preview = async |args: &[&str]| run(&[&["preview", "--at", &at], args].concat(), &world.environment).await;

    let (code, out, err) = preview(&["--section", "Core"]).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("\n\nCore\n  Healthy Hosts: 11\n"), "{out}");

    let (code, out, _) = preview(&["--format", "skype"]).await;
    assert_eq!(code, 3, "a section could not be read: {out}");
    assert!(
        out.contains("<b raw_pre=\"*\" raw_post=\"*\">Core</b>\n- Healthy Hosts: 11\n"),
        "{out}"
    );

    let (code, out, _) = preview(&["--format", "json"]).await;
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["metrics"]["settled"]), (3, &1.into()), "{out}");

    let (code, out, _) = preview(&["--format", "teams_free"]).await;
    assert!(
        code == 3 && out.contains("<p><b>Core</b></p><ul><li>Healthy Hosts: 11</li></ul>"),
        "{out}"
    );

    let (code, out, _) = preview(&["--format", "log"]).await;
    assert!(code == 3 && out.contains("\n\nCore\n  Healthy Hosts: 11\n"), "{out}");

    for (format, sign) in [
        ("slack", "/blocks/0/type"),
        ("teams", "/attachments/0/contentType"),
        ("sns", "/https/content/textType"),
        ("webhook", "/sections/0/readings"),
    ] {
        let (code, out, _) = preview(&["--format", format]).await;
        let message: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(code == 3 && message.pointer(sign).is_some(), "{format}: {out}");
    }

    let (code, out, err) = preview(&["--section", "core"]).await;
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        err.contains("there is no section \"core\"; the report has \"Core\", \"Denied\""),
        "{err}"
    );
}

#[tokio::test]
async fn a_post_that_fails_shows_the_message_and_why() {
    let sections = [section("Core", "111111111111", "us-east-1", 11.0)];
    let world = World::new(&sections, "[]").await;
    let args = ["post", "--without-ledger", "--at", &as_of().to_string()];
    let (code, out, err) = run(&args, &world.environment).await;
    assert_eq!((code, out.as_str()), (1, "Healthy Hosts: 11\n"), "{err}");
    let because = "the secret unused could not be read: access is denied (AccessDeniedException)";
    assert_eq!(
        err,
        format!(
            "hourly: not posted: operations: Skype, signing in: {because}
"
        )
    );
}

#[tokio::test]
async fn a_post_to_standard_output_is_there_once() {
    let sections = [section("Core", "111111111111", "us-east-1", 11.0)];
    let world = World::new(&sections, "[]").await;
    let config = world.folder.path().join("report.yaml");
    let mut report: serde_json::Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    report["destinations"] = serde_json::json!([{"name": "journal", "kind": "log"}]);
    fs::write(&config, report.to_string()).unwrap();
    let (code, out, err) = run(&["post", "--at", &as_of().to_string()], &world.environment).await;
    assert_eq!((code, out.as_str()), (0, "Healthy Hosts: 11\n"), "{err}");
    assert_eq!(err, "journal: written to standard output\n");
}

/// Where the tests' Python is: it has pseudo-terminals at hand.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/ministack/bin/python")
}

#[tokio::test]
async fn a_person_at_a_terminal_sees_what_is_waited_for() {
    let mut sections = [section("Core", "111111111111", "us-east-1", 11.0)];
    let world = World::new(&sections, "[1s]").await;
    sections[0].region = "eu-west-1"; // where nothing is published
    let config = world.folder.path().join("report.yaml");
    fs::write(
        &config,
        cloudwatch::report(&sections).replacen('{', "{\"retry_delays\": [\"1s\"],", 1),
    )
    .unwrap();
    let script = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut command = Command::new(python());
    command.args(["-c", script, env!("CARGO_BIN_EXE_hourly"), "preview"]);
    command.env_clear().env("TERM", "xterm").env("COLUMNS", "120");
    command.envs(world.environment.iter().map(|(name, value)| (name, value)));
    let (code, out, err) = read(command.kill_on_drop(true).output().await.unwrap());
    assert_eq!(code, 3, "{out}{err}");
    assert!(
        out.contains("no data yet for Healthy Hosts: asking again in 1s, retry 1 of 1"),
        "{out}"
    );
    assert!(out.contains("asked again once"), "{out}");
}
