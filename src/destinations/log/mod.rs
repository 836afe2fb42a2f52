//! `kind: log`: standard output: in the function, its log.

pub mod client;
pub mod config;
pub mod message;

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

/// The settings of a log: there are none.
#[derive(Debug)]
struct Log;

/// `kind: log`.
pub struct Kind;

impl KindReader<BoxedSpec> for Kind {
    fn name(&self) -> &'static str {
        "log"
    }

    fn keys(&self) -> Object {
        config::KEYS
    }

    fn read(&self, _settings: &Settings<'_>) -> Option<BoxedSpec> {
        Some(Box::new(Log))
    }
}

impl Renderer for Kind {
    fn render(&self, update: &Update, mark: Option<Mark>) -> Message {
        message::render(update, mark)
    }
}

impl DestinationKind for Kind {
    fn about(&self) -> &'static str {
        "standard output, the log of the function"
    }
}

impl DestinationSettings for Log {
    fn reach(&self) -> Reach {
        Reach::Machine
    }

    fn given_secret(&self) -> Option<&str> {
        None
    }
}

impl Spec for Log {
    fn kind(&self) -> &'static dyn DestinationKind {
        &Kind
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(client::Output::new(name.to_owned(), clients))
    }
}
