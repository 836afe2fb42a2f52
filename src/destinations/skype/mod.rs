//! `kind: skype`: a group in Skype. Sign in, exchange the ticket, register, post, each only when it is needed.
//!
//! The driver of `conversation` takes the steps; `decision` says what an answer means; the other
//! files know one request or one text each. There is no profile and no presence call: sending needs neither.

mod client;
pub mod config;
mod credentials;
pub(super) mod decision;
mod hosts;
pub mod lock_and_key;
pub mod message;
mod registration;
mod response;
mod session;
mod soap;
mod state;
mod store;
mod ticket;
mod xml;

use self::{client::Client, config::Skype, state::SignInState};
use super::{
    clients::Clients,
    conversation::Conversation,
    kind::{DestinationKind, Spec},
};
use crate::{
    delivery::destination::Destination,
    report::{DestinationSettings, KindReader, Reach, WrittenSecret},
};

/// `kind: skype`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "skype",
        reach: Reach::Elsewhere,
        keys: config::KEYS,
        read: |settings| Some(Box::new(config::read(settings)?)),
    },
    about: "a group in Skype",
    render: message::render,
};

impl DestinationSettings for Skype {
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
    fn kind(&self) -> &'static DestinationKind {
        &KIND
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        let client = Client { config: self, clients };
        let state = SignInState::new(self.hosts.messages.clone());
        Conversation::open(name, self.display_name.as_deref(), client, state, clients.limits)
    }
}
