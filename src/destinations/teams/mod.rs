//! `kind: teams`: a channel or chat in Teams, work or school.

pub mod client;
pub mod config;
pub mod message;

use self::client::Teams;
use super::{incoming_webhook, kind::DestinationKind};
use crate::report::{KindReader, Reach};

/// `kind: teams`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "teams",
        reach: Reach::Elsewhere,
        keys: config::KEYS,
        read: |settings| incoming_webhook::read::<Teams>(&KIND, settings),
    },
    about: "a channel or chat in Teams, work or school",
    render: message::render,
};
