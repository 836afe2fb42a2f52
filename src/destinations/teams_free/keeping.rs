//! The secret is read, and written as soon as something in it has changed.
//!
//! Refresh tokens rotate. Microsoft has been seen to take an old one for a while after its successor was given, but
//! promises nothing, so a successor is written down before it or the access token that came with it is used. Each way to
//! lose one ends well as long as one of the last two is good: a write that fails or is never made leaves the old one,
//! and what is refused is looked for once more in the secret. Of two runs at once one renews: see [`turn`](super::turn).

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tracing::{debug, warn};

use super::{
    account::Account,
    client::TeamsFree,
    decision::{SIGN_IN_AGAIN, Step},
    turn::Turn,
    way::Way,
};
use crate::{
    delivery::{
        outcome::{PostError, Side},
        secrets::Secret,
    },
    destinations::secret::{self, Unusable},
};

/// How long writing may take: it is tried up to three times in a run, and must leave time to post.
pub(super) const WRITING: Duration = Duration::from_secs(4);

impl TeamsFree<'_> {
    /// Reads the secret, once.
    pub(super) async fn begin(&self, way: &mut Way) {
        if !std::mem::replace(&mut way.begun, true) {
            match self.read(way.until).await {
                Ok(secret) => self.adopt(way, secret),
                Err(error) => way.account = Err(error),
            }
        }
    }

    /// Reads the secret again; whether there is something new that may help.
    pub(super) async fn look_again(&self, way: &mut Way) -> bool {
        let Ok(secret) = self.read(way.until).await else {
            return false;
        };
        let is_known = way.knows(&secret);
        if !is_known {
            debug!(secret = self.config.secret, "the secret has been changed");
            self.adopt(way, secret);
        }
        !is_known && (way.token().is_some() || way.next_step(self.clock.now()) == Step::Post)
    }

    fn adopt(&self, way: &mut Way, secret: Secret) {
        let account = Account::parse(&secret.text, &self.config.hosts.teams);
        let version = secret.version.as_deref();
        way.refused = account.as_ref().is_ok_and(|account| account.is_refused(version));
        way.account = account.map_err(|what| self.failed(Side::Operator, &format!("{what}; {SIGN_IN_AGAIN}")));
        way.known = Some(secret);
        way.access = None;
        way.changed = false;
    }

    pub(super) async fn read(&self, until: Instant) -> Result<Secret, PostError> {
        let read = secret::read(self.secrets, &self.config.secret, self.call_until(until)).await;
        read.map_err(|unusable| match unusable {
            Unusable::Unreadable(_) => self.failed(unusable.whose_move(), &unusable.to_string()),
            _ => self.failed(unusable.whose_move(), &format!("{unusable}; {SIGN_IN_AGAIN}")),
        })
    }

    fn failed(&self, whose_move: Side, what: &str) -> PostError {
        Step::Renew.failed(whose_move, &format!("the secret {} {what}", self.config.secret))
    }

    /// Writes down what is new. Failing to does not fail the post: most likely the old token is good for another
    /// renewal, and without this message nobody would know sooner.
    pub(super) async fn keep(&self, way: &mut Way) {
        if !way.changed || way.account.is_err() {
            return;
        }
        if !self.may_write(way).await {
            way.changed = false;
            return;
        }
        let Ok(account) = way.account.as_ref() else { return };
        let secret = &self.config.secret;
        let Ok(text) = account.to_secret() else {
            warn!(secret, "the sign-in could not be written down");
            return;
        };
        let until = self.call_until(way.until).min(Instant::now() + WRITING);
        match secret::write(self.secrets, secret, text.clone(), None, until).await {
            Ok(()) => {
                debug!(secret, "the sign-in is kept");
                way.changed = false;
                way.known = Some(Secret { text, version: None });
            }
            Err(error) => warn!(
                secret,
                %error,
                "the sign-in could not be kept: the next run depends on the token before"
            ),
        }
    }

    /// Writes down that every refresh token was refused, so that no later run sends them. Only over what was refused, and
    /// only while it is this run's turn: somebody may have signed in meanwhile.
    pub(super) async fn keep_refusal(&self, way: &mut Way) {
        if !matches!(way.turn, Turn::Mine(_)) || !self.has_turn(way) {
            return;
        }
        let secret = &self.config.secret;
        let refused = match self.read(way.until).await {
            Ok(now) if way.knows(&now) => now.version,
            _ => return,
        };
        let (Some(refused), Ok(account)) = (refused, &mut way.account) else {
            return;
        };
        let version = version_after(&refused);
        account.refuse(&version);
        let Ok(text) = account.to_secret() else { return };
        let until = self.call_until(way.until).min(Instant::now() + WRITING);
        match secret::write(self.secrets, secret, text.clone(), Some(&version), until).await {
            Ok(()) => {
                let version = Some(version);
                way.known = Some(Secret { text, version });
                way.refused = true;
            }
            Err(error) => {
                warn!(secret, %error, "that the sign-in was refused could not be kept: the next run sends it again");
            }
        }
    }
}

/// The version that tells of the refusal of another one: the same whichever run writes it.
fn version_after(refused: &str) -> String {
    let hash = Sha256::digest(format!("refused {refused}"));
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
