//! Update -> outcomes: each destination gets its message once, whatever happens on the way.
//!
//! Whoever posts claims the message's key in the ledger just before, and closes the claim with what became of it. A run
//! that dies in between leaves a claim behind that runs out: the next run posts again and says so, since the group may
//! have the message already. Better twice, marked, than never.
//!
//! An update that a person asks for, forced, restricted or a test, is a message of its own request. Lambda tries a
//! failed request again under the same id, so it is not posted again where it was posted.

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::{
    sync::SetOnce,
    time::{Instant, timeout_at},
};

use super::{
    destination::{Post, Recipient},
    key::Key,
    ledger::{Claim, Ending, Ledger},
    outcome::{Delivery, Outcome, PostError, Side},
    records::{LEASE, LEDGER, Records},
};
use crate::{
    clock::earlier,
    report::{Reach, UnknownName},
    trigger::Trigger,
    update::{Update, message::Mark},
};

/// The longest that posting one message takes: signing in, registering and one repetition included.
const TIME_LIMIT: Duration = Duration::from_secs(45);

/// How much later than its time a client may give up.
const TIME_TO_GIVE_UP: Duration = Duration::from_secs(1);

/// Time that is kept for recording and telling the outcome before the function is stopped.
const TIME_TO_TELL: Duration = Duration::from_secs(5);

const _: () = assert!(
    2 * LEDGER.as_secs() + TIME_LIMIT.as_secs() + TIME_TO_GIVE_UP.as_secs() <= LEASE.as_secs() && LEASE.as_secs() < 60
);
const _: () = assert!(LEDGER.as_secs() + TIME_TO_GIVE_UP.as_secs() <= TIME_TO_TELL.as_secs());

/// The delivery of one run: which messages are posted where, under which keys.
pub struct Deliverer<'a, L> {
    /// The report's name.
    report: &'a str,
    trigger: &'a Trigger,
    /// The destinations that are posted to.
    recipients: Vec<&'a Recipient<'a>>,
    records: Records<'a, L>,
    request: &'a str,
    started: Instant,
}

impl<'a, L: Ledger> Deliverer<'a, L> {
    /// A delivery to those of `recipients` that the trigger means; `request` names what asked for the run. To be made when
    /// the run starts.
    ///
    /// # Errors
    /// [`UnknownName`] when the trigger names a destination that the report does not have.
    pub fn new(
        report: &'a str,
        trigger: &'a Trigger,
        recipients: &'a [Recipient<'a>],
        records: Records<'a, L>,
        request: &'a str,
    ) -> Result<Self, UnknownName> {
        let only = trigger.destinations.as_deref();
        let names = recipients.iter().map(|recipient| &recipient.of.name);
        UnknownName::check("destination", only.unwrap_or_default(), names)?;
        let is_meant = |recipient: &&Recipient<'_>| only.is_none_or(|only| only.contains(&recipient.of.name));
        Ok(Self {
            report,
            trigger,
            recipients: recipients.iter().filter(is_meant).collect(),
            records,
            request,
            started: Instant::now(),
        })
    }

    /// Signs in everywhere and posts as soon as there is an update. All do so at the same time; none waits for another.
    pub async fn deliver(&self, update: &SetOnce<Update>) -> Vec<Delivery> {
        let deliveries = self.recipients.iter().map(|recipient| async move {
            self.prepare(recipient).await;
            let update = update.wait().await;
            let outcome = self.deliver_to(recipient, update).await;
            // who names a destination wants to know what became of it
            let required = recipient.of.required || self.trigger.destinations.is_some();
            let delivery = Delivery {
                name: recipient.of.name.clone(),
                required,
                outcome,
                after: self.started.elapsed(),
            };
            delivery.log();
            delivery
        });
        let deliveries = join_all(deliveries).await;
        if !self.trigger.dry_run {
            self.records.record_again().await;
        }
        deliveries
    }

    /// Signing in takes a while: it is done while metrics are being read.
    async fn prepare(&self, recipient: &Recipient<'_>) {
        if self.trigger.dry_run {
            return;
        }
        let until = self.until();
        let prepared = timeout_at(until, recipient.client.prepare(until)).await.is_ok();
        let (destination, seconds) = (&recipient.of.name, self.started.elapsed().as_secs_f64());
        tracing::info!(stage = "prepared", destination, prepared, seconds, "prepared");
    }

    async fn deliver_to(&self, recipient: &Recipient<'_>, update: &Update) -> Outcome {
        let leaves = recipient.of.reach != Reach::Machine;
        if self.trigger.dry_run && leaves {
            return Outcome::NotTried;
        }
        // A message that stays on the machine claims nothing: standing there twice, it does no harm.
        if !leaves {
            let mark = self.trigger.test.then_some(Mark::Test);
            return self.post(recipient, update, mark).await;
        }
        let key = self.key(recipient);
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
        let mut outcome = self.post(recipient, update, mark).await;
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

    /// Posts the message. Every client gives up at its time by itself; one that does not is not waited for.
    async fn post(&self, recipient: &Recipient<'_>, update: &Update, mark: Option<Mark>) -> Outcome {
        let render = |mark| (recipient.render)(update, mark);
        let post = Post {
            key: self.key(recipient),
            message: render(mark),
            repeated: render(Some(if self.trigger.test { Mark::Test } else { Mark::Repeated })),
            until: self.until(),
        };
        timeout_at(post.until + TIME_TO_GIVE_UP, recipient.client.post(&post))
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

    fn key(&self, recipient: &Recipient<'_>) -> Key {
        let on_request = self.trigger.force || !self.trigger.is_the_hour();
        Key {
            report: self.report.to_owned(),
            as_of: self.trigger.as_of,
            destination: recipient.of.name.clone(),
            request: on_request.then(|| self.request.to_owned()),
        }
    }

    /// When posting that begins now is given up.
    fn until(&self) -> Instant {
        let limit = Instant::now() + TIME_LIMIT;
        let end = self.records.time_over.map(|end| earlier(end, TIME_TO_TELL));
        end.map_or(limit, |end| limit.min(self.records.clock.instant(end)))
    }
}
