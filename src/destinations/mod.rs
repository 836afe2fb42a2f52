//! Where the update is posted to: one folder for each kind of destination, and beside them what several kinds share.
//!
//! [`KINDS`] is the only list of kinds: report.yaml, `--format` of the operator's tool and the documentation follow it.

pub mod clients;
mod conversation;
pub mod http;
pub mod incoming_webhook;
mod keys;
mod kind;
pub mod log;
mod resolver;
pub mod secret;
pub mod skype;
pub mod slack;
pub mod sns;
pub mod teams;
pub mod teams_free;
pub mod webhook;

pub use self::kind::{BoxedSpec, DestinationKind, Spec};

/// Every kind of destination, in the order of the documentation.
pub const KINDS: &[&DestinationKind] = &[
    &skype::KIND,
    &slack::KIND,
    &teams::KIND,
    &teams_free::KIND,
    &sns::KIND,
    &webhook::KIND,
    &log::KIND,
];

#[cfg(test)]
mod tests;
