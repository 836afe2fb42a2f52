//! One run, from trigger to outcomes: the table of contents of the program.

use futures_util::future::join;
use jiff::Timestamp;
use tokio::sync::SetOnce;

use crate::{
    clock::Clock,
    delivery::{deliver::Deliverer, destination::Destination, ledger::Ledger, records::Unrecorded},
    metrics::{
        collect::{Deadlines, MetricSource, Progress, collect},
        plan::Plan,
        reading,
    },
    report::{Config, UnknownName},
    summary::{Summary, Tally},
    trigger::Trigger,
    update::Update,
};

/// What a run is given besides the report: its edges and its time.
pub struct Surroundings<'a, S, D, L> {
    /// Where metrics are read.
    pub source: &'a S,
    /// One for each destination of the report, in its order.
    pub destinations: &'a [D],
    /// Where it is kept what has been posted.
    pub ledger: &'a L,
    /// What the ledger could not be told by earlier runs of this process.
    pub unrecorded: &'a Unrecorded,
    /// Names what asked for this run; the same when Lambda tries a failed invocation again.
    pub request: &'a str,
    /// The time.
    pub clock: Clock,
    /// When the function is stopped, if it is.
    pub time_over: Option<Timestamp>,
    /// Told what the run is waiting for.
    pub watch: &'a (dyn Fn(Progress<'_>) + Sync),
}

/// One run.
///
/// # Errors
/// [`Unknown`] when the trigger restricts the run to a section or a destination that the report does not have. Whatever
/// else goes wrong is a part of the summary.
pub async fn run<S: MetricSource, D: Destination, L: Ledger>(
    config: &Config,
    trigger: &Trigger,
    around: &Surroundings<'_, S, D, L>,
) -> Result<Summary, UnknownName> {
    let plan = Plan::new(config, trigger.as_of, trigger.sections.as_deref())?;
    let deadlines = Deadlines::new(config, plan.as_of, around.clock.now(), around.time_over);
    let deliverer = Deliverer::new(config, trigger, around)?;
    let update = SetOnce::new();
    let reading = async {
        let collected = collect(config, &plan, around.source, &around.clock, deadlines, around.watch).await;
        let readings = reading::read(config, plan.as_of, &collected.evidence);
        let tally = Tally::new(&readings, &collected);
        tally.log();
        let _ = update.set(Update::new(config, plan.as_of, readings, &collected.remarks)); // nobody else sets it
        tally
    };
    // Destinations sign in while metrics are being read, and each goes on as soon as the update is there.
    let (tally, deliveries) = join(reading, deliverer.deliver(&update)).await;
    Ok(Summary::new(update.wait().await.clone(), tally, deliveries))
}

#[cfg(test)]
mod tests;
