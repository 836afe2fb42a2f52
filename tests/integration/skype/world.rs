//! The stand-in, secrets in memory, and runs of our client against them, hour after hour.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use hourly_update::{
    chat::{self, Chat, Limits, SecretError, Secrets},
    clock::Clock,
    config,
    render::{Format, Message},
    run::{Destination, Key, Outcome, Post, Side},
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::skype::{GROUP, SkypeStandIn};

/// Names of the two secrets.
pub const CREDENTIALS: &str = "hourly/skype";
pub const SESSION: &str = "hourly/skype-session";

pub struct World {
    pub skype: SkypeStandIn,
    pub secrets: MemorySecrets,
    pub config: config::Skype,
    pub limits: Limits,
    /// How long a run may take.
    pub time: Duration,
    now: Timestamp,
}

impl World {
    /// A bot that may sign in and has no session yet.
    pub async fn new() -> Self {
        let skype = SkypeStandIn::start().await;
        let secrets = MemorySecrets::default();
        secrets.set(CREDENTIALS, skype.credentials());
        let config = config::Skype {
            group: GROUP.into(),
            secret: CREDENTIALS.into(),
            session_secret: Some(SESSION.into()),
            display_name: Some("Metrics Bot".into()),
            hosts: skype.hosts(),
        };
        let pause = Duration::from_millis(5);
        let limits = Limits {
            call: Duration::from_secs(20),
            after_fault: [pause; 3],
            after_throttling: pause,
        };
        let mut world = Self {
            skype,
            secrets,
            config,
            limits,
            time: Duration::from_secs(60),
            now: Timestamp::UNIX_EPOCH,
        };
        world.is_now("2026-11-22T13:57:04Z");
        world
    }

    /// One that has posted the hour before; requests and messages of then are left out.
    pub async fn with_session() -> Self {
        let mut world = Self::new().await;
        assert!(matches!(world.run().await, Outcome::Posted { .. }));
        world.skype.forget();
        world.is_now("2026-11-22T14:57:04Z");
        world
    }

    /// Sets both sides' clocks.
    pub fn is_now(&mut self, now: &str) {
        self.now = now.parse().unwrap();
        self.skype.set_clock(self.now);
    }

    /// The chat of one run.
    pub fn chat(&self) -> Chat<'_, MemorySecrets> {
        let destination = config::Destination {
            name: "ops".into(),
            kind: config::DestinationKind::Skype(self.config.clone()),
        };
        let clock = Clock::starting_at(self.now);
        let http = chat::client().unwrap();
        Chat::new(&destination, http, &self.secrets, clock).with_limits(self.limits)
    }

    /// One run: prepares, then posts.
    pub async fn run(&self) -> Outcome {
        let chat = self.chat();
        chat.prepare(Instant::now() + self.time).await;
        chat.post(&self.message()).await
    }

    /// What is posted at this hour.
    pub fn message(&self) -> Post {
        let text = |body: &str| Message {
            format: Format::Plain,
            body: body.into(),
        };
        Post {
            key: Key {
                report: "production".into(),
                as_of: Timestamp::from_second(self.now.as_second().div_euclid(60) * 60).unwrap(),
                destination: "ops".into(),
                request: None,
            },
            message: text("Healthy Hosts: 5"),
            repeated: text("Healthy Hosts: 5\n(repeated)"),
            until: Instant::now() + self.time,
        }
    }

    /// The kept session.
    pub fn session(&self) -> Value {
        serde_json::from_str(&self.secrets.text(SESSION)).unwrap()
    }

    /// Changes the kept session, as its JSON.
    pub fn change_session(&self, pointer: &str, value: impl Into<Value>) {
        let mut session = self.session();
        *session.pointer_mut(pointer).unwrap() = value.into();
        self.secrets.set(SESSION, session.to_string());
    }

    /// What the group has received.
    pub fn texts(&self) -> Vec<String> {
        self.skype
            .messages()
            .into_iter()
            .map(|message| message.content)
            .collect()
    }
}

/// An end that does not matter.
pub fn in_time() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

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
