//! One run, from trigger to outcomes: the table of contents of the program.

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use crate::{
    clock::Clock,
    collect::{MetricSource, Progress, collect, waiting_ends},
    config::{self, Config, DestinationKind},
    plan::{Plan, UnknownSection},
    reading,
    render::{self, Mark, Message},
    trigger::Trigger,
    update::Update,
};

mod outcome;
mod summary;

pub use outcome::{Outcome, PostError, Side};
pub use summary::{Delivery, Summary, Tally};

/// Where messages go. Implemented by `chat`.
pub trait Destination: Sync {
    /// Signs in, if the chat needs it. Called while metrics are still being read; what fails here is told by
    /// [`post`](Self::post).
    fn prepare(&self) -> impl Future<Output = ()> + Send;

    /// Posts one message, once.
    fn post(&self, post: &Post) -> impl Future<Output = Outcome> + Send;
}

/// One message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// What makes it the same message when it is sent again.
    pub key: Key,
    /// What the group reads.
    pub message: Message,
    /// What the group reads when it may have got the message already.
    pub repeated: Message,
}

/// A message is posted once per key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The report's name.
    pub report: String,
    /// The instant that it is about.
    pub as_of: Timestamp,
    /// The destination's name.
    pub destination: String,
}

/// What a run is given besides the report: its edges and its time.
pub struct Surroundings<'a, S, D> {
    /// Where metrics are read.
    pub source: &'a S,
    /// One for each destination of the report, in its order.
    pub destinations: &'a [D],
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
/// [`UnknownSection`] when the trigger restricts the run to a section that the report does not have. Whatever else
/// goes wrong is a part of the summary.
pub async fn run<S: MetricSource, D: Destination>(
    config: &Config,
    trigger: &Trigger,
    around: &Surroundings<'_, S, D>,
) -> Result<Summary, UnknownSection> {
    let plan = Plan::new(config, trigger.as_of, trigger.sections.as_deref())?;
    let deadline = waiting_ends(plan.as_of, around.time_over);
    let collecting = collect(config, &plan, around.source, &around.clock, deadline, around.watch);
    let (collected, ()) = join(collecting, prepare(trigger, around.destinations)).await;
    let readings = reading::read(config, plan.as_of, &collected.evidence);
    let tally = Tally::new(&readings, &collected);
    tally.log();
    let update = Update::new(config, plan.as_of, readings);
    let deliveries = deliver(config, trigger, &update, around.destinations).await;
    Ok(Summary::new(update, tally, deliveries))
}

/// Signing in takes a while: it is done while metrics are being read.
async fn prepare<D: Destination>(trigger: &Trigger, destinations: &[D]) {
    if !trigger.dry_run {
        join_all(destinations.iter().map(Destination::prepare)).await;
    }
}

/// Posts to all destinations at the same time; none waits for another.
async fn deliver<D: Destination>(
    config: &Config,
    trigger: &Trigger,
    update: &Update,
    destinations: &[D],
) -> Vec<Delivery> {
    let posting = config
        .destinations
        .iter()
        .zip(destinations)
        .map(|(destination, chat)| async move {
            let outcome = if trigger.dry_run {
                Outcome::NotTried
            } else {
                chat.post(&compose(config, update, destination)).await
            };
            Delivery::new(&destination.name, outcome)
        });
    join_all(posting).await
}

fn compose(config: &Config, update: &Update, destination: &config::Destination) -> Post {
    let render = match destination.kind {
        DestinationKind::Skype(_) => render::skype::render,
    };
    Post {
        key: Key {
            report: config.report.clone(),
            as_of: update.as_of,
            destination: destination.name.clone(),
        },
        message: render(update, None),
        repeated: render(update, Some(Mark::Repeated)),
    }
}

#[cfg(test)]
mod tests;
