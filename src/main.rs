//! The Lambda function: wiring only. What a run does is told by [`hourly_update::run`].

use std::{
    env, fmt,
    io::{self, Write},
    path::Path,
    thread,
    time::Duration,
};

use hourly_update::{
    clock::Clock,
    destinations::log::client::Owner,
    logging::{self, Style},
    report::Config,
    summary::Summary,
    telemetry,
    trigger::Trigger,
    wiring::{Edges, load_report},
};
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::runtime::Handle;

// One thread waits, reads and judges; two others have the connections. A receiver that floods its connection keeps one of
// them busy, and no other destination waits for it.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    start_logging();
    keep_watching_connections(Handle::current());
    let path = env::var_os("HOURLY_CONFIG");
    let report = load_report(path.as_deref().map(Path::new)).map_err(|error| format!("{error:#}"));
    let ledger = env::var("HOURLY_LEDGER").ok().filter(|name| !name.is_empty());
    let edges = Edges::new(Owner::Log, ledger).await?;
    lambda_runtime::run(service_fn(|event| invoke(&report, &edges, event))).await
}

/// The event is taken as text: one that cannot be read fails like every other, with its line of metrics.
async fn invoke(
    report: &Result<Config, String>,
    edges: &Edges,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Summary, Failure> {
    let clock = Clock::starting_at(Timestamp::now());
    let result = run(report, edges, &event, clock).await;
    let line = telemetry::Run {
        id: &event.context.request_id,
        at: clock.now(),
        config: report.as_ref().ok(),
        result: result.as_ref().ok().map(|(trigger, summary)| (trigger, summary)),
    };
    // If standard output is gone, there is nobody left to tell.
    let _ = writeln!(io::stdout(), "{}", line.emf());
    let (_, summary) = result?;
    match summary.failure() {
        Some(error) => Err(failure("NotPosted", error)),
        None => Ok(summary),
    }
}

async fn run(
    report: &Result<Config, String>,
    edges: &Edges,
    event: &LambdaEvent<Box<RawValue>>,
    clock: Clock,
) -> Result<(Trigger, Summary), Failure> {
    let config = report.as_ref().map_err(|problems| failure("BadReport", problems))?;
    let trigger = Trigger::from_event(event.payload.get(), clock.now())
        .map_err(|error| failure("BadEvent", format!("event: {error}")))?;
    tracing::info!(stage = "started", as_of = %trigger.as_of, dry_run = trigger.dry_run, "run started");
    let started = clock.now();
    let time_over = Timestamp::try_from(event.context.deadline()).ok();
    let summary = edges
        .run(config, &trigger, &event.context.request_id, clock, time_over, &|_| {})
        .await
        .map_err(|error| failure("BadEvent", format!("event: {error}")))?;
    let seconds = clock.now().duration_since(started).as_secs_f64();
    tracing::info!(stage = "finished", seconds, "run finished");
    Ok((trigger, summary))
}

/// How often an idle thread is sent to watch the connections. Short beside the time that posting takes.
const WATCH: Duration = Duration::from_millis(50);

/// Sees to it that a thread watches all connections while another one is busy with a single connection.
///
/// Of tokio's threads one waits for events, and the others sleep. If that one is kept busy by what it was woken for, such as a
/// flood, nobody waits for events until a task wakes another thread. So an empty task does. Tokio's own switch for this,
/// `enable_eager_driver_handoff`, is unstable in 1.54.
fn keep_watching_connections(runtime: Handle) {
    thread::spawn(move || {
        loop {
            thread::sleep(WATCH);
            runtime.spawn(async {});
        }
    });
}

/// Lambda's log settings, if there are any; `RUST_LOG` goes deeper.
fn start_logging() {
    let style = match env::var("AWS_LAMBDA_LOG_FORMAT") {
        Ok(format) if format.eq_ignore_ascii_case("json") => Style::Json,
        _ => Style::Plain,
    };
    let level = env::var("RUST_LOG").or_else(|_| env::var("AWS_LAMBDA_LOG_LEVEL"));
    logging::start(style, &level.unwrap_or_else(|_| "info".into()));
}

/// Why an invocation fails. Its kind is the `errorType` that alarms and people can rely on.
struct Failure {
    kind: &'static str,
    text: String,
}

fn failure(kind: &'static str, text: impl ToString) -> Failure {
    let text = text.to_string();
    Failure { kind, text }
}

/// As the runtime logs it.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run failed: {}: {}", self.kind, self.text)
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.kind.into(),
            error_message: failure.text,
        }
    }
}
