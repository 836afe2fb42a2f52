//! `kind: webhook`: a receiver of signed webhooks.

pub mod client;
pub mod config;
pub mod message;

use self::client::Webhook;
use super::{incoming_webhook, kind::DestinationKind};
use crate::report::{KindReader, Reach};

/// `kind: webhook`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "webhook",
        reach: Reach::Elsewhere,
        keys: config::KEYS,
        read: |settings| incoming_webhook::read::<Webhook>(&KIND, settings),
    },
    about: "a receiver of signed webhooks",
    render: message::render,
};
