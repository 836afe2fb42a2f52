//! The stack from end to end: built, deployed and started by its own schedule, on a local AWS that enforces IAM.
//!
//! The template, the function and the commands are those of docs/deploy.md. Not the same as on AWS: the report is the
//! shipped one with the stand-in's addresses, and reaches the function through the local AWS's environment; the
//! scheduled time is filled into the schedule's Input by `tests/testkit/src/local_aws.py`; the schedule invokes without its
//! role, its retries and its dead-letter queue, which template.rs looks at.

use std::{fs, time::Duration};

use jiff::{Span, Timestamp, tz::TimeZone};
use serde_json::json;
use testkit::accounts::{FUNCTION_ROLE, READER_ROLE, SKYPE_SECRET};
use tokio::time::{Instant, sleep};

use self::stack::{EXTERNAL_ID, MONITORING, PRODUCTION, ROTATED_SECRET, SLACK_SECRET, STAGING, World};

mod role;
mod stack;

/// How soon the schedule has to have posted.
const TWO_MINUTES: Duration = Duration::from_secs(120);

#[tokio::test]
#[ignore = "needs the built function: make e2e"]
async fn the_deployed_stack_posts_each_hour_once_and_loses_none() {
    let world = World::start().await;
    for account in [PRODUCTION, STAGING] {
        world.deploy_reader(account, MONITORING, EXTERNAL_ID).await;
    }
    world.deploy_function(&["ScheduleState=DISABLED".into()]).await;
    world.put_secrets(&world.skype.credentials()).await;

    let as_of = the_schedule_posts(&world).await;
    the_same_event_posts_nothing(&world, as_of).await;
    a_source_account_that_refuses_leaves_the_others_alone(&world, as_of).await;
    an_hour_that_fails_waits_and_is_run_again(&world, as_of - Span::new().minutes(1)).await;
    role::can_do_what_it_needs_and_nothing_else(&world).await;
    without_a_group_nothing_of_skype_is_left(&world).await;
}

/// Lets the schedule fire at the next minute but one at the latest; returns the time that the message is about.
async fn the_schedule_posts(world: &World) -> Timestamp {
    assert_eq!(world.skype.messages().len(), 0);
    let started = Instant::now();
    let soon = (Timestamp::now() + Span::new().seconds(90)).to_zoned(TimeZone::UTC);
    let schedule = soon.strftime("cron(%-M %-H %-d %-m ? %Y)");
    world
        .deploy_function(&[
            "ScheduleState=ENABLED".into(),
            format!("ScheduleExpression=\"{schedule}\""),
        ])
        .await;
    let schedules = world.admin(MONITORING, &["scheduler", "list-schedules"]).await;
    let name = schedules["Schedules"][0]["Name"].as_str().unwrap();
    let found = world
        .admin(MONITORING, &["scheduler", "get-schedule", "--name", name])
        .await;
    assert_eq!(found["ScheduleExpression"], schedule.to_string(), "{found}");
    assert_eq!(found["State"], "ENABLED", "{found}");
    while world.skype.messages().is_empty() {
        assert!(
            started.elapsed() < TWO_MINUTES,
            "nothing was posted; {}",
            answer(world).await
        );
        sleep(Duration::from_millis(500)).await;
    }
    // The local scheduler looks for due schedules every 10 s.
    sleep(Duration::from_secs(12)).await;
    let messages = world.skype.messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    let as_of = Timestamp::from_second(soon.timestamp().as_second().div_euclid(60) * 60).unwrap();
    let time = as_of.strftime("%a %-d %b %H:%M");
    let title = format!("Hourly Metrics Update, {time} UTC:");
    let text = format!("{:?}", messages[0]);
    assert!(text.contains(&title), "{text}");
    everywhere(world, 1).await;
    let text = String::from_utf8(world.slack.taken().remove(0)).unwrap();
    assert!(text.contains(&title), "{text}");
    let mail = world.mails().await.remove(0);
    assert!(mail["Subject"].as_str().unwrap().starts_with(&title), "{mail}");
    assert!(mail["Message"].as_str().unwrap().starts_with(&title), "{mail}");
    let message = world.dry_run(as_of).await;
    assert!(!message.contains("(1)"), "something needs explaining: {message}");
    as_of
}

/// So many messages are in each chat.
async fn everywhere(world: &World, count: usize) {
    let counts = [
        world.skype.messages().len(),
        world.slack.taken().len(),
        world.mails().await.len(),
    ];
    assert_eq!(counts, [count; 3], "in Skype, in Slack, mails");
}

/// For a failing test: what the function and the local AWS have to say.
async fn answer(world: &World) -> String {
    let answer = world.invoke(&json!({})).await;
    format!("{answer:?}\n{}", world.aws.output())
}

async fn the_same_event_posts_nothing(world: &World, as_of: Timestamp) {
    let event = json!({"time": as_of.to_string()});
    let answer = world.invoke(&event).await.unwrap();
    let outcomes = answer["destinations"].as_array().unwrap();
    assert_eq!(outcomes.len(), 3, "{answer}");
    assert!(outcomes.iter().all(|it| it["outcome"] == "already_posted"), "{answer}");
    everywhere(world, 1).await;
}

