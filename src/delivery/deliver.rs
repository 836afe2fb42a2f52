//! Update -> outcomes: each destination gets its message once, whatever happens on the way.
//!
//! Whoever posts claims the message's key in the ledger just before, and closes the claim with what became of it. A run
//! that dies in between leaves a claim behind that runs out: the next run posts again and says so, since the group may
//! have the message already. Better twice, marked, than never.
//!
//! What a person asks for, a forced or a restricted update or a test, is a message of its own request. Lambda tries a
//! failed request again under the same id, so it is not posted again where it was posted.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::Timestamp;
use tokio::{
    sync::SetOnce,
    time::{Instant, timeout_at},
};

use super::{
    destination::{Destination, Post},
    key::Key,
    ledger::{Claim, Ending, Ledger},
    outcome::{Delivery, Outcome, PostError, Side},
    records::{LEASE, LEDGER, Records},
};
use crate::{
    clock::{Clock, earlier},
    destinations,
    report::{self, Config, UnknownName},
    run::Surroundings,
    trigger::Trigger,
    update::{Update, message::Mark},
};

/// The longest that posting one message takes: signing in, registering and one repetition included.
const TIME_LIMIT: Duration = Duration::from_secs(45);

/// How much later than it should a chat may give up.
const TIME_TO_GIVE_UP: Duration = Duration::from_secs(1);

/// Time that is kept for recording and telling the outcome before the function is stopped.
const TIME_TO_TELL: Duration = Duration::from_secs(5);

const _: () = assert!(
    2 * LEDGER.as_secs() + TIME_LIMIT.as_secs() + TIME_TO_GIVE_UP.as_secs() <= LEASE.as_secs() && LEASE.as_secs() < 60
);
const _: () = assert!(LEDGER.as_secs() + TIME_TO_GIVE_UP.as_secs() <= TIME_TO_TELL.as_secs());

/// What delivering needs besides the update.
pub(crate) struct Deliverer<'a, D, L> {
    config: &'a Config,
    /// The destinations that are posted to, and the way to each.
    destinations: Vec<(&'a report::Destination, &'a D)>,
    trigger: &'a Trigger,
    request: &'a str,
    records: Records<'a, L>,
    clock: Clock,
    time_over: Option<Timestamp>,
    started: Instant,
}

impl<'a, D: Destination, L: Ledger> Deliverer<'a, D, L> {
    /// To be made when the run starts.
    ///
    /// # Errors
    /// [`UnknownName`] when the trigger names a destination that the report does not have.
    pub fn new<S>(
        config: &'a Config,
        trigger: &'a Trigger,
        around: &Surroundings<'a, S, D, L>,
    ) -> Result<Self, UnknownName> {
        let only = trigger.destinations.as_deref();
        let names = config.destinations.iter().map(|destination| &destination.name);
        UnknownName::check("destination", only.unwrap_or_default(), names)?;
        let is_meant = |name: &String| only.is_none_or(|only| only.contains(name));
        let all = config.destinations.iter().zip(around.destinations);
        Ok(Self {
            config,
            destinations: all.filter(|(destination, _)| is_meant(&destination.name)).collect(),
            trigger,
            request: around.request,
            records: Records {
                ledger: around.ledger,
                unrecorded: around.unrecorded,
                clock: around.clock,
                time_over: around.time_over,
            },
            clock: around.clock,
            time_over: around.time_over,
            started: Instant::now(),
        })
    }

    /// Signs in everywhere and posts as soon as there is an update. All do so at the same time; none waits for another.
    pub async fn deliver(&self, update: &SetOnce<Update>) -> Vec<Delivery> {
        let deliveries = self.destinations.iter().map(|(destination, chat)| async move {
            self.prepare(destination, *chat).await;
            let update = update.wait().await;
            let outcome = self.to_one(update, destination, *chat).await;
            // who names a destination wants to know what became of it
            let required = destination.required || self.trigger.destinations.is_some();
            Delivery::new(&destination.name, required, outcome, self.started.elapsed())
        });
        let deliveries = join_all(deliveries).await;
        if !self.trigger.dry_run {
            self.records.record_again().await;
        }
        deliveries
    }

    /// Signing in takes a while: it is done while metrics are being read.
    async fn prepare(&self, destination: &report::Destination, chat: &D) {
        if self.trigger.dry_run {
            return;
        }
        let until = self.until();
        let prepared = timeout_at(until, chat.prepare(until)).await.is_ok();
        let (destination, seconds) = (&destination.name, self.started.elapsed().as_secs_f64());
        tracing::info!(stage = "prepared", destination, prepared, seconds, "prepared");
    }

    async fn to_one(&self, update: &Update, destination: &report::Destination, chat: &D) -> Outcome {
        let leaves = destination.kind.is_elsewhere();
        if self.trigger.dry_run && leaves {
            return Outcome::NotTried;
        }
        // what stays here is nobody else's hour, and twice does no harm
        if !leaves {
            let mark = self.trigger.test.then_some(Mark::Test);
            return post(chat, self.compose(update, destination, mark)).await;
        }
        let key = self.key(destination);
        let claim = self.records.claim(&key).await;
        let mark = match claim.clone() {
            Claim::Posted { id } => return Outcome::AlreadyPosted { id },
            Claim::InProgress => return Outcome::InProgress,
            // a test is one, however often it is sent
            _ if self.trigger.test => Some(Mark::Test),
            Claim::Granted => (self.trigger.force && self.trigger.is_the_hour()).then_some(Mark::Again),
            Claim::Unsure => Some(Mark::Repeated),
            Claim::OutOfReach(_) => Some(Mark::Unchecked),
        };
        let mut outcome = post(chat, self.compose(update, destination, mark)).await;
        if let Outcome::Posted { repeated, .. } = &mut outcome {
            *repeated |= claim == Claim::Unsure;
        }
        self.record(key, Ending::of(&outcome)).await;
        outcome
    }

    /// Closes the claim. An hour that was posted on request is posted, too: the schedule need not do it any more.
    async fn record(&self, key: Key, ending: Ending) {
        let hour = match (&key.request, &ending) {
            (Some(_), Ending::Posted { .. }) if self.trigger.is_the_hour() => Some(Key {
                request: None,
                ..key.clone()
            }),
            _ => None,
        };
        let the_hour = async {
            if let Some(hour) = hour {
                self.records.record(&hour, ending.clone()).await;
            }
        };
        join(the_hour, self.records.record(&key, ending.clone())).await;
    }

    fn compose(&self, update: &Update, destination: &report::Destination, mark: Option<Mark>) -> Post {
        let render = |mark| destinations::render(&destination.kind, update, mark);
        Post {
            key: self.key(destination),
            message: render(mark),
            repeated: render(Some(if self.trigger.test { Mark::Test } else { Mark::Repeated })),
            until: self.until(),
        }
    }

    fn key(&self, destination: &report::Destination) -> Key {
        let on_request = self.trigger.force || !self.trigger.is_the_hour();
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

/// Every chat gives up at its time by itself; one that does not is not waited for.
async fn post(chat: &impl Destination, post: Post) -> Outcome {
    timeout_at(post.until + TIME_TO_GIVE_UP, chat.post(&post))
        .await
        .unwrap_or_else(|_| {
            Outcome::Failed(PostError {
                whose_move: Side::Ours,
                text: "posting did not end in its time; the message may have got there".into(),
                may_have_arrived: true,
                sign_in_needed: false,
            })
        })
}
