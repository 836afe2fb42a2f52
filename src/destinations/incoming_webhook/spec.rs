//! The settings of a destination that is posted to by a webhook.

use std::{fmt, marker::PhantomData};

use super::{
    client::{IncomingWebhook, Service},
    config::{self, Webhook},
};
use crate::{
    delivery::destination::Destination,
    destinations::{
        clients::Clients,
        kind::{BoxedSpec, DestinationKind, Spec},
    },
    report::{DestinationSettings, table::Settings},
};

/// The settings of a webhook of the service `W`.
pub struct WebhookSpec<W> {
    /// The secret with the address, and where that may be.
    pub config: Webhook,
    kind: &'static DestinationKind,
    service: PhantomData<fn() -> W>,
}

impl<W> WebhookSpec<W> {
    /// The settings of a webhook of this service; `kind` is its kind of destination.
    pub fn new(kind: &'static DestinationKind, config: Webhook) -> Self {
        Self {
            config,
            kind,
            service: PhantomData,
        }
    }
}

/// Reads the keys of a webhook of the service `W`.
pub fn read<W: Service + 'static>(kind: &'static DestinationKind, settings: &Settings<'_>) -> Option<BoxedSpec> {
    Some(Box::new(WebhookSpec::<W>::new(kind, config::read(settings)?)))
}

impl<W: Service> fmt::Debug for WebhookSpec<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(W::NAME).field(&self.config).finish()
    }
}

impl<W> DestinationSettings for WebhookSpec<W> {
    fn given_secret(&self) -> Option<&str> {
        Some(&self.config.secret)
    }
}

impl<W: Service + 'static> Spec for WebhookSpec<W> {
    fn kind(&self) -> &'static DestinationKind {
        self.kind
    }

    fn open<'a>(&'a self, name: &'a str, clients: Clients<'a>) -> Box<dyn Destination + 'a> {
        Box::new(IncomingWebhook::<W>::new(name.to_owned(), self.config.clone(), clients))
    }
}
