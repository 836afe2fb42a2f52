//! Where the update is posted to: the only place that knows reqwest and the chats' protocols.
//!
//! Each kind of destination is a folder beside this file.

pub mod conversation;
pub mod http;
pub mod incoming_webhook;
pub mod keys;
pub mod log;
mod resolver;
pub mod secret;
pub mod skype;
pub mod slack;
pub mod sns;
pub mod teams;
pub mod teams_free;
pub mod webhook;

use reqwest::Client;
use tokio::time::Instant;

use self::incoming_webhook::client::IncomingWebhook;
use crate::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        outcome::Outcome,
        retry::Limits,
        secrets::{Renewals, Secrets},
    },
    report::{self, DestinationKind},
    update::{
        Update,
        message::{Mark, Message},
    },
};

/// The update for one kind of chat.
pub fn render(kind: &DestinationKind, update: &Update, mark: Option<Mark>) -> Message {
    let render = match kind {
        DestinationKind::Skype(_) => skype::message::render,
        DestinationKind::Slack(_) => slack::message::render,
        DestinationKind::Teams(_) => teams::message::render,
        DestinationKind::TeamsFree(_) => teams_free::message::render,
        DestinationKind::Sns(_) => sns::message::render,
        DestinationKind::Webhook(_) => webhook::message::render,
        DestinationKind::Log => log::message::render,
    };
    render(update, mark)
}

/// One chat to post to, of whichever kind. It lives for one run.
pub enum Chat<'a, S> {
    /// A Skype group.
    Skype(skype::client::Skype<'a, S>),
    /// A Slack channel.
    Slack(IncomingWebhook<'a, S, slack::client::Slack>),
    /// A Teams channel or chat, work or school.
    Teams(IncomingWebhook<'a, S, teams::client::Teams>),
    /// A group in Teams Free.
    TeamsFree(teams_free::client::TeamsFree<'a, S>),
    /// A receiver of signed webhooks.
    Webhook(IncomingWebhook<'a, S, webhook::client::Webhook>),
}

/// What report.yaml calls a destination, too, but is no chat: it is posted to without the HTTP of this edge.
#[derive(Debug)]
pub enum NoChat<'d> {
    /// A topic of Amazon SNS.
    Sns(&'d sns::config::Sns),
    /// Standard output.
    Log,
}

impl<'a, S: Secrets + Renewals> Chat<'a, S> {
    /// The chat that report.yaml describes.
    ///
    /// # Errors
    /// When it is another kind of destination.
    pub fn new<'d>(
        destination: &'d report::Destination,
        http: Client,
        secrets: &'a S,
        clock: Clock,
    ) -> Result<Self, NoChat<'d>> {
        let name = destination.name.clone();
        Ok(match &destination.kind {
            DestinationKind::Skype(config) => {
                Self::Skype(skype::client::Skype::new(name, config.clone(), http, secrets, clock))
            }
            DestinationKind::Slack(config) => {
                Self::Slack(IncomingWebhook::new(name, config.clone(), http, secrets, clock))
            }
            DestinationKind::Teams(config) => {
                Self::Teams(IncomingWebhook::new(name, config.clone(), http, secrets, clock))
            }
            DestinationKind::TeamsFree(config) => Self::TeamsFree(teams_free::client::TeamsFree::new(
                name,
                config.clone(),
                http,
                secrets,
                clock,
            )),
            DestinationKind::Webhook(config) => {
                Self::Webhook(IncomingWebhook::new(name, config.clone(), http, secrets, clock))
            }
            DestinationKind::Sns(config) => return Err(NoChat::Sns(config)),
            DestinationKind::Log => return Err(NoChat::Log),
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

#[cfg(test)]
pub(crate) mod tests;
