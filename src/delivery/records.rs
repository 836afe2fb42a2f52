//! Claiming and recording within time limits, and what is remembered where the ledger was not told.
//!
//! | the ledger at the claim | at the record | the next run, in this process | in another one |
//! |---|---|---|---|
//! | answers | answers | knows | knows |
//! | answers | out of reach | knows | posts marked, since the claim is left |
//! | out of reach | answers | knows | knows |
//! | out of reach | out of reach | knows | does not know: what was posted comes again, unmarked |

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    key::Key,
    ledger::{Claim, Ending, Ledger},
};
use crate::clock::{Clock, earlier};

/// How long a claim is good for: posting and its record, and still less than the minute after which Lambda invokes a
/// failed function again.
pub(crate) const LEASE: Duration = Duration::from_secs(55);

/// How long the ledger may take to answer. The update is due: without an answer it is posted, marked.
pub(crate) const LEDGER: Duration = Duration::from_secs(4);

/// The pause before the ledger is told once more: an outage of a moment has passed by then.
const PAUSE: Duration = Duration::from_secs(2);

/// Time that is kept for the run's answer when the ledger is told once more.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);

/// So many messages are remembered at most: more than a day of hours, in several chats.
const REMEMBERED: usize = 128;

/// The endings that the ledger could not be told. The list outlives a run, since Lambda's retry mostly meets the same process.
#[derive(Debug, Default)]
pub struct Unrecorded(Mutex<Vec<(Key, Ending)>>);

impl Unrecorded {
    fn entries(&self) -> MutexGuard<'_, Vec<(Key, Ending)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, key: &Key) -> Option<Ending> {
        let entries = self.entries();
        let mut found = entries.iter().filter(|(known, _)| known == key);
        found.next().map(|(_, ending)| ending.clone())
    }

    fn forget(&self, key: &Key) {
        self.entries().retain(|(known, _)| known != key);
    }

    fn remember(&self, key: Key, ending: Ending) {
        self.forget(&key);
        let mut entries = self.entries();
        if entries.len() == REMEMBERED {
            entries.remove(0);
        }
        entries.push((key, ending));
    }
}

/// The ledger of one run.
pub struct Records<'a, L> {
    /// Where it is kept what has been posted.
    pub ledger: &'a L,
    /// The endings that the ledger could not be told by earlier runs of this process.
    pub unrecorded: &'a Unrecorded,
    /// The time.
    pub clock: Clock,
    /// When the function is stopped, if it is.
    pub time_over: Option<Timestamp>,
}

impl<L: Ledger> Records<'_, L> {
    /// Claims a message. What this process remembers of it counts as if the ledger had been told.
    pub async fn claim(&self, key: &Key) -> Claim {
        let remembered = self.unrecorded.of(key);
        if let Some(Ending::Posted { id }) = remembered {
            return Claim::Posted { id };
        }
        let claim = timeout(LEDGER, self.ledger.claim(key, LEASE))
            .await
            .unwrap_or_else(|_| Claim::OutOfReach("no answer in time".into()));
        if let Claim::OutOfReach(why) = &claim {
            let destination = key.destination.as_str();
            tracing::warn!(destination, why, "ledger out of reach: posting all the same");
        }
        match claim {
            Claim::Granted | Claim::OutOfReach(_) if remembered == Some(Ending::Unsure) => Claim::Unsure,
            claim => claim,
        }
    }

    /// Closes a claim, or remembers how it ended until [`record_again`](Self::record_again).
    pub async fn record(&self, key: &Key, ending: Ending) {
        // a message that may have been posted before is not made certain by one that was not
        let ending = match (ending, self.unrecorded.of(key)) {
            (Ending::NotPosted, Some(Ending::Unsure)) => Ending::Unsure,
            (ending, _) => ending,
        };
        let closed = timeout(LEDGER, self.ledger.close(key, ending.clone())).await;
        match closed.unwrap_or_else(|_| Err("no answer in time".into())) {
            Ok(()) => self.unrecorded.forget(key),
            Err(why) => {
                let destination = key.destination.as_str();
                tracing::warn!(
                    destination,
                    why,
                    "what became of the message could not be recorded: it is tried once more"
                );
                self.unrecorded.remember(key.clone(), ending);
            }
        }
    }

    /// Tells the ledger once more what it could not be told, in this run or in earlier ones, as long as there is time.
    pub async fn record_again(&self) {
        let entries = self.unrecorded.entries().clone();
        if entries.is_empty() {
            return;
        }
        let begin = Instant::now() + PAUSE;
        let end = self
            .time_over
            .map(|end| self.clock.instant(earlier(end, TIME_TO_ANSWER)));
        let until = end.map_or(begin + LEDGER, |end| end.min(begin + LEDGER));
        if begin < until {
            sleep(PAUSE).await;
        }
        join_all(entries.into_iter().map(|(key, ending)| async move {
            let closed = timeout_at(until, self.ledger.close(&key, ending.clone())).await;
            match closed.unwrap_or_else(|_| Err("no answer in time".into())) {
                Ok(()) => self.unrecorded.forget(&key),
                // the claim that is left runs out, and leads to a mark at worst
                Err(_) if ending == Ending::NotPosted => self.unrecorded.forget(&key),
                Err(why) => tracing::warn!(
                    destination = key.destination,
                    as_of = %key.as_of,
                    why,
                    "what became of a message is not recorded: this process alone knows it"
                ),
            }
        }))
        .await;
    }
}

#[cfg(test)]
mod tests;
