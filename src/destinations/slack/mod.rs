//! `kind: slack`: a channel in Slack.

pub mod client;
pub mod config;
pub mod message;

use self::client::Slack;
use super::{incoming_webhook, kind::DestinationKind};
use crate::report::{KindReader, Reach};

/// `kind: slack`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "slack",
        reach: Reach::Elsewhere,
        keys: config::KEYS,
        read: |settings| incoming_webhook::read::<Slack>(&KIND, settings),
    },
    about: "a channel in Slack",
    render: message::render,
};
