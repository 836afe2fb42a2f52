//! The clients that destinations are opened with.

use aws_config::SdkConfig;

use crate::{
    clock::Clock,
    delivery::{retry::Limits, secrets::SecretStore},
};

/// The clients and settings that destinations share during one run.
#[derive(Clone, Copy)]
pub struct Clients<'a> {
    /// The HTTP client of all chats.
    pub http: &'a reqwest::Client,
    /// The store of credentials and addresses.
    pub secrets: &'a dyn SecretStore,
    /// Region, credentials and endpoint of AWS.
    pub sdk: &'a SdkConfig,
    /// The time.
    pub clock: Clock,
    /// The id of what asked for this run, as every line of the function's log has it.
    pub request: &'a str,
    /// Whose standard output it is.
    pub output: StandardOutput,
    /// How long calls and pauses last; a kind may wait longer after throttling.
    pub limits: Limits,
}

/// Whose standard output it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardOutput {
    /// The function's: its log.
    Log,
    /// The operator's tool's, which shows the message anyway.
    Tool,
}
