//! `kind: webhook`: a receiver of signed webhooks.

pub mod client;
pub mod config;
pub mod message;

use self::client::Webhook;
use super::{
    incoming_webhook,
    kind::{BoxedSpec, DestinationKind},
};
use crate::{
    delivery::destination::Renderer,
    report::{
        KindReader,
        table::{Object, Settings},
    },
    update::{
        Update,
        message::{Mark, Message},
    },
};

/// `kind: webhook`.
pub struct Kind;

impl KindReader<BoxedSpec> for Kind {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn keys(&self) -> Object {
        config::KEYS
    }

    fn read(&self, settings: &Settings<'_>) -> Option<BoxedSpec> {
        incoming_webhook::read::<Webhook>(&Kind, settings)
    }
}

impl Renderer for Kind {
    fn render(&self, update: &Update, mark: Option<Mark>) -> Message {
        message::render(update, mark)
    }
}

impl DestinationKind for Kind {
    fn about(&self) -> &'static str {
        "a receiver of signed webhooks"
    }
}
