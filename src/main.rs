//! The Lambda function: wiring only. What a run does is told by [`hourly_update::run`].

use std::{env, fmt, path::Path};

use hourly_update::{
    clock::Clock,
    config::Config,
    logging::{self, Style},
    run::Summary,
    trigger::Trigger,
    wiring::{Edges, load_report},
};
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

// One thread: all that it does is wait.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let path = env::var_os("HOURLY_CONFIG");
    let report = load_report(path.as_deref().map(Path::new)).map_err(|error| format!("{error:#}"));
    let edges = Edges::new().await?;
    lambda_runtime::run(service_fn(|event| invoke(&report, &edges, event))).await
}

async fn invoke(report: &Result<Config, String>, edges: &Edges, event: LambdaEvent<Value>) -> Result<Summary, Failure> {
    let clock = Clock::starting_at(Timestamp::now());
    let config = report.as_ref().map_err(|problems| failure("BadReport", problems))?;
    let trigger = Trigger::from_event(&event.payload, clock.now())
        .map_err(|error| failure("BadEvent", format!("event: {error}")))?;
    tracing::info!(as_of = %trigger.as_of, dry_run = trigger.dry_run, "run started");
    let time_over = Timestamp::try_from(event.context.deadline()).ok();
    let summary = edges
        .run(config, &trigger, clock, time_over, &|_| {})
        .await
        .map_err(|error| failure("BadEvent", format!("event: sections: {error}")))?;
    match summary.failure() {
        Some(error) => Err(failure("NotPosted", error)),
        None => Ok(summary),
    }
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
