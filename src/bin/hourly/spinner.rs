//! A spinner on standard error, which tells a waiting person what the tool waits for.

use std::time::Duration;

use hourly_update::{metrics::collect::Progress, report::Config};
use indicatif::{ProgressBar, ProgressStyle};

/// The spinner of a run, on a terminal only.
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    /// Starts to turn.
    pub(crate) fn start() -> Self {
        Self(spinner())
    }

    /// Says what a run is waiting for.
    pub(crate) fn show(&self, config: &Config, progress: &Progress<'_>) {
        self.0.set_message(match progress {
            Progress::Reading { batches: 1 } => "reading one account and region".to_owned(),
            Progress::Reading { batches } => format!("reading {batches} accounts and regions"),
            Progress::Waiting { batch, retry, delay } => {
                let place = batch.queries[0].metric;
                let label = &config.sections[place.section].metrics[place.metric].label;
                let others = match batch.queries.len() - 1 {
                    0 => String::new(),
                    n => format!(" and {n} more"),
                };
                let of = config.retry_delays.len();
                format!("no data yet for {label}{others}: asking again in {delay:?}, retry {retry} of {of}")
            }
        });
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A spinner; it is not seen where standard error is no terminal.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
