//! `kind: teams`: a channel or chat in Teams, work or school.

pub mod client;
pub mod config;
pub mod message;

use self::client::Teams;
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

/// `kind: teams`.
pub struct Kind;

impl KindReader<BoxedSpec> for Kind {
    fn name(&self) -> &'static str {
        "teams"
    }

    fn keys(&self) -> Object {
        config::KEYS
    }

    fn read(&self, settings: &Settings<'_>) -> Option<BoxedSpec> {
        incoming_webhook::read::<Teams>(&Kind, settings)
    }
}

impl Renderer for Kind {
    fn render(&self, update: &Update, mark: Option<Mark>) -> Message {
        message::render(update, mark)
    }
}

impl DestinationKind for Kind {
    fn about(&self) -> &'static str {
        "a channel or chat in Teams, work or school"
    }
}
