//! A kind of destination: its keys in report.yaml, its messages, and how its client is opened.

use std::fmt::Debug;

use super::clients::Clients;
use crate::{
    delivery::destination::{Destination, Render},
    report::{DestinationSettings, KindReader, WrittenSecret},
};

/// A kind of destination.
pub struct DestinationKind {
    /// Its word and keys in report.yaml.
    pub reader: KindReader<BoxedSpec>,
    /// The places that are posted to, for help and documentation: `a channel in Slack`.
    pub about: &'static str,
    /// Its messages.
    pub render: Render,
}

/// The settings of one destination of some kind.
pub trait Spec: DestinationSettings + Debug + Send + Sync {
    /// Its kind.
    fn kind(&self) -> &'static DestinationKind;

    /// The client of one run; `name` is the destination's in report.yaml. Nothing is sent yet.
    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a>;
}

/// The settings of one destination, whatever its kind.
pub type BoxedSpec = Box<dyn Spec>;

impl DestinationSettings for BoxedSpec {
    fn given_secret(&self) -> Option<&str> {
        self.as_ref().given_secret()
    }

    fn written_secret(&self) -> Option<WrittenSecret<'_>> {
        self.as_ref().written_secret()
    }
}
