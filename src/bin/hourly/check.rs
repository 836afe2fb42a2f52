//! `hourly check`: the report's size and cost, if there is no mistake in it, and advice.

use std::path::Path;

use hourly_update::{
    clock::Clock,
    metrics::plan::{Batch, Plan},
    report::Config,
};

use crate::{print, run::report};

/// Checks the report at `path`, or the one built in.
pub(crate) fn execute(path: Option<&Path>, clock: Clock) -> anyhow::Result<()> {
    let config = report(path)?.report;
    print::result(&describe(&config, clock)?)?;
    let file = path.unwrap_or(Path::new("report.yaml"));
    for advice in &config.advice {
        print::result(&format!("  advice: {}:{advice}", file.display()))?;
    }
    Ok(())
}

/// Describes the report, with the price of a month.
fn describe(config: &Config, clock: Clock) -> anyhow::Result<String> {
    let plan = Plan::new(config, clock.now(), None)?;
    let metrics: usize = plan.batches.iter().map(|batch| batch.queries.len()).sum();
    let price = |batch: &Batch| batch.queries.len() as f64 * batch.place.source().price();
    let dollars = plan.batches.iter().map(price).sum::<f64>() * 24.0 * 30.0;
    let destinations = config.destinations.iter().map(|it| match it.required {
        true => it.name.clone(),
        false => format!("{} (not required)", it.name),
    });
    let destinations: Vec<String> = destinations.collect();
    Ok(format!(
        "{}: no mistakes\n  {} sections, {metrics} metrics, {} calls an hour, about ${dollars:.2} a month\n  posted to {}",
        config.report,
        config.sections.len(),
        plan.batches.len(),
        destinations.join(", "),
    ))
}
