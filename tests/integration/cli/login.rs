//! `hourly login teams-free`, as a person at a terminal uses it.

use std::{path::Path, process::Stdio};

use serde_json::Value;
use testkit::{
    accounts::HOME_REGION,
    local_aws::LocalAws,
    process::Process,
    teams_free::{Fault, GROUP, Person, Step, TOPIC, TeamsFreeStandIn, USER},
};
use tokio::process::Command;

use crate::destinations::teams_free;

const MONITORING: &str = "100000000001";

/// A command line that knows the stand-in, with nothing else in its environment.
fn hourly(teams: &TeamsFreeStandIn, args: &[&str]) -> Command {
    let hosts = teams.hosts();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hourly"));
    command.env_clear().kill_on_drop(true).stdin(Stdio::null());
    command.args(["login", "teams-free"]).args(args);
    command.args([
        "--login-host",
        hosts.login.as_str(),
        "--teams-host",
        hosts.teams.as_str(),
    ]);
    command
}

/// Exit code, standard output and standard error.
async fn run(mut command: Command) -> (i32, String, String) {
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Nothing of what was issued may be there.
#[track_caller]
fn assert_secret(teams: &TeamsFreeStandIn, text: &str) {
    for secret in teams.issued() {
        assert!(!text.contains(&secret), "{text}");
    }
}

#[tokio::test]
async fn the_secret_is_printed_alone_and_people_read_the_rest() {
    let teams = TeamsFreeStandIn::start().await;
    teams.set_person(Person::SignsInAfter(1));
    let (code, out, err) = run(hourly(&teams, &["--group", TOPIC])).await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(
        err,
        format!(
            "Open https://www.microsoft.com/link on any device, and enter the code A1B2C3D4.\n\
             Sign in as the account that is to post. The code is good for 15 minutes.\n\
             signed in as {USER}\n\
             the sign-in is on standard output, for `aws secretsmanager put-secret-value`\n\
             for report.yaml:\n  group: \"{GROUP}\"\n"
        )
    );
    assert_secret(&teams, &err);
    let secret: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(out.lines().count(), 1, "one line, one secret");
    assert!(
        teams
            .issued()
            .contains(&secret["refresh_token"].as_str().unwrap().to_owned())
    );
    assert_eq!(secret["signed_in_as"], USER);
    use Step::{Chats, DeviceCode, Exchange, Poll};
    assert_eq!(teams.steps(), [DeviceCode, Poll, Poll, Exchange, Chats, Chats]);
}

#[tokio::test]
async fn a_fault_that_passes_does_not_cost_the_sign_in() {
    let teams = TeamsFreeStandIn::start().await;
    teams.set_person(Person::SignsIn);
    teams.fail_next(Step::Exchange, Fault::answer(503, ""));
    let (code, out, err) = run(hourly(&teams, &["--group", TOPIC])).await;
    assert_eq!((code, out.lines().count()), (0, 1), "{err}");
    assert_eq!(teams.steps().iter().filter(|step| **step == Step::Exchange).count(), 2);
}

#[tokio::test]
async fn what_is_printed_posts() {
    let world = teams_free::world::World::new().await;
    let (code, out, err) = run(hourly(&world.teams, &["--group", GROUP])).await;
    assert_eq!(code, 0, "{err}");
    world.teams.forget();
    world.secrets.set(teams_free::world::SECRET, out);
    teams_free::posted(world.run().await);
    assert_eq!(
        world.teams.steps(),
        [Step::Post],
        "the Skype token of the sign-in is good for a day"
    );
}

#[tokio::test]
async fn the_secret_is_written_to_secrets_manager() {
    let teams = TeamsFreeStandIn::start().await;
    let aws = LocalAws::start().await.unwrap();
    let root = aws.root_of(MONITORING);
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.sdk_config(root.clone(), HOME_REGION));
    secrets.create_secret().name("hourly/teams-free").send().await.unwrap();
    let login = |id: &'static str| {
        let mut command = hourly(&teams, &["--group", TOPIC, "--secret", id]);
        command.envs(aws.environment(&root, HOME_REGION));
        run(command)
    };

    let (code, out, err) = login("hourly/teams-free").await;
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(
        err.contains("the sign-in is in the secret hourly/teams-free\n"),
        "{err}"
    );
    assert!(err.contains(&format!("group: \"{GROUP}\"")), "{err}");
    let kept = secrets
        .get_secret_value()
        .secret_id("hourly/teams-free")
        .send()
        .await
        .unwrap();
    let kept: Value = serde_json::from_str(kept.secret_string().unwrap()).unwrap();
    assert!(
        teams
            .issued()
            .contains(&kept["refresh_token"].as_str().unwrap().to_owned())
    );

    let (code, out, err) = login("hourly/nowhere").await;
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("the secret hourly/nowhere could not be written"), "{err}");
    assert_secret(&teams, &err);
}

