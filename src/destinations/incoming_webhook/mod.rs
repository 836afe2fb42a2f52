//! Posting by a webhook whose address is a secret: Slack, Teams and receivers of signed webhooks share it.

pub mod address;
pub mod client;
pub mod config;
mod spec;

pub use self::spec::{WebhookSpec, read};
