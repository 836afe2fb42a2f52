//! The secret is read, and written as soon as something in it has changed.
//!
//! Refresh tokens rotate. Microsoft has been seen to take an old one for a while after its successor was given, but
//! promises nothing, so a successor is written before it or the access token that came with it is used. Each way to
//! lose one ends well as long as one of the last two is good: a write that fails or is never made leaves the old one,
//! and after a refusal the secret is read once more. Of two runs at once one renews: see `turn`.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tracing::{debug, warn};

use super::{
    account::Account,
    client::Client,
    decision::{SIGN_IN_AGAIN, Step},
    state::{SignInState, Turn, WRITING},
};
use crate::{
    delivery::{
        outcome::{PostError, Side},
        secrets::{Secret, SecretError},
    },
    destinations::{
        conversation::{Run, Step as _, Store},
        secret::{self, Unusable},
    },
};

#[async_trait]
impl Store for Client<'_> {
    async fn load(&self, run: &mut Run<SignInState>) {
        match self.read_secret(run).await {
            Ok(secret) => self.replace(&mut run.state, secret),
            Err(error) => run.state.account = Err(error),
        }
    }

    /// After preparing another run's turn may be over, or somebody may have signed in.
    async fn reload(&self, run: &mut Run<SignInState>, error: &PostError, preparing: bool) -> bool {
        preparing && (run.state.waited_in_vain || error.sign_in_needed && self.look_again(run).await)
    }

    /// A write that has failed while preparing is made again when posting, in the same turn.
    async fn save(&self, run: &mut Run<SignInState>, preparing: bool) {
        if preparing && run.state.changed {
            return;
        }
        self.write_changes(run).await;
        self.end_turn(run).await;
    }

    /// Writes that every refresh token was refused, so that no later run sends them. Only over what was refused, and
    /// only while it is this run's turn: somebody may have signed in meanwhile.
    async fn refused(&self, run: &mut Run<SignInState>, _error: &mut PostError, _status: Option<u16>) {
        if !matches!(run.state.turn, Turn::Mine(_)) || !self.has_turn(run) {
            return;
        }
        let refused = match self.read_secret(run).await {
            Ok(now) if run.state.knows(&now) => now.version,
            _ => return,
        };
        let (Some(refused), Ok(account)) = (refused, &mut run.state.account) else {
            return;
        };
        let version = version_after(&refused);
        account.refuse(&version);
        match self.write(run, Some(version)).await {
            Ok(()) => run.state.refused = true,
            Err(error) => warn!(
                secret = self.config.secret,
                %error,
                "that the sign-in was refused could not be kept: the next run sends it again"
            ),
        }
    }
}

impl Client<'_> {
    /// Reads the secret again; whether there is something new that may help.
    pub async fn look_again(&self, run: &mut Run<SignInState>) -> bool {
        let Ok(secret) = self.read_secret(run).await else {
            return false;
        };
        let is_known = run.state.knows(&secret);
        if !is_known {
            debug!(secret = self.config.secret, "the secret has been changed");
            self.replace(&mut run.state, secret);
        }
        !is_known && (run.state.token().is_some() || run.state.next_step(self.clients.clock.now()) == Step::Post)
    }

    /// Takes over what a secret holds.
    fn replace(&self, state: &mut SignInState, secret: Secret) {
        let account = Account::parse(&secret.text, &self.config.hosts.teams);
        let version = secret.version.as_deref();
        state.refused = account.as_ref().is_ok_and(|account| account.is_refused(version));
        state.account = account.map_err(|what| self.failed(&Unusable::Malformed(what.into())));
        state.known = Some(secret);
        state.access = None;
        state.changed = false;
    }

    /// Reads the secret.
    pub async fn read_secret(&self, run: &Run<SignInState>) -> Result<Secret, PostError> {
        let read = secret::read(self.clients.secrets, &self.config.secret, run.end_of_call()).await;
        read.map_err(|unusable| self.failed(&unusable))
    }

    fn failed(&self, unusable: &Unusable) -> PostError {
        let secret = &self.config.secret;
        let text = match unusable {
            Unusable::Unreadable(_) => format!("the secret {secret} {unusable}"),
            Unusable::Missing | Unusable::Malformed(_) => format!("the secret {secret} {unusable}; {SIGN_IN_AGAIN}"),
        };
        Step::Renew.failed(unusable.whose_move(), &text)
    }

    /// Writes the account if it is new. A failure does not fail the post: most likely the old token is good for another
    /// renewal, and without this message nobody would know sooner.
    pub async fn write_changes(&self, run: &mut Run<SignInState>) {
        if !run.state.changed || run.state.account.is_err() {
            return;
        }
        if !self.may_write(run).await {
            run.state.changed = false;
            return;
        }
        match self.write(run, None).await {
            Ok(()) => run.state.changed = false,
            Err(error) => warn!(
                secret = self.config.secret,
                %error,
                "the sign-in could not be kept: the next run depends on the token before"
            ),
        }
    }

    /// Writes the account. The version names what is written, where the text tells its own.
    async fn write(&self, run: &mut Run<SignInState>, version: Option<String>) -> Result<(), SecretError> {
        let Ok(account) = &run.state.account else { return Ok(()) };
        let text = account.to_secret().map_err(|_| SecretError {
            whose_move: Side::Ours,
            text: "it could not be put into words".into(),
        })?;
        let until = run.end_of_call().min(run.within(WRITING));
        let (secrets, id) = (self.clients.secrets, &self.config.secret);
        secret::write(secrets, id, text.clone(), version.as_deref(), until).await?;
        debug!(secret = id, "the sign-in is kept");
        run.state.known = Some(Secret { text, version });
        Ok(())
    }
}

/// The version that tells of the refusal of another one: the same whichever run writes it.
fn version_after(refused: &str) -> String {
    let hash = Sha256::digest(format!("refused {refused}"));
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
