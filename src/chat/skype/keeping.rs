//! The two secrets: credentials are read, the session is read and kept.

use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, info, warn};

use super::{Skype, credentials::Credentials, decision::Step, session::Session, way::Way};
use crate::{
    chat::{SecretError, Secrets},
    run::{PostError, Side},
};

impl<S: Secrets> Skype<'_, S> {
    /// Reads both secrets, once. Bad credentials are no obstacle as long as there is a session.
    pub(super) async fn begin(&self, way: &mut Way) {
        if std::mem::replace(&mut way.begun, true) {
            return;
        }
        let (credentials, session) =
            futures_util::future::join(self.credentials(way.until), self.kept_session(way.until)).await;
        way.session = session.unwrap_or_default();
        match &credentials {
            Ok(credentials) if credentials.user() != way.session.user => way.session = Session::default(),
            Ok(_) => {}
            Err(error) => warn!(%error, "signing in is not possible"),
        }
        way.credentials = credentials;
    }

    /// Whether it is worth signing in once more after `error`: the credentials are refused, and somebody has changed
    /// them since they were read. They are read again once in a run; what is refused is never sent twice.
    pub(super) async fn changed_credentials(&self, way: &mut Way, error: &PostError) -> bool {
        if !error.sign_in_needed || std::mem::replace(&mut way.read_again, true) {
            return false;
        }
        let credentials = match (self.credentials(way.until).await, &way.credentials) {
            (Err(_), _) => return false,
            (Ok(now), Ok(before)) if now.are(before) => return false,
            (Ok(now), _) => now,
        };
        info!(
            secret = self.config.secret,
            "the credentials have been changed: signing in with the new ones"
        );
        way.credentials = Ok(credentials);
        way.forget_all();
        true
    }

    async fn credentials(&self, until: Instant) -> Result<Credentials, PostError> {
        let id = &self.config.secret;
        let failed = |side, what: &str| Step::SignIn.failed(side, &format!("the secret {id} {what}"));
        let operator = |what: &str| failed(Side::Operator, what);
        match self.secret(id, until).await {
            Ok(Some(secret)) => Credentials::parse(&secret).map_err(operator),
            Ok(None) => Err(operator("does not exist or has no value yet")),
            Err(error) => Err(failed(error.whose_move, &format!("could not be read: {error}"))),
        }
    }

    async fn kept_session(&self, until: Instant) -> Option<Session> {
        let id = self.config.session_secret.as_ref()?;
        match self.secret(id, until).await {
            Ok(secret) => {
                let session = Session::parse(&secret?, &self.config.hosts.messages);
                if session.is_none() {
                    info!(secret = id, "there is no session in the session's secret");
                }
                session
            }
            Err(error) => {
                warn!(secret = id, %error, "the session could not be read");
                None
            }
        }
    }

    async fn secret(&self, id: &str, until: Instant) -> Result<Option<SecretString>, SecretError> {
        timeout_at(self.call_until(until), self.secrets.get(id))
            .await
            .unwrap_or_else(|_| Err(SecretError::timed_out()))
    }

    /// Keeps a session that is new. Failing to never fails the post: the next run signs in again.
    pub(super) async fn keep(&self, way: &mut Way) {
        let Some(id) = self.config.session_secret.as_ref().filter(|_| way.changed) else {
            return;
        };
        way.changed = false;
        let Ok(secret) = way.session.to_secret() else {
            warn!(secret = id, "the session could not be written down");
            return;
        };
        let put = timeout_at(self.call_until(way.until), self.secrets.put(id, secret)).await;
        match put.unwrap_or_else(|_| Err(SecretError::timed_out())) {
            Ok(()) => debug!(secret = id, "the session is kept"),
            Err(error) => warn!(secret = id, %error, "the session could not be kept: the next run signs in again"),
        }
    }
}
