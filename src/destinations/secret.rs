//! Secrets of destinations, read and written within a time limit.

use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};

use crate::delivery::{
    outcome::Side,
    secrets::{Secret, SecretError, Secrets},
};

/// Why a secret cannot be used: a phrase that goes on from "the secret ...", without any part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// There is no such secret, or no value in it.
    #[error("does not exist or has no value yet")]
    Missing,
    /// The store of secrets did not give it.
    #[error("could not be read: {0}")]
    Unreadable(SecretError),
    /// The text is not what it should be.
    #[error("{0}")]
    Malformed(String),
}

impl Unusable {
    /// Whose move it is.
    pub fn whose_move(&self) -> Side {
        match self {
            Self::Missing | Self::Malformed(_) => Side::Operator,
            Self::Unreadable(error) => error.whose_move,
        }
    }
}

/// Reads a secret before `until`.
pub async fn read<S: Secrets + ?Sized>(secrets: &S, id: &str, until: Instant) -> Result<Secret, Unusable> {
    match timeout_at(until, secrets.get(id)).await {
        Ok(Ok(secret)) => secret.ok_or(Unusable::Missing),
        Ok(Err(error)) => Err(Unusable::Unreadable(error)),
        Err(_) => Err(Unusable::Unreadable(SecretError::timed_out())),
    }
}

/// Writes a secret before `until`; `version` is as for [`Secrets::put`].
pub async fn write<S: Secrets + ?Sized>(
    secrets: &S,
    id: &str,
    text: SecretString,
    version: Option<&str>,
    until: Instant,
) -> Result<(), SecretError> {
    let put = timeout_at(until, secrets.put(id, text, version)).await;
    put.unwrap_or_else(|_| Err(SecretError::timed_out()))
}
