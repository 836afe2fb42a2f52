//! `hourly post`: a run that posts, and what became of each message.

use std::{io, path::Path, process::ExitCode};

use anyhow::bail;
use hourly_update::{
    clock::Clock,
    delivery::outcome::{Delivery, Outcome},
    report::{Config, Reach},
    summary::Summary,
    trigger::Trigger,
};

use crate::{
    cli::Post,
    exit::{self, Mistake},
    print,
    run::{report, run},
};

/// The error of `post` without a ledger: a person would post an hour twice without noticing.
const NEEDS_LEDGER: &str = "posting an hour takes the table of what has been posted: --ledger TABLE, or HOURLY_LEDGER \
                            (the stack's output LedgerName tells it); --without-ledger posts it marked as a possible repeat";

/// Reads everything and posts the update.
pub(crate) async fn execute(post: Post, path: Option<&Path>, clock: Clock) -> anyhow::Result<ExitCode> {
    let configured = report(path);
    let trigger = Trigger {
        force: post.force,
        destinations: (!post.to.is_empty()).then_some(post.to),
        test: post.test,
        ..post.selection.trigger(&configured, clock.now())?
    };
    let configured = configured?;
    let config = &configured.report;
    let ledger = post.ledger.filter(|table| !table.is_empty() && !post.without_ledger);
    if ledger.is_none() && !post.without_ledger && posts_an_hour(config, &trigger) {
        return Err(Mistake(NEEDS_LEDGER.into()).into());
    }
    let summary = run(&configured, &trigger, ledger, clock).await?;
    print::result(&summary.message)?;
    tell_outcomes(config, &summary)?;
    if let Some(failure) = summary.failure() {
        bail!("not posted: {failure}");
    }
    Ok(exit::finished(&summary))
}

/// Whether somebody gets a message that must not come twice: no test, no part, and not only on standard output.
fn posts_an_hour(config: &Config, trigger: &Trigger) -> bool {
    let is_meant = |name: &String| trigger.destinations.as_ref().is_none_or(|only| only.contains(name));
    let mut destinations = config.destinations.iter();
    trigger.is_the_hour() && destinations.any(|it| it.reach != Reach::Machine && is_meant(&it.name))
}

fn tell_outcomes(config: &Config, summary: &Summary) -> io::Result<()> {
    let is_output = |name: &str| {
        let mut outputs = config.destinations.iter().filter(|it| it.reach == Reach::Machine);
        outputs.any(|it| it.name == name)
    };
    let lines = summary.destinations.iter();
    let mut lines = lines.filter_map(|delivery| outcome(delivery, is_output(&delivery.name)));
    lines.try_for_each(|line| print::note(&line))
}

/// The line about one destination, unless the command's error tells about it.
fn outcome(delivery: &Delivery, is_output: bool) -> Option<String> {
    let Delivery { name, required, .. } = delivery;
    let message = |id: &Option<String>| id.as_ref().map(|id| format!(" as message {id}")).unwrap_or_default();
    Some(match &delivery.outcome {
        Outcome::Posted { .. } if is_output => format!("{name}: written to standard output"),
        Outcome::Posted { id, repeated: false } => format!("posted to {name}{}", message(id)),
        Outcome::Posted { id, repeated: true } => {
            format!(
                "posted to {name}{}, perhaps twice: the first answer got lost",
                message(id)
            )
        }
        Outcome::AlreadyPosted { id } => format!("posted to {name} before{}; --force posts it again", message(id)),
        Outcome::Failed(error) if !required => format!("not posted to {name}, which is not required: {error}"),
        Outcome::InProgress if !required => format!("not posted to {name}: another run is posting it"),
        Outcome::Failed(_) | Outcome::InProgress | Outcome::NotTried => return None,
    })
}
