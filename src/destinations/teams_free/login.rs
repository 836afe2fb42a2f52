//! Signing in for the bot, which a person does once. A code is shown, the person types it in a browser on any device, and
//! what that brings is an [`Account`] whose tokens are kept in a secret.

use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    account::Account,
    authz,
    chats::{self, Group},
    config::TeamsFreeHosts,
    device_code::{self, DeviceCode, LoginError, Next, Pace, Polling},
    oauth::{CLIENT_ID, Tokens},
    requests::Requests,
};
use crate::{
    clock::Clock,
    delivery::retry::{Limits, NoResponse},
    destinations::http::{self, Reply},
};

/// The longest time for one call; a person waits for it.
const CALL: Duration = Duration::from_secs(20);

/// The bytes that are read of a page of chats: each chat comes with its last message.
const LIST: usize = 4 * 1024 * 1024;

/// The most pages of chats that are read, with a hundred chats each.
const PAGES: usize = 20;

/// One sign-in.
pub struct Login {
    requests: Requests,
    clock: Clock,
    pace: Pace,
}

impl Login {
    /// At these hosts.
    pub fn new(http: reqwest::Client, hosts: TeamsFreeHosts, clock: Clock) -> Self {
        Self {
            requests: Requests::new(http, hosts),
            clock,
            pace: Pace::default(),
        }
    }

    /// The sign-in at another pace of waiting for the person.
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Asks for a code that the person is to type.
    ///
    /// # Errors
    /// Whatever keeps it from getting one.
    pub async fn begin(&self) -> Result<DeviceCode, LoginError> {
        const WHAT: &str = "a code was asked for";
        let reply = http::call(self.requests.device_code(CLIENT_ID), Instant::now() + CALL).await;
        device_code::device_code(&answered(WHAT, reply)?.body).map_err(|because| failed(WHAT, because))
    }

    /// Waits until the person has signed in, and asks who it was.
    ///
    /// # Errors
    /// When the person declines or the code expires, or the account cannot be used for Teams Free.
    pub async fn wait(&self, code: &DeviceCode) -> Result<Account, LoginError> {
        let until = Instant::now() + code.life;
        let tokens = timeout_at(until, self.signed_in(code))
            .await
            .unwrap_or(Err(LoginError::Expired))?;
        let Some(refresh) = tokens.refresh else {
            return Err(failed("signing in", "it brought no refresh token"));
        };
        const WHAT: &str = "a Skype token was asked for";
        // The person has done their part: a passing fault must not ask them for it again.
        let mut pauses = Limits::USUAL.after_fault.iter();
        let reply = loop {
            let reply = http::call(self.requests.skype_token(&tokens.access), Instant::now() + CALL).await;
            let may_pass = reply.as_ref().map_or(true, |reply| reply.status.is_server_error());
            match pauses.next() {
                Some(pause) if may_pass => sleep(*pause).await,
                _ => break answered(WHAT, reply)?,
            }
        };
        let granted = authz::granted(&reply.body, self.clock.now(), self.requests.teams());
        let mut account = Account::new(CLIENT_ID, refresh);
        account.granted(granted.map_err(|because| failed(WHAT, because))?);
        Ok(account)
    }

    async fn signed_in(&self, code: &DeviceCode) -> Result<Tokens, LoginError> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", CLIENT_ID),
            ("device_code", code.secret.expose_secret()),
        ];
        let mut polling = Polling::new(code, self.pace);
        loop {
            sleep(polling.pause()).await;
            let reply = http::call(self.requests.tokens(&form), Instant::now() + CALL).await;
            let Ok(reply) = reply else {
                polling.unanswered();
                continue;
            };
            match polling.answered(reply.status.as_u16(), &reply.body) {
                Next::SignedIn(tokens) => return Ok(tokens),
                Next::Over(error) => return Err(error),
                Next::Ask => {}
            }
        }
    }

    /// The groups that the account is a member of.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn groups(&self, account: &Account) -> Result<Vec<Group>, LoginError> {
        const WHAT: &str = "the groups were asked for";
        let Some(session) = account.session(self.clock.now()) else {
            return Err(failed(WHAT, "there is no Skype token"));
        };
        let mut groups: Vec<Group> = Vec::new();
        let mut request = self.requests.chats(session);
        for _ in 0..PAGES {
            let reply = answered(WHAT, http::call_for(LIST, request, Instant::now() + CALL).await)?;
            let page = chats::page(&reply.body, self.requests.teams()).map_err(|because| failed(WHAT, because))?;
            let before = groups.len();
            for group in page.groups {
                if !groups.iter().any(|known| known.id == group.id) {
                    groups.push(group);
                }
            }
            match page.next {
                Some(next) if groups.len() > before => request = self.requests.more_chats(session, next),
                _ => break,
            }
        }
        Ok(groups)
    }
}

/// An accepted answer.
fn answered(what: &str, reply: Result<Reply, NoResponse>) -> Result<Reply, LoginError> {
    match reply {
        Ok(reply) if reply.broken_off => Err(failed(what, "the answer broke off")),
        Ok(reply) if reply.status.is_success() => Ok(reply),
        Ok(reply) => Err(failed(
            what,
            &format!("it was refused (HTTP {})", reply.status.as_u16()),
        )),
        Err(none) => Err(failed(what, &none.to_string())),
    }
}

fn failed(what: &str, because: &str) -> LoginError {
    LoginError::Failed(format!("{what}: {because}"))
}
