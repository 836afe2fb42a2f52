//! Update -> outcomes: each destination gets its message once, whatever happens on the way.
//!
//! Whoever posts claims the message's key in the ledger just before, and closes the claim with what became of it. A run
//! that dies in between leaves a claim behind that runs out: the next run posts again and says so, since the group may
//! have the message already. Better twice, marked, than never.
//!
//! What a person asks for, a forced or a restricted update, is a message of its own request. Lambda tries a failed
//! request again under the same id, so a forced one is not posted a third time where it was posted.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use super::{Delivery, Outcome, PostError, Surroundings};
use crate::{
    clock::Clock,
    config::{self, Config, DestinationKind},
    plan::earlier,
    render::{self, Mark, Message},
    trigger::Trigger,
    update::Update,
};

/// The longest that posting one message takes: signing in, registering and one repetition included.
const TIME_LIMIT: Duration = Duration::from_secs(45);

/// How long a claim is good for: posting and its record, and still less than the minute after which Lambda invokes a
/// failed function again.
const LEASE: Duration = Duration::from_secs(55);

/// How long the ledger may take to answer. The update is due: without an answer it is posted, marked.
const LEDGER: Duration = Duration::from_secs(4);

/// Time that is kept for recording and telling the outcome before the function is stopped.
const TIME_TO_TELL: Duration = Duration::from_secs(5);

const _: () = assert!(2 * LEDGER.as_secs() + TIME_LIMIT.as_secs() <= LEASE.as_secs() && LEASE.as_secs() < 60);
const _: () = assert!(LEDGER.as_secs() < TIME_TO_TELL.as_secs());

/// Where messages go. Implemented by `chat`.
pub trait Destination: Sync {
    /// Signs in, if the chat needs it, and gives up at `until`. Called while metrics are still being read; what fails
    /// here is told by [`post`](Self::post).
    fn prepare(&self, until: Instant) -> impl Future<Output = ()> + Send;

    /// Posts one message, once.
    fn post(&self, post: &Post) -> impl Future<Output = Outcome> + Send;
}

/// Where it is kept what has been posted. Implemented by `aws::ledger`.
pub trait Ledger: Sync {
    /// Claims a message for `lease`, unless it is posted or another run's claim still holds.
    fn claim(&self, key: &Key, lease: Duration) -> impl Future<Output = Claim> + Send;

    /// Ends the claim. What is posted can be recorded without one.
    ///
    /// # Errors
    /// Why that could not be recorded, as a phrase.
    fn close(&self, key: &Key, ending: Ending) -> impl Future<Output = Result<(), String>> + Send;
}

/// What the ledger knows of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It has not been posted; this run may.
    Granted,
    /// This run may post it, but an earlier one may have done so without telling.
    Unsure,
    /// It has been posted.
    Posted {
        /// The chat's id of it, where it gave one.
        id: Option<String>,
    },
    /// Another run is posting it.
    InProgress,
    /// The ledger cannot be asked: why, as a phrase.
    OutOfReach(String),
}

/// How a claim ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The chat took the message.
    Posted {
        /// The chat's id of it, where it gave one.
        id: Option<String>,
    },
    /// It did not: the next run may post it.
    NotPosted,
    /// Nobody knows: the next run may post it, and has to say so.
    Unsure,
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
    /// When posting is given up.
    pub until: Instant,
}

/// A message is posted once per key. A chat that drops what it has already got knows it by the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The report's name.
    pub report: String,
    /// The instant that it is about.
    pub as_of: Timestamp,
    /// The destination's name.
    pub destination: String,
    /// The request that it is posted for, if it is not the hour's own message but a forced or a restricted one.
    pub request: Option<String>,
}

/// What delivering needs besides the update.
pub(super) struct Deliverer<'a, L> {
    config: &'a Config,
    trigger: &'a Trigger,
    request: &'a str,
    ledger: &'a L,
    clock: Clock,
    time_over: Option<Timestamp>,
    started: Instant,
}

impl<'a, L: Ledger> Deliverer<'a, L> {
    /// To be made when the run starts.
    pub fn new<S, D>(config: &'a Config, trigger: &'a Trigger, around: &Surroundings<'a, S, D, L>) -> Self {
        Self {
            config,
            trigger,
            request: around.request,
            ledger: around.ledger,
            clock: around.clock,
            time_over: around.time_over,
            started: Instant::now(),
        }
    }

