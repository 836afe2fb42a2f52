//! The seam to wherever secrets are kept.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::outcome::Side;

/// Where secrets are kept. Implemented by `aws::secrets`.
#[async_trait]
pub trait Secrets: Sync {
    /// The secret with this name or ARN; `None` when there is none, or when it has no value yet.
    async fn get(&self, id: &str) -> Result<Option<Secret>, SecretError>;

    /// Gives an existing secret a new value. `version` names it, where the value tells its own version; 32 to 64
    /// characters.
    async fn put(&self, id: &str, value: SecretString, version: Option<&str>) -> Result<(), SecretError>;
}

/// Lets one run at a time renew what is spent by being sent. Implemented by `aws::secrets`, with `aws::ledger`.
#[async_trait]
pub trait Renewals: Sync {
    /// Claims the right to renew what a secret holds for `lease`, unless another run's claim still holds.
    async fn claim_renewal(&self, secret: &str, lease: Duration) -> Renewal;

    /// Ends the claim; failing to, it runs out.
    async fn end_renewal(&self, secret: &str);
}

/// A store of secrets that also keeps two runs from renewing one at the same time.
pub trait SecretStore: Secrets + Renewals {}

impl<S: Secrets + Renewals> SecretStore for S {}

/// Whose turn it is to renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// This run's.
    Granted,
    /// Another run's.
    InProgress,
    /// The ledger cannot be asked: why, as a phrase.
    OutOfReach(String),
}

/// The value of a secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its value.
    pub text: SecretString,
    /// Names this value, and changes whenever somebody puts one, the same one too.
    pub version: Option<String>,
}

/// Why a secret could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SecretError {
    /// Whose move it is.
    pub whose_move: Side,
    /// A phrase that goes on from "it could not be read: ". Never a part of the secret.
    pub text: String,
}

impl SecretError {
    /// No answer came in time.
    pub fn timed_out() -> Self {
        Self {
            whose_move: Side::Service,
            text: "no answer in time".into(),
        }
    }
}
