//! Secrets in memory, and what goes wrong with them.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hourly_update::delivery::{
    outcome::Side,
    secrets::{Renewal, Renewals, Secret, SecretError, Secrets},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

/// A text and its version, or why it cannot be read.
type Value = Result<(String, String), SecretError>;

/// A store of secrets; one that has not been set does not exist.
#[derive(Default)]
pub struct MemorySecrets {
    values: Mutex<HashMap<String, Value>>,
    versions: AtomicUsize,
    puts: Mutex<Option<SecretError>>,
    renewals: Mutex<HashMap<String, Instant>>,
    no_ledger: AtomicBool,
}

impl MemorySecrets {
    pub fn set(&self, id: &str, value: impl Into<String>) {
        self.set_version(id, value, None);
    }

    fn set_version(&self, id: &str, value: impl Into<String>, version: Option<&str>) {
        let next = self.versions.fetch_add(1, Ordering::Relaxed);
        let version = version.map_or_else(|| format!("version {next}"), str::to_owned);
        self.values().insert(id.into(), Ok((value.into(), version)));
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

    /// Nobody can tell any more whose turn it is to renew.
    pub fn lose_ledger(&self) {
        self.no_ledger.store(true, Ordering::Relaxed);
    }

    /// Another run has the turn for so long, and does nothing with it.
    pub fn hold_renewal(&self, id: &str, lease: Duration) {
        let until = Instant::now() + lease;
        self.renewals.lock().unwrap().insert(id.into(), until);
    }

    /// So much time has passed that no run's turn has lasted.
    pub fn end_renewals(&self) {
        self.renewals.lock().unwrap().clear();
    }

    /// Whether some run has the turn.
    pub fn is_renewed(&self, id: &str) -> bool {
        let renewals = self.renewals.lock().unwrap();
        renewals.get(id).is_some_and(|until| Instant::now() < *until)
    }

    /// The value of a secret that exists.
    pub fn text(&self, id: &str) -> String {
        self.values()[id].clone().unwrap().0
    }

    pub fn exists(&self, id: &str) -> bool {
        self.values().contains_key(id)
    }

    fn values(&self) -> MutexGuard<'_, HashMap<String, Value>> {
        self.values.lock().unwrap()
    }
}

#[async_trait::async_trait]
impl Secrets for MemorySecrets {
    async fn get(&self, id: &str) -> Result<Option<Secret>, SecretError> {
        let value = self.values().get(id).cloned().transpose()?;
        Ok(value.map(|(text, version)| Secret {
            text: text.into(),
            version: Some(version),
        }))
    }

    async fn put(&self, id: &str, value: SecretString, version: Option<&str>) -> Result<(), SecretError> {
        match self.puts.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => {
                self.set_version(id, value.expose_secret(), version);
                Ok(())
            }
        }
    }
}

#[async_trait::async_trait]
impl Renewals for MemorySecrets {
    async fn claim_renewal(&self, secret: &str, lease: Duration) -> Renewal {
        if self.no_ledger.load(Ordering::Relaxed) {
            return Renewal::OutOfReach("503".into());
        }
        if self.is_renewed(secret) {
            return Renewal::InProgress;
        }
        self.hold_renewal(secret, lease);
        Renewal::Granted
    }

    async fn end_renewal(&self, secret: &str) {
        self.renewals.lock().unwrap().remove(secret);
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
