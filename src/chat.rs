//! chat

use secrecy::SecretString;

use crate::run::Side;

/// Where secrets are kept. Implemented by `aws::secrets`.
pub trait Secrets: Sync {
    /// The value of a secret; `None` when there is no such secret, or no value in it yet.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<SecretString>, SecretError>> + Send;

    /// Puts a new value into an existing secret.
    fn put(&self, id: &str, value: SecretString) -> impl Future<Output = Result<(), SecretError>> + Send;
}

/// Why a secret could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SecretError {
    /// Whose move it is.
    pub whose_move: Side,
    /// One sentence for people. Never a secret.
    pub text: String,
}
