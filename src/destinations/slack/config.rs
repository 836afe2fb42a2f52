//! `kind: slack`: a Slack channel.

use crate::{destinations::incoming_webhook, report::table::Object};

/// The keys of this kind alone.
pub const KEYS: Object = Object {
    doc: "A Slack channel, by an incoming webhook.",
    ..incoming_webhook::config::KEYS
};
