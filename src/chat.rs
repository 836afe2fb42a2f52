//! Chats that the update is posted to: the only place that knows reqwest and the chats' protocols.
//!
//! Every kind of chat is a folder beside this file and a variant of [`Chat`]. What they share is here: the HTTP client,
//! its limits, and the seam to wherever secrets are kept.

mod http;
pub mod skype;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::{
    clock::Clock,
    config,
    run::{Destination, Outcome, Post},
};

pub use http::{Limits, client};

/// Where secrets are kept. Implemented by `aws::secrets`.
pub trait Secrets: Sync {
    /// The secret with this name or ARN; `None` when there is none, or when it has no value yet.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<SecretString>, SecretError>> + Send;

    /// Gives an existing secret a new value.
    fn put(&self, id: &str, value: SecretString) -> impl Future<Output = Result<(), SecretError>> + Send;
}

/// Why a secret could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The operator's move: a policy says no.
    #[error("access is denied")]
    Denied,
    /// Nobody's move: the store did not answer in time, or could not.
    #[error("the store of secrets is unavailable")]
    Unavailable,
    /// The operator's move, as the phrase says: e.g. "it is binary, not text". Never a part of the secret.
    #[error("{0}")]
    Other(String),
}

/// One chat to post to, of whichever kind. It lives for one run.
pub enum Chat<'a, S> {
    /// A Skype group.
    Skype(skype::Skype<'a, S>),
}

impl<'a, S: Secrets> Chat<'a, S> {
    /// The chat that report.yaml describes. By `deadline` everything is over, waiting and calls alike: it should leave
    /// a few seconds in which the outcome can still be told.
    pub fn new(
        destination: &config::Destination,
        http: reqwest::Client,
        secrets: &'a S,
        clock: Clock,
        deadline: Instant,
    ) -> Self {
        let name = destination.name.clone();
        match &destination.kind {
            config::DestinationKind::Skype(config) => {
                Self::Skype(skype::Skype::new(name, config.clone(), http, secrets, clock, deadline))
            }
        }
    }

    /// The same chat with other limits than the usual ones.
    pub fn with_limits(self, limits: Limits) -> Self {
        match self {
            Self::Skype(skype) => Self::Skype(skype.with_limits(limits)),
        }
    }
}

impl<S: Secrets> Destination for Chat<'_, S> {
    fn name(&self) -> &str {
        match self {
            Self::Skype(skype) => skype.name(),
        }
    }

    async fn prepare(&self) {
        match self {
            Self::Skype(skype) => skype.prepare().await,
        }
    }

    async fn post(&self, post: &Post) -> Outcome {
        match self {
            Self::Skype(skype) => skype.post(post).await,
        }
    }
}
