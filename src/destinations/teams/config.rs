//! `kind: teams`: a Teams channel or chat.

use crate::{destinations::incoming_webhook, report::table::Object};

/// The keys of this kind alone.
pub const KEYS: Object = Object {
    doc: "A Teams channel or chat, work or school, by a Workflows webhook.",
    ..incoming_webhook::config::KEYS
};
