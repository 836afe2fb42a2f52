//! The secret of a bot that posts to Teams Free: who it is for Microsoft's sign-in, in one JSON object.
//!
//! Each renewal replaces the refresh token, so the function writes this secret. Losing a token means that a person has to
//! sign in again; therefore the one before is kept until its successor has worked, and what else is in the secret may
//! be missing, malformed or new without any harm to the tokens.
//!
//! An error tells what is wrong with the secret, never a part of it: serde's own messages quote what they found.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use url::Url;

use super::{
    authz::{Granted, Session},
    hosts,
};
use crate::destinations::conversation::token::exposed;

/// Secrets Manager's own limit; what is larger is no account.
const LARGEST: usize = 64 * 1024;

/// The longest token, in bytes: Microsoft's have one to three thousand. Several of this length still fit into a secret.
const LONGEST_TOKEN: usize = 16 * 1024;

/// The bot's account: its client id and tokens.
#[derive(Debug, Serialize, Deserialize)]
pub struct Account {
    /// The program that Microsoft takes the bot for; refresh tokens are good for the one that signed in only.
    client_id: String,
    #[serde(serialize_with = "exposed")]
    refresh_token: SecretString,
    /// The token that brought `refresh_token`.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    previous_refresh_token: Option<SecretString>,
    /// The token that chats are posted with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    session: Option<Session>,
    /// The version of the secret whose refresh tokens were refused; they are not sent again while it is this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    refused: Option<String>,
    /// The name that signed in, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    signed_in_as: Option<String>,
}

impl Account {
    /// An account whose first refresh token has just been given.
    pub fn new(client_id: &str, refresh_token: SecretString) -> Self {
        Self {
            client_id: client_id.to_owned(),
            refresh_token,
            previous_refresh_token: None,
            session: None,
            refused: None,
            signed_in_as: None,
        }
    }

    /// The account in a secret's text, or a phrase that says what is wrong with it. A session that would have its token
    /// sent to a foreign host is left out; `teams` is the host in report.yaml.
    pub fn parse(secret: &SecretString, teams: &Url) -> Result<Self, &'static str> {
        let text = secret.expose_secret();
        if text.trim().is_empty() {
            return Err("is empty");
        }
        if text.len() > LARGEST {
            return Err("is larger than 64 KiB");
        }
        let mut account: Self = serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => "must have the keys \"client_id\" and \"refresh_token\", both with text",
            _ => "is not JSON",
        })?;
        if !is_client_id(&account.client_id) {
            return Err("has a \"client_id\" that cannot be one");
        }
        if !is_token(&account.refresh_token) {
            return Err("has a \"refresh_token\" that cannot be one");
        }
        account.previous_refresh_token = account.previous_refresh_token.filter(is_token);
        account.session = account
            .session
            .filter(|session| session.token.is_sendable() && hosts::is_allowed(&session.chat_service, teams));
        Ok(account)
    }

    /// The text to store.
    pub fn to_secret(&self) -> serde_json::Result<SecretString> {
        serde_json::to_string(self).map(SecretString::from)
    }

    /// The program that the bot signs in as.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The refresh tokens that are worth trying, the best first.
    pub fn refresh_tokens(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.refresh_token).chain(&self.previous_refresh_token)
    }

    /// Keeps what a renewal with `used` has brought. `used` has worked, so what came before it is not needed any more;
    /// whether its successor works is not known yet.
    pub fn renewed(&mut self, used: SecretString, new: SecretString) {
        self.refresh_token = new;
        self.previous_refresh_token = Some(used);
        self.refused = None;
    }

    /// Keeps that the refresh tokens were refused, in the version of the secret that this is written as. Whoever puts the
    /// same text again makes another version of it.
    pub fn refuse(&mut self, version: &str) {
        self.refused = Some(version.to_owned());
    }

    /// Whether this version of the secret says that its refresh tokens were refused.
    pub fn is_refused(&self, version: Option<&str>) -> bool {
        version.is_some() && self.refused.as_deref() == version
    }

    /// The session, while it lasts.
    pub fn session(&self, now: Timestamp) -> Option<&Session> {
        self.session.as_ref().filter(|session| session.token.is_fresh(now))
    }

    /// Keeps what an exchange has brought.
    pub fn granted(&mut self, granted: Granted) {
        self.session = Some(granted.session);
        self.signed_in_as = granted.signed_in_as.or(self.signed_in_as.take());
    }

    /// Forgets a session that was refused.
    pub fn forget_session(&mut self) {
        self.session = None;
    }

    /// The name that signed in, if it is known.
    pub fn signed_in_as(&self) -> Option<&str> {
        self.signed_in_as.as_deref()
    }
}

/// Whether it could be a refresh token: what cannot is not worth a request.
pub fn is_token(token: &SecretString) -> bool {
    let text = token.expose_secret();
    (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A GUID, or another of Microsoft's older ids.
pub fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn exposed_if_any<S: Serializer>(text: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => exposed(text, to),
        None => to.serialize_none(),
    }
}

/// Reads a field that counts as absent where it cannot be read.
fn lenient<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(T::deserialize(value).ok())
}

#[cfg(test)]
mod tests;
