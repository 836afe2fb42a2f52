//! An hourly update from end to end: a local AWS, the real function, stand-ins of a Skype group and a Slack channel.
//!
//! `make demo` runs it. Everything that it starts ends with it, also by Ctrl-C and by a failure.

#![expect(clippy::print_stdout, reason = "the demo tells on standard output what happens")]
#![expect(
    clippy::disallowed_methods,
    reason = "the demo runs in real time and takes its settings from the environment"
)]

mod print;
mod scene;

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use testkit::{inbox::Inbox, lambda::LambdaRuntime, local_aws::LocalAws, process::Line, skype::SkypeStandIn, slack};
use tokio::{sync::watch, time::sleep};

use print::{Printer, details};
use scene::Scene;

/// As the Lambda function's own time limit.
const LIMIT: Duration = Duration::from_secs(180);
/// When the metric that is late for the first try arrives.
const ARRIVES_AFTER: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> ExitCode {
    let ended = tokio::select! {
        result = demo() => result,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe demo did not get to its end: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> anyhow::Result<()> {
    let mut printer = Printer::new();
    printer.heading("A local AWS and stand-ins of Skype and Slack start");
    let (aws, skype, slack) = tokio::join!(LocalAws::start(), SkypeStandIn::start(), Inbox::start(slack::rules));
    let aws = aws?;
    printer.event(format_args!("AWS at {}", aws.endpoint()));
    printer.event(format_args!("Skype at {}", skype.hosts().messages));
    printer.event(format_args!("Slack at {}", slack.url("/")));
    wait_for_the_hour(&printer).await;

    printer.heading("What the function will find");
    let as_of = this_minute()?;
    let scene = Scene::publish(&aws, as_of).await?;
    let environment = scene.prepare(&skype, &slack).await?;
    printer.item("monitoring 100000000001   the function's role, its ledger, the secrets of the Skype user, its session and the Slack webhook");
    printer.item("production 111111111111   us-east-1: an hour of metrics, Upload Latency has not arrived yet");
    printer.item("                          eu-west-1: an hour of metrics, API Latency is four minutes behind");
    printer.item("staging    222222222222   us-east-1: an hour of metrics, nobody publishes Upload Memory");
    printer.item("partner    333333333333   eu-west-1: an hour of metrics, but its role asks for another external id");

    printer.heading(&format!("The function runs for {}", clock_time(as_of)));
    let answer = run(&mut printer, &scene, environment, &event(as_of)?).await?;

    printer.heading("What each stage did");
    tell(&printer, &answer, &skype);

    printer.heading("What the group received");
    let messages = skype.messages();
    for message in &messages {
        printer.message(message)?;
    }
    printer.heading("What the Slack channel received, as of the same hour");
    let posts = slack.taken();
    for post in &posts {
        printer.blocks(&serde_json::from_slice(post).context("the post is not JSON")?);
    }
    match (messages.len(), posts.len()) {
        (1, 1) => Ok(()),
        (group, channel) => bail!("the group received {group} messages and the channel {channel}, instead of one each"),
    }
}

/// Invokes the real function, and lets the late metric arrive meanwhile; returns the function's answer.
async fn run(
    printer: &mut Printer,
    scene: &Scene<'_>,
    environment: Vec<(String, String)>,
    event: &str,
) -> anyhow::Result<Value> {
    printer.event(format_args!("event: {event}"));
    let mut function = LambdaRuntime::start(&binary()?, environment).await?;
    let log = function.log();
    let (arrived, mut news) = watch::channel(false);
    let arrival = async {
        sleep(ARRIVES_AFTER).await;
        scene.publish_late().await?;
        arrived.send_replace(true);
        anyhow::Ok(())
    };
    let invocation = async { tokio::join!(function.invoke(event.to_owned(), LIMIT), arrival) };
    let (answer, arrival) = tokio::select! {
        both = invocation => both,
        never = follow(printer, log.clone(), &mut news) => match never {},
    };
    function.stop().await?;
    printer.log(&log.borrow());
    arrival?;
    answer.map_err(|error| anyhow::anyhow!("the function failed: {error}"))
}

/// Tells what happens while it happens.
async fn follow(
    printer: &mut Printer,
    mut log: watch::Receiver<Vec<Line>>,
    arrived: &mut watch::Receiver<bool>,
) -> std::convert::Infallible {
    loop {
        tokio::select! {
            Ok(()) = log.changed() => printer.log(&log.borrow_and_update()),
            Ok(()) = arrived.changed() => printer.event("CloudWatch: Upload Latency arrives"),
            else => std::future::pending().await,
        }
    }
}

/// What the function's answer and the stand-in know of the run.
fn tell(printer: &Printer, answer: &Value, skype: &SkypeStandIn) {
    let tally = answer["metrics"].as_object().into_iter().flatten();
    let counts = tally
        .filter(|(_, count)| **count != 0)
        .map(|(what, count)| format!("{what} {count}"));
    printer.item(format_args!("read    {}", counts.collect::<Vec<_>>().join(", ")));
    for destination in answer["destinations"].as_array().into_iter().flatten() {
        printer.item(format_args!(
            "posted  {}",
            destination.as_object().map(details).unwrap_or_default()
        ));
    }
    let requests = skype.requests();
    let steps = requests.iter().map(|request| match request.status {
        Some(status) => format!("{} ({status})", request.step),
        None => request.step.to_string(),
    });
    printer.item(format_args!("Skype   {}", steps.collect::<Vec<_>>().join(", ")));
}

/// The sample of the schedule's event, with its time set to now.
fn event(as_of: Timestamp) -> anyhow::Result<String> {
    let sample = include_str!("../../events/schedule.json");
    let mut event: Value = serde_json::from_str(sample).context("events/schedule.json")?;
    event["time"] = as_of.to_string().into();
    Ok(event.to_string())
}

/// The function waits for late data until half a minute before the full hour. Nearer to it there is nothing to see.
async fn wait_for_the_hour(printer: &Printer) {
    let left = 3600 - Timestamp::now().as_second().rem_euclid(3600);
    if left < 60 {
        printer.event(format_args!(
            "the hour is nearly over, the next one begins in {left} s: waiting"
        ));
        sleep(Duration::from_secs(left.unsigned_abs())).await;
    }
}

fn this_minute() -> anyhow::Result<Timestamp> {
    let now = Timestamp::now().as_second();
    Ok(Timestamp::from_second(now - now.rem_euclid(60))?)
}

fn clock_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%H:%M UTC").to_string()
}

/// The function, built beside this program: target/debug/examples/demo.
fn binary() -> anyhow::Result<PathBuf> {
    let binary = env::current_exe()?
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("hourly-update"))
        .filter(|path| path.exists());
    binary.context("the function is not built: run `make demo`, or `cargo build --bins` first")
}