async fn a_source_account_that_refuses_leaves_the_others_alone(world: &World, as_of: Timestamp) {
    let whole = world.dry_run(as_of).await;
    for (what, monitoring, external_id) in [
        ("another external id", MONITORING, "an-external-id-of-somebody-else"),
        ("a foreign principal", "999999999999", EXTERNAL_ID),
    ] {
        world.deploy_reader(STAGING, monitoring, external_id).await;
        assert_only_staging_is_denied(&whole, &world.dry_run(as_of).await, what);
    }
    let delete = ["cloudformation", "delete-stack", "--stack-name", READER_ROLE];
    world.admin(STAGING, &delete).await;
    let wait = [
        "cloudformation",
        "wait",
        "stack-delete-complete",
        "--stack-name",
        READER_ROLE,
    ];
    world.admin(STAGING, &wait).await;
    assert_only_staging_is_denied(&whole, &world.dry_run(as_of).await, "no role");
    world.deploy_reader(STAGING, MONITORING, EXTERNAL_ID).await;
    assert_eq!(world.dry_run(as_of).await, whole, "it reads again without a deployment");
}

/// The staging account's sections, of two metrics each, show 0 and refer to a note that names it; all other lines are as in `whole`.
fn assert_only_staging_is_denied(whole: &str, message: &str, what: &str) {
    let (body, notes) = message
        .split_once("\n\n(1)")
        .unwrap_or_else(|| panic!("{what}: no note in {message}"));
    assert!(
        notes.contains("AccessDenied") && notes.contains(STAGING),
        "{what}: {message}"
    );
    assert!(!notes.contains(PRODUCTION), "{what}: {message}");
    let mut section = "";
    let (mut denied, mut intact) = (0, 0);
    for (before, after) in whole.lines().zip(body.lines()) {
        if !before.starts_with(' ') {
            section = before;
        }
        if section.contains("SID") {
            assert!(after.ends_with(" (1)"), "{what}: {after} of {message}");
            assert!(
                before == section || after.contains(": 0"),
                "{what}: {after} of {message}"
            );
            denied += 1;
        } else {
            assert_eq!(after, before, "{what}: {message}");
            intact += 1;
        }
    }
    assert!(
        denied == 6 && intact >= 12,
        "{what}: {denied} denied, {intact} intact: {message}"
    );
}

async fn an_hour_that_fails_waits_and_is_run_again(world: &World, as_of: Timestamp) {
    let wrong = json!({"user": "metrics.bot@example.com", "password": "wrong"}).to_string();
    world.put_secrets(&wrong).await;
    let event = world.files.path().join("failing.json");
    fs::write(&event, json!({"time": as_of.to_string()}).to_string()).unwrap();
    let event = format!("fileb://{}", event.display());
    let function = world.output("FunctionName").await;
    let invoke = [
        "lambda",
        "invoke",
        "--function-name",
        &function,
        "--invocation-type",
        "Event",
        "--payload",
        &event,
    ];
    world.admin(MONITORING, &[&invoke[..], &["/dev/null"]].concat()).await;

    let queue = world.output("NotPostedQueueUrl").await;
    let waiting = async || {
        let names = [
            "--attribute-names",
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ];
        let get = ["sqs", "get-queue-attributes", "--queue-url", &queue];
        let answer = world.admin(MONITORING, &[&get[..], &names[..]].concat()).await;
        let number = |name: &str| answer["Attributes"][name].as_str().unwrap().parse::<u32>().unwrap();
        number("ApproximateNumberOfMessages") + number("ApproximateNumberOfMessagesNotVisible")
    };
    let limit = Instant::now() + Duration::from_secs(60);
    while waiting().await == 0 {
        assert!(Instant::now() < limit, "the event has not arrived in the queue");
        sleep(Duration::from_millis(500)).await;
    }
    let in_skype = world.skype.messages().len();
    assert_eq!(in_skype, 1, "nothing was posted with a wrong password");
    let elsewhere = (world.slack.taken().len(), world.mails().await.len());
    assert_eq!(
        elsewhere,
        (2, 2),
        "posted once elsewhere, however often the run was repeated"
    );

    world.put_secrets(&world.skype.credentials()).await;
    let told = world.redrive().await.unwrap();
    assert!(
        told.contains(&as_of.to_string()) && told.contains("operations: posted"),
        "{told}"
    );
    everywhere(world, 2).await;
    assert_eq!(waiting().await, 0, "{told}");
}

/// The report still posts to Skype, and is told what it lacks. Only the secret that a person has filled stays.
async fn without_a_group_nothing_of_skype_is_left(world: &World) {
    world
        .deploy_function(&["ScheduleState=DISABLED".into(), "SkypeGroup=\"\"".into()])
        .await;
    let answer = world.invoke(&json!({"dry_run": true})).await.unwrap_err();
    assert_eq!(answer["errorType"], "BadReport", "{answer}");
    let text = answer["errorMessage"].as_str().unwrap();
    for name in ["SKYPE_GROUP", "SKYPE_SECRET", "SKYPE_SESSION_SECRET"] {
        assert!(text.contains(&format!("needs {name} from the environment")), "{text}");
    }
    let secrets = world.admin(MONITORING, &["secretsmanager", "list-secrets"]).await;
    let secrets = secrets["SecretList"].as_array().unwrap().iter();
    let mut names: Vec<_> = secrets.map(|secret| secret["Name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, [ROTATED_SECRET, SKYPE_SECRET, SLACK_SECRET, "other"]);
    let get = [
        "iam",
        "get-role-policy",
        "--role-name",
        FUNCTION_ROLE,
        "--policy-name",
        "hourly-update",
    ];
    let policy = world.admin(MONITORING, &get).await["PolicyDocument"].to_string();
    assert!(
        policy.contains("sns:Publish") && !policy.contains("KeepSession"),
        "{policy}"
    );
}
