//! The secret is read, and written as soon as something in it has changed.
//!
//! Refresh tokens rotate. Microsoft has been seen to take an old one for a while after its successor was given, but
//! promises nothing, so a successor is written down before it or the access token that came with it is used. Each way to
//! lose one ends well as long as one of the last two is good: a write that fails or is never made leaves the old one,
//! two runs at once write one after the other what each has, and what is refused is looked for once more in the secret.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};

use super::{
    TeamsFree,
    account::Account,
    decision::{SIGN_IN_AGAIN, Step},
    way::Way,
};
use crate::{
    chat::{SecretError, Secrets},
    run::{PostError, Side},
};

/// How long writing may take: it is tried up to three times in a run, and must leave time to post.
pub(super) const WRITING: Duration = Duration::from_secs(4);

impl<S: Secrets> TeamsFree<'_, S> {
    /// Reads the secret, once.
    pub(super) async fn begin(&self, way: &mut Way) {
        if !std::mem::replace(&mut way.begun, true) {
            match self.read(way.until).await {
                Ok(text) => self.adopt(way, text),
                Err(error) => way.account = Err(error),
            }
        }
    }

    /// Reads the secret again; whether there is something new that may help.
    pub(super) async fn look_again(&self, way: &mut Way) -> bool {
        let Ok(text) = self.read(way.until).await else {
            return false;
        };
        let is_known = way
            .known
            .as_ref()
            .is_some_and(|known| known.expose_secret() == text.expose_secret());
        if !is_known {
            debug!(secret = self.config.secret, "the secret has been changed");
            self.adopt(way, text);
        }
        !is_known && (way.token().is_some() || way.next_step(self.clock.now()) == Step::Post)
    }

    fn adopt(&self, way: &mut Way, text: SecretString) {
        let account = Account::parse(&text, &self.config.hosts.teams);
        way.account = account.map_err(|what| self.failed(Side::Operator, &format!("{what}; {SIGN_IN_AGAIN}")));
        way.known = Some(text);
        way.access = None;
        way.changed = false;
    }

    async fn read(&self, until: Instant) -> Result<SecretString, PostError> {
        let read = timeout_at(self.call_until(until), self.secrets.get(&self.config.secret)).await;
        match read.unwrap_or_else(|_| Err(SecretError::timed_out())) {
            Ok(Some(text)) => Ok(text),
            Ok(None) => {
                let missing = format!("does not exist or has no value yet; {SIGN_IN_AGAIN}");
                Err(self.failed(Side::Operator, &missing))
            }
            Err(error) => Err(self.failed(error.whose_move, &format!("could not be read: {error}"))),
        }
    }

    fn failed(&self, whose_move: Side, what: &str) -> PostError {
        Step::Renew.failed(whose_move, &format!("the secret {} {what}", self.config.secret))
    }

    /// Writes down what is new. Failing to does not fail the post: most likely the old token is good for another
    /// renewal, and without this message nobody would know sooner.
    pub(super) async fn keep(&self, way: &mut Way) {
        let Ok(account) = way.account.as_ref() else { return };
        if !way.changed {
            return;
        }
        let secret = &self.config.secret;
        let Ok(text) = account.to_secret() else {
            warn!(secret, "the sign-in could not be written down");
            return;
        };
        let until = self.call_until(way.until).min(Instant::now() + WRITING);
        let put = timeout_at(until, self.secrets.put(secret, text.clone())).await;
        match put.unwrap_or_else(|_| Err(SecretError::timed_out())) {
            Ok(()) => {
                debug!(secret, "the sign-in is kept");
                way.changed = false;
                way.known = Some(text);
            }
            Err(error) => warn!(
                secret,
                %error,
                "the sign-in could not be kept: the next run depends on the token before"
            ),
        }
    }
}
