//! What a kind of destination is.

use std::fmt::Debug;

use super::clients::Clients;
use crate::{
    delivery::destination::{Destination, Renderer},
    report::{DestinationSettings, KindReader, Reach, WrittenSecret},
};

/// A kind of destination: its word and keys in report.yaml, and its messages.
pub trait DestinationKind: KindReader<BoxedSpec> + Renderer {
    /// The places that are posted to, for help and documentation: `a channel in Slack`.
    fn about(&self) -> &'static str;
}

/// The settings of one destination of some kind.
pub trait Spec: DestinationSettings + Debug + Send + Sync {
    /// Its kind.
    fn kind(&self) -> &'static dyn DestinationKind;

    /// The client of one run; `name` is the destination's in report.yaml. Nothing is sent yet.
    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a>;
}

/// The settings of one destination, whatever its kind.
pub type BoxedSpec = Box<dyn Spec>;

impl DestinationSettings for BoxedSpec {
    fn reach(&self) -> Reach {
        self.as_ref().reach()
    }

    fn given_secret(&self) -> Option<&str> {
        self.as_ref().given_secret()
    }

    fn written_secret(&self) -> Option<WrittenSecret<'_>> {
        self.as_ref().written_secret()
    }
}
