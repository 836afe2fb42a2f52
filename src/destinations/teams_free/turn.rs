//! Whose turn it is to renew the sign-in.
//!
//! A refresh token is spent when it is sent, and a server may take a second run that sends the same one for a thief, and
//! end the sign-in. So one run at a time renews, and writes down what that brings; another one waits for it. A run that dies
//! leaves its claim, which runs out. Without the ledger nobody can wait: then it is as if the run were alone.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use super::{client::TeamsFree, decision::Step, keeping::WRITING, way::Way};
use crate::delivery::{
    outcome::{PostError, Side},
    secrets::Renewal,
};

/// How long a claim is good for: renewing, exchanging, and writing down what both bring. Less than the minute after which
/// Lambda invokes a failed function again.
const LEASE: Duration = Duration::from_secs(50);

/// How long the ledger may take to answer.
const LEDGER: Duration = Duration::from_secs(4);

/// Whether this run may renew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has not asked.
    #[default]
    Unasked,
    /// It may, until then.
    Mine(Instant),
    /// Nobody can tell.
    Unknown,
}

impl TeamsFree<'_> {
    /// Waits until this run may renew, or need not any more.
    pub(super) async fn take_turn(&self, way: &mut Way) -> Result<(), PostError> {
        way.waited_in_vain = false;
        loop {
            if self.claim(way).await {
                // Whoever had the turn before may have renewed.
                if matches!(way.turn, Turn::Mine(_)) {
                    self.look_again(way).await;
                }
                return Ok(());
            }
            let pause = self.limits.after_fault[0];
            if way.left() <= pause + WRITING {
                way.waited_in_vain = true;
                return Err(Step::Renew.failed(Side::Service, "another run is doing it, and did not end in time"));
            }
            debug!(
                secret = self.config.secret,
                "another run renews the sign-in: waiting for it"
            );
            sleep(pause).await;
            self.look_again(way).await;
            if way.next_step(self.clock.now()) != Step::Renew {
                info!("another run has renewed the sign-in");
                return Ok(());
            }
        }
    }

    /// Whether it is not another run's turn.
    async fn claim(&self, way: &mut Way) -> bool {
        let secret = self.config.secret.as_str();
        let until = way.until.min(Instant::now() + LEDGER);
        let claimed = Instant::now();
        let answer = timeout_at(until, self.secrets.claim_renewal(secret, LEASE)).await;
        way.turn = match answer.unwrap_or_else(|_| Renewal::OutOfReach("no answer in time".into())) {
            Renewal::Granted => Turn::Mine(claimed + LEASE),
            Renewal::InProgress => Turn::Unasked,
            Renewal::OutOfReach(why) => {
                warn!(
                    secret,
                    why, "no other run can be kept from renewing the sign-in at the same time"
                );
                Turn::Unknown
            }
        };
        way.turn != Turn::Unasked
    }

    /// Whether there is time for another call and for writing down what it brings, as far as other runs are concerned.
    pub(super) fn has_turn(&self, way: &Way) -> bool {
        match way.turn {
            Turn::Unasked => false,
            Turn::Mine(until) => Instant::now() + self.limits.call + WRITING < until,
            Turn::Unknown => true,
        }
    }

    /// Whether what this run has may be written: not over what another run has written since this one's turn was over.
    pub(super) async fn may_write(&self, way: &mut Way) -> bool {
        match way.turn {
            Turn::Unknown => return true,
            Turn::Mine(until) if Instant::now() + WRITING < until => return true,
            Turn::Mine(_) | Turn::Unasked => {}
        }
        if !self.claim(way).await {
            warn!(
                secret = self.config.secret,
                "another run renews the sign-in: what this one has is not kept"
            );
            return false;
        }
        match self.read(way.until).await {
            Ok(secret) => way.knows(&secret),
            Err(_) => true,
        }
    }

    /// Ends the turn, so that others need not wait.
    pub(super) async fn end_turn(&self, way: &mut Way) {
        if matches!(std::mem::take(&mut way.turn), Turn::Mine(_)) {
            let until = way.until.min(Instant::now() + LEDGER);
            // Otherwise it runs out.
            let _ = timeout_at(until, self.secrets.end_renewal(&self.config.secret)).await;
        }
    }
}