    /// Signing in takes a while: it is done while metrics are being read.
    pub async fn prepare<D: Destination>(&self, destinations: &[D]) {
        if !self.trigger.dry_run {
            let until = self.until();
            let names = self.config.destinations.iter().map(|destination| &destination.name);
            join_all(names.zip(destinations).map(|(name, chat)| async move {
                chat.prepare(until).await;
                let seconds = self.started.elapsed().as_secs_f64();
                tracing::info!(stage = "prepared", destination = name, seconds, "prepared");
            }))
            .await;
        }
    }

    /// Posts to all destinations at the same time; none waits for another.
    pub async fn deliver<D: Destination>(&self, update: &Update, destinations: &[D]) -> Vec<Delivery> {
        let deliveries = self
            .config
            .destinations
            .iter()
            .zip(destinations)
            .map(|(destination, chat)| async move {
                let outcome = self.to_one(update, destination, chat).await;
                Delivery::new(&destination.name, outcome, self.started.elapsed())
            });
        join_all(deliveries).await
    }

    async fn to_one(&self, update: &Update, destination: &config::Destination, chat: &impl Destination) -> Outcome {
        if self.trigger.dry_run {
            return Outcome::NotTried;
        }
        // a part of the hour is nobody's hour
        if self.trigger.sections.is_some() {
            return chat.post(&self.compose(update, destination, None)).await;
        }
        let key = self.key(destination);
        let mark = match self.claim(&key).await {
            Claim::Granted => self.trigger.force.then_some(Mark::Again),
            Claim::Unsure => Some(Mark::Repeated),
            Claim::Posted { id } => return Outcome::AlreadyPosted { id },
            Claim::InProgress => return Outcome::InProgress,
            Claim::OutOfReach(why) => {
                tracing::warn!(
                    destination = destination.name,
                    why,
                    "ledger out of reach: posting all the same"
                );
                Some(Mark::Unchecked)
            }
        };
        let mut outcome = chat.post(&self.compose(update, destination, mark)).await;
        if let Outcome::Posted { repeated, .. } = &mut outcome {
            *repeated |= mark == Some(Mark::Repeated);
        }
        self.record(key, Ending::of(&outcome)).await;
        outcome
    }

    async fn claim(&self, key: &Key) -> Claim {
        timeout(LEDGER, self.ledger.claim(key, LEASE))
            .await
            .unwrap_or_else(|_| Claim::OutOfReach("no answer in time".into()))
    }

    /// Closes the claim. An hour that was posted on request is posted, too: the schedule need not do it any more.
    async fn record(&self, key: Key, ending: Ending) {
        let hour = match (&key.request, &ending) {
            (Some(_), Ending::Posted { .. }) => Some(Key {
                request: None,
                ..key.clone()
            }),
            _ => None,
        };
        let the_hour = async {
            if let Some(hour) = hour {
                self.close(&hour, ending.clone()).await;
            }
        };
        join(the_hour, self.close(&key, ending.clone())).await;
    }

    async fn close(&self, key: &Key, ending: Ending) {
        let closed = timeout(LEDGER, self.ledger.close(key, ending)).await;
        if let Err(why) = closed.unwrap_or_else(|_| Err("no answer in time".into())) {
            tracing::warn!(
                destination = key.destination,
                why,
                "what became of the message could not be recorded"
            );
        }
    }

    fn compose(&self, update: &Update, destination: &config::Destination, mark: Option<Mark>) -> Post {
        let render = match destination.kind {
            DestinationKind::Skype(_) => render::skype::render,
        };
        Post {
            key: self.key(destination),
            message: render(update, mark),
            repeated: render(update, Some(Mark::Repeated)),
            until: self.until(),
        }
    }

    fn key(&self, destination: &config::Destination) -> Key {
        let on_request = self.trigger.force || self.trigger.sections.is_some();
        Key {
            report: self.config.report.clone(),
            as_of: self.trigger.as_of,
            destination: destination.name.clone(),
            request: on_request.then(|| self.request.to_owned()),
        }
    }

    /// When posting that begins now is given up.
    fn until(&self) -> Instant {
        let limit = Instant::now() + TIME_LIMIT;
        self.time_over
            .map_or(limit, |end| limit.min(self.clock.instant(earlier(end, TIME_TO_TELL))))
    }
}

impl Ending {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Posted { id, .. } => Self::Posted { id: id.clone() },
            Outcome::Failed(PostError {
                may_have_arrived: true, ..
            }) => Self::Unsure,
            Outcome::Failed(_) | Outcome::AlreadyPosted { .. } | Outcome::InProgress | Outcome::NotTried => {
                Self::NotPosted
            }
        }
    }
}
