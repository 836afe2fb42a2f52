//! `kind: sns`: a topic of Amazon SNS.

pub mod client;
pub mod config;
pub mod message;

use self::config::Sns;
use super::{
    clients::Clients,
    kind::{BoxedSpec, DestinationKind, Spec},
};
use crate::{
    delivery::destination::{Destination, Renderer},
    report::{
        DestinationSettings, KindReader, Reach,
        table::{Object, Settings},
    },
    update::{
        Update,
        message::{Mark, Message},
    },
};

/// `kind: sns`.
pub struct Kind;

impl KindReader<BoxedSpec> for Kind {
    fn name(&self) -> &'static str {
        "sns"
    }

    fn keys(&self) -> Object {
        config::KEYS
    }

    fn read(&self, settings: &Settings<'_>) -> Option<BoxedSpec> {
        Some(Box::new(config::read(settings)?))
    }
}

impl Renderer for Kind {
    fn render(&self, update: &Update, mark: Option<Mark>) -> Message {
        message::render(update, mark)
    }
}

impl DestinationKind for Kind {
    fn about(&self) -> &'static str {
        "a topic of Amazon SNS"
    }
}

impl DestinationSettings for Sns {
    fn reach(&self) -> Reach {
        Reach::Aws
    }

    fn given_secret(&self) -> Option<&str> {
        None
    }
}

impl Spec for Sns {
    fn kind(&self) -> &'static dyn DestinationKind {
        &Kind
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(client::Topic::new(name.to_owned(), self.clone(), clients))
    }
}
