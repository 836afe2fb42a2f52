//! `kind: teams_free`: a group in Teams Free.

pub mod account;
mod answer;
pub mod authz;
pub mod chats;
pub mod client;
pub mod config;
pub mod decision;
pub mod device_code;
pub mod hosts;
mod keeping;
pub mod login;
pub mod message;
pub mod oauth;
mod requests;
mod turn;
mod way;

use self::config::TeamsFree;
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

/// `kind: teams_free`.
pub struct Kind;

impl KindReader<BoxedSpec> for Kind {
    fn name(&self) -> &'static str {
        "teams_free"
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
        "a group in Teams Free"
    }
}

impl DestinationSettings for TeamsFree {
    fn reach(&self) -> Reach {
        Reach::Elsewhere
    }

    fn given_secret(&self) -> Option<&str> {
        Some(&self.secret)
    }

    fn written_secret(&self) -> Option<WrittenSecret<'_>> {
        Some(WrittenSecret {
            id: &self.secret,
            key: "secret",
            holds: "sign-in",
        })
    }
}

impl Spec for TeamsFree {
    fn kind(&self) -> &'static dyn DestinationKind {
        &Kind
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(client::TeamsFree::new(name.to_owned(), self.clone(), clients))
    }
}
