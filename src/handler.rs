//! Event -> report -> run -> answer, and the run's line of metrics.

use std::{
    fmt,
    io::{self, Write},
};

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::value::RawValue;

use crate::{
    app::{App, Configured},
    clock::Clock,
    summary::Summary,
    telemetry,
    trigger::Trigger,
};

/// The handler of all invocations of one process.
pub struct Handler {
    report: Result<Configured, String>,
    app: App,
}

impl Handler {
    /// A handler for this report. Where the report has mistakes, each invocation fails with them.
    pub fn new(report: anyhow::Result<Configured>, app: App) -> Self {
        let report = report.map_err(|mistakes| format!("{mistakes:#}"));
        Self { report, app }
    }

    /// Handles one event. It comes as text, so that one that cannot be read fails like any other, with its line of metrics.
    ///
    /// # Errors
    /// [`Failure`] when the report or the event is bad, or a required destination did not get its message.
    pub async fn invoke(&self, event: LambdaEvent<Box<RawValue>>, clock: Clock) -> Result<Summary, Failure> {
        let result = self.run(&event, clock).await;
        let line = telemetry::Run {
            id: &event.context.request_id,
            at: clock.now(),
            config: self.report.as_ref().ok().map(|it| &it.report),
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

    async fn run(&self, event: &LambdaEvent<Box<RawValue>>, clock: Clock) -> Result<(Trigger, Summary), Failure> {
        let config = self
            .report
            .as_ref()
            .map_err(|mistakes| failure("BadReport", mistakes))?;
        let trigger =
            Trigger::from_event(event.payload.get(), clock.now(), config.report.retention()).map_err(bad_event)?;
        tracing::info!(stage = "started", as_of = %trigger.as_of, dry_run = trigger.dry_run, "run started");
        let started = clock.now();
        let time_over = Timestamp::try_from(event.context.deadline()).ok();
        let summary = self
            .app
            .run(config, &trigger, &event.context.request_id, clock, time_over, &|_| {})
            .await
            .map_err(bad_event)?;
        let seconds = clock.now().duration_since(started).as_secs_f64();
        tracing::info!(stage = "finished", seconds, "run finished");
        Ok((trigger, summary))
    }
}

/// Why an invocation fails. Its kind is the `errorType` that alarms and people can rely on.
pub struct Failure {
    kind: &'static str,
    text: String,
}

fn failure(kind: &'static str, text: impl ToString) -> Failure {
    let text = text.to_string();
    Failure { kind, text }
}

fn bad_event(error: impl fmt::Display) -> Failure {
    failure("BadEvent", format!("event: {error}"))
}

/// The form in which the runtime logs it.
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
