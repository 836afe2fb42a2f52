//! A run, as `preview` and `post` share it: the report, the trigger, and a spinner while it waits.

use std::path::Path;

use hourly_update::{
    app::{App, Configured},
    clock::Clock,
    destinations::clients::StandardOutput,
    metrics::collect::Progress,
    report::UnknownName,
    summary::Summary,
    trigger::{Trigger, parse_at},
};
use jiff::Timestamp;

use crate::{cli::Selection, exit::Mistake, print, spinner::Spinner};

/// The report at `path`, or the one built in.
pub(crate) fn report(path: Option<&Path>) -> Result<Configured, Mistake> {
    Configured::load(path).map_err(|mistakes| Mistake(format!("the report cannot be used\n{mistakes:#}")))
}

impl Selection {
    /// The trigger of a run of this selection. Its mistakes are told before those of the report.
    pub(crate) fn trigger(self, report: &Result<Configured, Mistake>, now: Timestamp) -> Result<Trigger, Mistake> {
        let kept = report.as_ref().ok().and_then(|it| it.report.retention());
        let wrong = |error| Mistake(format!("--at: {error}"));
        let at = self.at.as_deref().map(|at| parse_at(at, now)).transpose();
        let at = at.map_err(wrong)?;
        if let Some(at) = at.filter(|at| at.is_yesterday) {
            let time = at.time.strftime("%Y-%m-%dT%H:%MZ");
            // The message has the date, too.
            let _ = print::note(&format!("as of {time}, yesterday"));
        }
        Ok(Trigger {
            sections: (!self.sections.is_empty()).then_some(self.sections),
            ..Trigger::by_hand(at.map(|at| at.time), now, kept).map_err(wrong)?
        })
    }
}

/// Runs, and shows on a terminal what is being waited for.
pub(crate) async fn run(
    configured: &Configured,
    trigger: &Trigger,
    ledger: Option<String>,
    clock: Clock,
) -> anyhow::Result<Summary> {
    let app = App::new(StandardOutput::Tool, ledger).await?;
    app.check().await?;
    let spinner = Spinner::start();
    let watch = |progress: Progress<'_>| spinner.show(&configured.report, &progress);
    // Each call of the tool is a request of its own.
    let request = format!("hourly {}", clock.now());
    let summary = app.run(configured, trigger, &request, clock, None, &watch).await;
    summary.map_err(|unknown: UnknownName| Mistake(unknown.to_string()).into())
}
