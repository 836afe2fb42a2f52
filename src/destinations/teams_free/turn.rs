//! Turns: one run at a time renews the sign-in.
//!
//! A refresh token is spent when it is sent, and a server may take a second run that sends the same one for a thief, and
//! end the sign-in. So one run at a time renews, and writes down what that brings; another one waits for it. A run that dies
//! leaves its claim, which runs out. Without the ledger nobody can wait: then it is as if the run were alone.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use super::{
    client::Client,
    decision::Step,
    state::{SignInState, Turn, WRITING},
};
use crate::{
    delivery::{
        outcome::{PostError, Side},
        secrets::Renewal,
    },
    destinations::conversation::{Run, Step as _},
};

/// The life of a claim: enough for renewing, exchanging, and writing down what both bring. Less than the minute after which
/// Lambda invokes a failed function again.
const LEASE: Duration = Duration::from_secs(50);

/// The longest time that the ledger may take to answer.
const LEDGER: Duration = Duration::from_secs(4);

impl Client<'_> {
    /// Waits until this run may renew, or need not any more.
    pub async fn take_turn(&self, run: &mut Run<SignInState>) -> Result<(), PostError> {
        let secret = &self.config.secret;
        run.state.waited_in_vain = false;
        loop {
            if self.claim(run).await {
                // Whoever had the turn before may have renewed.
                if matches!(run.state.turn, Turn::Mine(_)) {
                    self.look_again(run).await;
                }
                return Ok(());
            }
            let pause = run.limits.after_fault[0];
            if run.left() <= pause + WRITING {
                run.state.waited_in_vain = true;
                return Err(Step::Renew.failed(Side::Service, "another run is doing it, and did not end in time"));
            }
            debug!(secret, "another run renews the sign-in: waiting for it");
            sleep(pause).await;
            self.look_again(run).await;
            if run.state.next_step(self.clients.clock.now()) != Step::Renew {
                info!("another run has renewed the sign-in");
                return Ok(());
            }
        }
    }

    /// Whether it is not another run's turn.
    async fn claim(&self, run: &mut Run<SignInState>) -> bool {
        let secret = self.config.secret.as_str();
        let until = run.within(LEDGER);
        let claimed = Instant::now();
        let answer = timeout_at(until, self.clients.secrets.claim_renewal(secret, LEASE)).await;
        run.state.turn = match answer.unwrap_or_else(|_| Renewal::OutOfReach("no answer in time".into())) {
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
        run.state.turn != Turn::Unasked
    }

    /// Whether there is time for another call and for writing down what it brings, as far as other runs are concerned.
    pub fn has_turn(&self, run: &Run<SignInState>) -> bool {
        match run.state.turn {
            Turn::Unasked => false,
            Turn::Mine(until) => Instant::now() + run.limits.call + WRITING < until,
            Turn::Unknown => true,
        }
    }

    /// Whether what this run has may be written: not over what another run has written since this one's turn was over.
    pub async fn may_write(&self, run: &mut Run<SignInState>) -> bool {
        match run.state.turn {
            Turn::Unknown => return true,
            Turn::Mine(until) if Instant::now() + WRITING < until => return true,
            Turn::Mine(_) | Turn::Unasked => {}
        }
        if !self.claim(run).await {
            warn!(
                secret = self.config.secret,
                "another run renews the sign-in: what this one has is not kept"
            );
            return false;
        }
        match self.read_secret(run).await {
            Ok(secret) => run.state.knows(&secret),
            Err(_) => true,
        }
    }

    /// Ends the turn, so that others need not wait.
    pub async fn end_turn(&self, run: &mut Run<SignInState>) {
        if matches!(std::mem::take(&mut run.state.turn), Turn::Mine(_)) {
            let until = run.within(LEDGER);
            // Otherwise it runs out.
            let _ = timeout_at(until, self.clients.secrets.end_renewal(&self.config.secret)).await;
        }
    }
}
