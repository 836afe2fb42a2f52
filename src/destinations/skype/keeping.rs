//! The two secrets: credentials are read, the session is read and kept.

use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::{
    client::Skype,
    credentials::Credentials,
    decision::{Seen, Step},
    session::Session,
    way::Way,
};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::secret::{self, Unusable},
};

impl Skype<'_> {
    /// Reads both secrets, once. Bad credentials are no obstacle as long as there is a session.
    pub(super) async fn begin(&self, way: &mut Way) {
        if std::mem::replace(&mut way.begun, true) {
            return;
        }
        let (credentials, session) =
            futures_util::future::join(self.credentials(way.until), self.kept_session(way.until)).await;
        way.session = session.unwrap_or_default();
        match &credentials {
            Ok((credentials, _)) if credentials.user() != way.session.user => way.forget_tokens(),
            Ok(_) => {}
            Err(error) => warn!(%error, "signing in is not possible"),
        }
        way.know(credentials);
    }

    /// Whether it is worth signing in once more after `error`: the credentials are refused, and somebody has put others,
    /// or the same ones again, since they were read. They are read again once in a run; what is refused is never sent
    /// twice.
    pub(super) async fn changed_credentials(&self, way: &mut Way, error: &PostError) -> bool {
        if !error.sign_in_needed || std::mem::replace(&mut way.read_again, true) {
            return false;
        }
        let (now, version) = match self.credentials(way.until).await {
            Ok(now) => now,
            Err(_) => return false,
        };
        let is_known = match &way.credentials {
            Ok(before) if version.is_none() => now.are(before),
            Ok(_) => version == way.version,
            Err(_) => false,
        };
        if is_known {
            return false;
        }
        info!(
            secret = self.config.secret,
            "the credentials have been changed: signing in with the new ones"
        );
        way.know(Ok((now, version)));
        way.forget_all();
        true
    }

    /// The credentials, and the version of the secret that they were read from.
    async fn credentials(&self, until: Instant) -> Result<(Credentials, Option<String>), PostError> {
        let id = &self.config.secret;
        let read = secret::read(self.secrets, id, self.call_until(until)).await;
        read.and_then(|secret| match Credentials::parse(&secret.text) {
            Ok(credentials) => Ok((credentials, secret.version)),
            Err(what) => Err(Unusable::Malformed(what.into())),
        })
        .map_err(|unusable| Step::SignIn.failed(unusable.whose_move(), &format!("the secret {id} {unusable}")))
    }

    async fn kept_session(&self, until: Instant) -> Option<Session> {
        let id = self.config.session_secret.as_ref()?;
        match secret::read(self.secrets, id, self.call_until(until)).await {
            Ok(secret) => {
                let session = Session::parse(&secret.text, &self.config.hosts.messages);
                if session.is_none() {
                    info!(secret = id, "there is no session in the session's secret");
                }
                session
            }
            Err(Unusable::Missing) => None,
            Err(error) => {
                warn!(secret = id, %error, "there is no session");
                None
            }
        }
    }

    /// Keeps that the credentials were refused, where that is what the error and the answer say: of what has not got
    /// to the sign-in itself nobody has said anything.
    pub(super) fn refused(&self, step: Step, way: &mut Way, seen: &Seen, mut error: PostError) -> PostError {
        let is_verdict = matches!(seen, Ok(answer) if matches!(answer.status, 200..=299 | 401 | 403));
        if step == Step::SignIn && is_verdict && error.whose_move == Side::Operator && way.credentials.is_ok() {
            way.refuse();
            if way.is_refused() && self.config.session_secret.is_some() {
                error.text.push_str("; ");
                error.text.push_str(&self.put_again());
            }
        }
        error
    }

    pub(super) fn refused_before(&self) -> PostError {
        let error = format!("the credentials were refused before; {}", self.put_again());
        Step::SignIn.failed(Side::Operator, &error)
    }

    /// What somebody has to do before the next sign-in.
    fn put_again(&self) -> String {
        let secret = &self.config.secret;
        format!("they are not sent again until somebody puts others, or the same ones again, into the secret {secret}")
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
        match secret::write(self.secrets, id, secret, None, self.call_until(way.until)).await {
            Ok(()) => debug!(secret = id, "the session is kept"),
            Err(error) => warn!(secret = id, %error, "the session could not be kept: the next run signs in again"),
        }
    }
}
