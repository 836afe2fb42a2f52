//! `kind: log`: standard output: in the function, its log.

pub mod client;
pub mod config;
pub mod message;

use super::{
    clients::Clients,
    kind::{DestinationKind, Spec},
};
use crate::{
    delivery::destination::Destination,
    report::{DestinationSettings, KindReader, Reach},
};

/// The settings of a log: there are none.
#[derive(Debug)]
struct Log;

/// `kind: log`.
pub const KIND: DestinationKind = DestinationKind {
    reader: KindReader {
        name: "log",
        reach: Reach::Machine,
        keys: config::KEYS,
        read: |_| Some(Box::new(Log)),
    },
    about: "standard output, the log of the function",
    render: message::render,
};

impl DestinationSettings for Log {}

impl Spec for Log {
    fn kind(&self) -> &'static DestinationKind {
        &KIND
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(client::Output::new(name.to_owned(), clients))
    }
}