#[tokio::test]
async fn a_group_that_is_not_clear_lists_what_there_is_and_keeps_the_sign_in() {
    let teams = TeamsFreeStandIn::start().await;
    teams.add_group("19:1@thread.v2", "Lunch");
    teams.add_group("19:2@thread.v2", "Lunch");
    for (args, expected, code) in [
        (
            &["--group", "lunch"][..],
            "hourly: there is no group called \"lunch\"; the account is in\n",
            1,
        ),
        (
            &["--group", "Lunch"],
            "hourly: there are 2 groups called \"Lunch\"; the account is in\n",
            1,
        ),
        (&[], "its groups:\n", 0),
    ] {
        let (ended, out, err) = run(hourly(&teams, args)).await;
        assert_eq!(ended, code, "{err}");
        let listed =
            format!("{expected}  {GROUP}  \"{TOPIC}\"\n  19:1@thread.v2  \"Lunch\"\n  19:2@thread.v2  \"Lunch\"\n");
        assert!(err.ends_with(&listed), "{err}");
        assert!(out.contains("refresh_token"), "no second sign-in is needed");
    }
}

/// Each page is larger than any other answer.
#[tokio::test]
async fn a_group_among_hundreds_is_found() {
    let teams = TeamsFreeStandIn::start().await;
    for n in 0..250 {
        teams.add_group(&format!("19:{n}@thread.v2"), &format!("Group {n}"));
    }
    let (code, _, err) = run(hourly(&teams, &["--group", "Group 249"])).await;
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("group: \"19:249@thread.v2\""), "{err}");
}

#[tokio::test]
async fn what_ends_a_sign_in_is_told() {
    let refused = r#"{"error":"unauthorized_client","error_codes":[700016]}"#;
    for (person, fault, expected) in [
        (Person::Declines, None, "hourly: the sign-in was declined"),
        (
            Person::Sleeps,
            None,
            "hourly: the code has expired: nobody has signed in with it in time; start again",
        ),
        (
            Person::SignsIn,
            Some((Step::DeviceCode, Fault::answer(400, refused))),
            "hourly: a code was asked for: it was refused (HTTP 400)",
        ),
        (
            Person::SignsIn,
            Some((Step::Poll, Fault::answer(400, refused))),
            "hourly: the sign-in was refused (HTTP 400, AADSTS700016)",
        ),
        (
            Person::SignsIn,
            Some((Step::Exchange, Fault::answer(403, "{}"))),
            "hourly: a Skype token was asked for: it was refused (HTTP 403)",
        ),
    ] {
        let teams = TeamsFreeStandIn::start().await;
        teams.set_person(person);
        if let Some((step, fault)) = fault {
            teams.fail_next(step, fault);
        }
        let (code, out, err) = run(hourly(&teams, &["--group", TOPIC])).await;
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert_eq!(err.lines().last(), Some(expected), "{err}");
        assert_secret(&teams, &err);
    }
}

#[tokio::test]
async fn a_host_that_is_none_is_a_mistake() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hourly"));
    command
        .env_clear()
        .args(["login", "teams-free", "--teams-host", "http://teams.live.com"]);
    let (code, _, err) = run(command).await;
    assert_eq!((code, err.as_str()), (2, "hourly: a host is not a base URL\n"));
}

#[tokio::test]
async fn ctrl_c_ends_the_waiting() {
    let teams = TeamsFreeStandIn::start().await;
    teams.set_person(Person::Waits);
    let process = Process::start(hourly(&teams, &[])).unwrap();
    let mut lines = process.lines();
    lines.wait_for(|lines| lines.len() >= 2).await.unwrap();
    let mut process = process;
    let pid = process.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert_eq!(process.wait().await.unwrap().code(), Some(130));
    assert!(
        process.output().ends_with("hourly: interrupted"),
        "{}",
        process.output()
    );
}

#[tokio::test]
async fn a_person_at_a_terminal_sees_that_it_waits() {
    let teams = TeamsFreeStandIn::start().await;
    teams.set_person(Person::SignsInAfter(1));
    let wanted = hourly(&teams, &["--group", TOPIC]);
    let script = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/ministack/bin/python"));
    command
        .args(["-c", script])
        .arg(wanted.as_std().get_program())
        .args(wanted.as_std().get_args());
    command
        .env_clear()
        .env("TERM", "xterm")
        .env("COLUMNS", "120")
        .kill_on_drop(true);
    let (code, out, err) = run(command).await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("waiting for the sign-in"), "{out}");
}
