//! `kind: skype`: a group in Skype.

mod answer;
pub mod client;
pub mod config;
mod credentials;
pub mod decision;
mod hosts;
mod keeping;
pub mod lock_and_key;
pub mod message;
mod registration;
mod session;
mod soap;
mod ticket;
mod way;
mod xml;

use self::config::Skype;
use super::{
    clients::Clients,
    kind::{BoxedSpec, DestinationKind, Spec},
};
use crate::{
    delivery::destination::{Destination, Renderer},
    report::{
        DestinationSettings, KindReader, Reach, WrittenSecret,
        table::{Object, Settings},
    },
    update::{
        Update,
        message::{Mark, Message},
    },
};

/// `kind: skype`.
pub struct Kind;

impl KindReader<BoxedSpec> for Kind {
    fn name(&self) -> &'static str {
        "skype"
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
        "a group in Skype"
    }
}

impl DestinationSettings for Skype {
    fn reach(&self) -> Reach {
        Reach::Elsewhere
    }

    fn given_secret(&self) -> Option<&str> {
        Some(&self.secret)
    }

    fn written_secret(&self) -> Option<WrittenSecret<'_>> {
        self.session_secret.as_deref().map(|id| WrittenSecret {
            id,
            key: "session_secret",
            holds: "session",
        })
    }
}

impl Spec for Skype {
    fn kind(&self) -> &'static dyn DestinationKind {
        &Kind
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(client::Skype::new(name.to_owned(), self.clone(), clients))
    }
}
