//! Chats that the update is posted to: the only place that knows reqwest and the chats' protocols.
//!
//! Every kind of chat is a file or folder beside this file and a variant of [`Chat`]. What they share is here: the HTTP
//! client, its limits, what a status means ([`decision`]), posting by a webhook ([`hook`]), and the seam to wherever
//! secrets are kept.

pub mod address;
mod conversation;
pub mod decision;
mod guard;
pub mod hook;
mod http;
pub mod persist;
pub mod skype;
pub mod slack;
pub mod teams;
pub mod teams_free;
mod token;
pub mod webhook;

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use self::hook::Hook;
use crate::{
    clock::Clock,
    config,
    run::{Destination, Outcome, Post, Side},
};

pub use http::{Limits, client};
pub use reqwest::Client;

/// Where secrets are kept. Implemented by `aws::secrets`.
pub trait Secrets: Sync {
    /// The secret with this name or ARN; `None` when there is none, or when it has no value yet.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<Secret>, SecretError>> + Send;

    /// Gives an existing secret a new value. `version` names it, where the value tells its own version; 32 to 64
    /// characters.
    fn put(
        &self,
        id: &str,
        value: SecretString,
        version: Option<&str>,
    ) -> impl Future<Output = Result<(), SecretError>> + Send;
}

/// Lets one run at a time renew what is spent by being sent. Implemented by `aws::secrets`, with `aws::ledger`.
pub trait Renewals: Sync {
    /// Claims the right to renew what a secret holds for `lease`, unless another run's claim still holds.
    fn claim_renewal(&self, secret: &str, lease: Duration) -> impl Future<Output = Renewal> + Send;

    /// Ends the claim; failing to, it runs out.
    fn end_renewal(&self, secret: &str) -> impl Future<Output = ()> + Send;
}

/// Whose turn it is to renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// This run's.
    Granted,
    /// Another run's.
    InProgress,
    /// Nobody can tell: why, as a phrase.
    OutOfReach(String),
}

/// What a secret holds.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its value.
    pub text: SecretString,
    /// Names this value, and changes whenever somebody puts one, the same one too.
    pub version: Option<String>,
}

/// Why a secret could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SecretError {
    /// Whose move it is.
    pub whose_move: Side,
    /// A phrase that goes on from "it could not be read: ". Never a part of the secret.
    pub text: String,
}

impl SecretError {
    fn timed_out() -> Self {
        Self {
            whose_move: Side::Service,
            text: "no answer in time".into(),
        }
    }
}

/// One chat to post to, of whichever kind. It lives for one run.
pub enum Chat<'a, S> {
    /// A Skype group.
    Skype(skype::Skype<'a, S>),
    /// A Slack channel.
    Slack(Hook<'a, S, slack::Slack>),
    /// A Teams channel or chat, work or school.
    Teams(Hook<'a, S, teams::Teams>),
    /// A group in Teams Free.
    TeamsFree(teams_free::TeamsFree<'a, S>),
    /// A receiver of signed webhooks.
    Webhook(Hook<'a, S, webhook::Webhook>),
}

/// What report.yaml calls a destination, too, but is no chat: it is posted to without the HTTP of this edge.
#[derive(Debug)]
pub enum NoChat<'d> {
    /// A topic of Amazon SNS.
    Sns(&'d config::Sns),
    /// Standard output.
    Log,
}

impl<'a, S: Secrets + Renewals> Chat<'a, S> {
    /// The chat that report.yaml describes.
    ///
    /// # Errors
    /// When it is another kind of destination.
    pub fn new<'d>(
        destination: &'d config::Destination,
        http: Client,
        secrets: &'a S,
        clock: Clock,
    ) -> Result<Self, NoChat<'d>> {
        let name = destination.name.clone();
        Ok(match &destination.kind {
            config::DestinationKind::Skype(config) => {
                Self::Skype(skype::Skype::new(name, config.clone(), http, secrets, clock))
            }
            config::DestinationKind::Slack(config) => {
                Self::Slack(Hook::new(name, config.clone(), http, secrets, clock))
            }
            config::DestinationKind::Teams(config) => {
                Self::Teams(Hook::new(name, config.clone(), http, secrets, clock))
            }
            config::DestinationKind::TeamsFree(config) => {
                Self::TeamsFree(teams_free::TeamsFree::new(name, config.clone(), http, secrets, clock))
            }
            config::DestinationKind::Webhook(config) => {
                Self::Webhook(Hook::new(name, config.clone(), http, secrets, clock))
            }
            config::DestinationKind::Sns(config) => return Err(NoChat::Sns(config)),
            config::DestinationKind::Log => return Err(NoChat::Log),
        })
    }

    /// The same chat with other limits than the usual ones.
    pub fn with_limits(self, limits: Limits) -> Self {
        match self {
            Self::Skype(skype) => Self::Skype(skype.with_limits(limits)),
            Self::Slack(hook) => Self::Slack(hook.with_limits(limits)),
            Self::Teams(hook) => Self::Teams(hook.with_limits(limits)),
            Self::TeamsFree(group) => Self::TeamsFree(group.with_limits(limits)),
            Self::Webhook(hook) => Self::Webhook(hook.with_limits(limits)),
        }
    }
}

impl<S: Secrets + Renewals> Destination for Chat<'_, S> {
    async fn prepare(&self, until: Instant) {
        match self {
            Self::Skype(skype) => skype.prepare(until).await,
            Self::Slack(hook) => hook.prepare(until).await,
            Self::Teams(hook) => hook.prepare(until).await,
            Self::TeamsFree(group) => group.prepare(until).await,
            Self::Webhook(hook) => hook.prepare(until).await,
        }
    }

    async fn post(&self, post: &Post) -> Outcome {
        match self {
            Self::Skype(skype) => skype.post(post).await,
            Self::Slack(hook) => hook.post(post).await,
            Self::Teams(hook) => hook.post(post).await,
            Self::TeamsFree(group) => group.post(post).await,
            Self::Webhook(hook) => hook.post(post).await,
        }
    }
}
