//! The two secrets: the credentials are read, the session is read and written.

use async_trait::async_trait;
use futures_util::future::join;
use tracing::{debug, info, warn};

use super::{
    client::{Client, put_again},
    credentials::Credentials,
    decision::Step,
    session::Session,
    state::SignInState,
};
use crate::{
    delivery::outcome::PostError,
    destinations::{
        conversation::{Run, Step as _, Store},
        secret::{self, Unusable},
    },
};

#[async_trait]
impl Store for Client<'_> {
    /// Reads both secrets. Bad credentials are no obstacle as long as there is a session.
    async fn load(&self, run: &mut Run<SignInState>) {
        let (credentials, session) = join(self.read_credentials(run), self.read_session(run)).await;
        let state = &mut run.state;
        state.session = session.unwrap_or_default();
        match &credentials {
            Ok((credentials, _)) if credentials.user() != state.session.user => state.forget_tokens(),
            Ok(_) => {}
            Err(error) => warn!(%error, "signing in is not possible"),
        }
        state.know(credentials);
    }

    /// Reads the credentials again. Whether somebody has put others, or the same ones again: a version that was refused is
    /// never sent twice.
    async fn reload(&self, run: &mut Run<SignInState>, error: &PostError, _preparing: bool) -> bool {
        if !error.sign_in_needed {
            return false;
        }
        let Ok((now, version)) = self.read_credentials(run).await else {
            return false;
        };
        let state = &mut run.state;
        let is_known = match &state.credentials {
            Ok(before) if version.is_none() => now.are(before),
            Ok(_) => version == state.version,
            Err(_) => false,
        };
        if is_known {
            return false;
        }
        let secret = &self.config.secret;
        info!(
            secret,
            "the credentials have been changed: signing in with the new ones"
        );
        state.know(Ok((now, version)));
        state.forget_all();
        true
    }

    /// Writes the session if it is new. A failure never fails the post: the next run signs in again.
    async fn save(&self, run: &mut Run<SignInState>, _preparing: bool) {
        let Some(id) = self.config.session_secret.as_ref().filter(|_| run.state.changed) else {
            return;
        };
        run.state.changed = false;
        let Ok(text) = run.state.session.to_secret() else {
            warn!(secret = id, "the session could not be written down");
            return;
        };
        match secret::write(self.clients.secrets, id, text, None, run.end_of_call()).await {
            Ok(()) => debug!(secret = id, "the session is kept"),
            Err(error) => warn!(secret = id, %error, "the session could not be kept: the next run signs in again"),
        }
    }

    /// A request that has not got to the sign-in itself says nothing of the credentials.
    async fn refused(&self, run: &mut Run<SignInState>, error: &mut PostError, status: Option<u16>) {
        let state = &mut run.state;
        if matches!(status, Some(200..=299 | 401 | 403)) && state.credentials.is_ok() {
            state.refuse();
            if state.is_refused() && self.config.session_secret.is_some() {
                error.text += &format!("; {}", put_again(&self.config.secret));
            }
        }
    }
}

impl Client<'_> {
    /// Reads the credentials, with the version of the secret.
    async fn read_credentials(&self, run: &Run<SignInState>) -> Result<(Credentials, Option<String>), PostError> {
        let id = &self.config.secret;
        let read = secret::read(self.clients.secrets, id, run.end_of_call()).await;
        read.and_then(|secret| match Credentials::parse(&secret.text) {
            Ok(credentials) => Ok((credentials, secret.version)),
            Err(what) => Err(Unusable::Malformed(what.into())),
        })
        .map_err(|unusable| Step::SignIn.failed(unusable.whose_move(), &format!("the secret {id} {unusable}")))
    }

    async fn read_session(&self, run: &Run<SignInState>) -> Option<Session> {
        let id = self.config.session_secret.as_ref()?;
        match secret::read(self.clients.secrets, id, run.end_of_call()).await {
            Ok(secret) => {
                let session = Session::parse(&secret.text, &self.config.hosts.messages);
                if session.is_none() {
                    info!(secret = id, "there is no session in the session's secret");
                }
                session
            }
            Err(Unusable::Missing) => None,
            Err(error) => {
                warn!(secret = id, %error, "there is no session to go on with");
                None
            }
        }
    }
}
