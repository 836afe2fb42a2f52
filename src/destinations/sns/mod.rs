//! `kind: sns`: a topic of Amazon SNS.

pub mod client;
pub mod config;
pub mod message;

use self::config::Sns;
use super::{
    clients::Clients,
    kind::{DestinationKind, Spec},
};
use crate::{
    delivery::destination::Destination,
    report::{DestinationSettings, KindReader, Reach},
};

/// `kind: sns`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "sns",
        reach: Reach::Aws,
        keys: config::KEYS,
        read: |settings| Some(Box::new(config::read(settings)?)),
    },
    about: "a topic of Amazon SNS",
    render: message::render,
};

impl DestinationSettings for Sns {}

impl Spec for Sns {
    fn kind(&self) -> &'static DestinationKind {
        &KIND
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(client::Topic::new(name.to_owned(), self.clone(), clients))
    }
}
