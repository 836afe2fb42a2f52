//! Secrets in memory, and what goes wrong with them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use hourly_update::{
    chat::{SecretError, Secrets},
    run::Side,
};
use secrecy::{ExposeSecret, SecretString};

/// A store of secrets; one that has not been set does not exist.
#[derive(Default)]
pub struct MemorySecrets {
    values: Mutex<HashMap<String, Result<String, SecretError>>>,
    puts: Mutex<Option<SecretError>>,
}

impl MemorySecrets {
    pub fn set(&self, id: &str, value: impl Into<String>) {
        self.values().insert(id.into(), Ok(value.into()));
    }

    pub fn remove(&self, id: &str) {
        self.values().remove(id);
    }

    pub fn fail_get(&self, id: &str, error: SecretError) {
        self.values().insert(id.into(), Err(error));
    }

    pub fn fail_puts(&self, error: SecretError) {
        *self.puts.lock().unwrap() = Some(error);
    }

    /// The value of a secret that exists.
    pub fn text(&self, id: &str) -> String {
        self.values()[id].clone().unwrap()
    }

    pub fn exists(&self, id: &str) -> bool {
        self.values().contains_key(id)
    }

    fn values(&self) -> MutexGuard<'_, HashMap<String, Result<String, SecretError>>> {
        self.values.lock().unwrap()
    }
}

impl Secrets for MemorySecrets {
    async fn get(&self, id: &str) -> Result<Option<SecretString>, SecretError> {
        self.values()
            .get(id)
            .cloned()
            .transpose()
            .map(|value| value.map(SecretString::from))
    }

    async fn put(&self, id: &str, value: SecretString) -> Result<(), SecretError> {
        match self.puts.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => {
                self.set(id, value.expose_secret());
                Ok(())
            }
        }
    }
}

/// What a policy that says no gives.
pub fn denied() -> SecretError {
    SecretError {
        whose_move: Side::Operator,
        text: "access is denied (AccessDeniedException)".into(),
    }
}

/// What a service that does not answer gives.
pub fn unavailable() -> SecretError {
    SecretError {
        whose_move: Side::Service,
        text: "the store of secrets is unavailable (time limit)".into(),
    }
}

/// What a secret that is no text gives.
pub fn unusable(text: &str) -> SecretError {
    SecretError {
        whose_move: Side::Operator,
        text: text.into(),
    }
}
