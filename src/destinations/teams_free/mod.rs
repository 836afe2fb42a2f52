//! `kind: teams_free`: a group in Teams Free. Renew the sign-in, get a Skype token, post, each only when it is needed.
//!
//! Microsoft's own programs post in this way; it is promised to nobody. Everything below `/v1` is as it was in Skype. The
//! driver of `conversation` takes the steps; `decision` says what an answer means. The refresh
//! token is what must not be lost: `store` tells how it is kept.

pub mod account;
pub mod authz;
pub mod chats;
mod client;
pub mod config;
pub(super) mod decision;
pub mod device_code;
pub mod hosts;
pub mod login;
pub mod message;
pub mod oauth;
mod requests;
mod response;
mod state;
mod store;
mod turn;

use self::{client::Client, config::TeamsFree, requests::Requests, state::SignInState};
use super::{
    clients::Clients,
    conversation::Conversation,
    kind::{DestinationKind, Spec},
};
use crate::{
    delivery::{destination::Destination, retry::Limits},
    report::{DestinationSettings, KindReader, Reach, WrittenSecret},
};

/// The number of usual pauses after throttling when the service asks for none: clients of Teams Free were let in again after
/// a minute.
const THROTTLED: u32 = 4;

const _: () = assert!(THROTTLED as u64 * Limits::USUAL.after_throttling.as_secs() == 60);

/// `kind: teams_free`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "teams_free",
        reach: Reach::Elsewhere,
        keys: config::KEYS,
        read: |settings| Some(Box::new(config::read(settings)?)),
    },
    about: "a group in Teams Free",
    render: message::render,
};

impl DestinationSettings for TeamsFree {
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
    fn kind(&self) -> &'static DestinationKind {
        &KIND
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        let client = Client {
            config: self,
            clients,
            requests: Requests::new(clients.http.clone(), self.hosts.clone()),
        };
        let limits = Limits {
            after_throttling: THROTTLED * clients.limits.after_throttling,
            ..clients.limits
        };
        let state = SignInState::default();
        Conversation::open(name, self.display_name.as_deref(), client, state, limits)
    }
}
