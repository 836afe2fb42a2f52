//! `kind: webhook`: a receiver of signed webhooks.

use crate::{destinations::incoming_webhook, report::table::Object};

/// The keys of this kind alone.
pub const KEYS: Object = Object {
    doc: "A receiver of signed webhooks, which gets the whole update as JSON.",
    ..incoming_webhook::config::KEYS
};
