//! One run, from trigger to outcomes: the table of contents of the program.

use futures_util::future::join;
use tokio::sync::SetOnce;

use crate::{
    delivery::{deliver::Deliverer, destination::Recipient, ledger::Ledger, records::Records},
    metrics::{
        collect::{Deadlines, Progress, collect},
        plan::Plan,
        reading,
        source::MetricSource,
    },
    report::{Config, UnknownName},
    summary::{Summary, Tally},
    trigger::Trigger,
    update::Update,
};

/// The context of a run: all that it is given besides report and trigger.
pub struct Context<'a, S, L> {
    /// Where metrics are read.
    pub source: &'a S,
    /// The destinations of the report, open for this run.
    pub recipients: &'a [Recipient<'a>],
    /// The ledger, with the time limits of this run.
    pub records: Records<'a, L>,
    /// Names what asked for this run; the same when Lambda tries a failed invocation again.
    pub request: &'a str,
    /// Told what the run is waiting for.
    pub watch: &'a (dyn Fn(Progress<'_>) + Sync),
}

/// One run.
///
/// # Errors
/// [`UnknownName`] when the trigger restricts the run to a section or a destination that the report does not have. Whatever
/// else goes wrong is a part of the summary.
pub async fn run<S: MetricSource, L: Ledger>(
    config: &Config,
    trigger: &Trigger,
    context: Context<'_, S, L>,
) -> Result<Summary, UnknownName> {
    let plan = Plan::new(config, trigger.as_of, trigger.sections.as_deref())?;
    let Records { clock, time_over, .. } = context.records;
    let deadlines = Deadlines::new(config, plan.as_of, clock.now(), time_over);
    let deliverer = Deliverer::new(
        &config.report,
        trigger,
        context.recipients,
        context.records,
        context.request,
    )?;
    let update = SetOnce::new();
    let reading = async {
        let collected = collect(config, &plan, context.source, &clock, deadlines, context.watch).await;
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
