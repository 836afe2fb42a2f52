//! The stand-in, a secret in memory, and runs of our client against them, hour after hour.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use hourly_update::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        key::Key,
        outcome::Outcome,
        retry::Limits,
        secrets::{Renewal, Renewals, Secret, SecretError, Secrets},
    },
    destinations::{Spec, teams_free::config::TeamsFreeHosts},
    update::message::{Format, Message},
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use testkit::teams_free::{GROUP, Step, TeamsFreeStandIn};
use tokio::time::Instant;

use crate::worlds::{opening::Opener, secrets::MemorySecrets};

/// The name of the secret.
pub const SECRET: &str = "hourly/teams-free";

pub struct World {
    pub teams: Arc<TeamsFreeStandIn>,
    pub secrets: Store,
    opener: Opener,
    pub config: hourly_update::destinations::teams_free::config::TeamsFree,
    pub limits: Limits,
    /// How long a run may take.
    pub time: Duration,
    now: Timestamp,
}

impl World {
    /// A bot that somebody has just signed in for, with nothing but a refresh token.
    pub async fn new() -> Self {
        let teams = Arc::new(TeamsFreeStandIn::start().await);
        let secrets = Store::new(Arc::clone(&teams));
        secrets.set(SECRET, teams.sign_in());
        let config = hourly_update::destinations::teams_free::config::TeamsFree {
            group: GROUP.into(),
            secret: SECRET.into(),
            display_name: Some("Metrics Bot".into()),
            hosts: hosts(&teams),
        };
        let pause = Duration::from_millis(20);
        let limits = Limits {
            call: Duration::from_secs(20),
            after_fault: [pause; 3],
            after_throttling: pause,
        };
        let mut world = Self {
            teams,
            secrets,
            opener: Opener::new(),
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
        world.is_now("2026-11-22T14:57:04Z");
        world
    }

    /// One that has posted yesterday at this time, so that its Skype token has ended.
    pub async fn the_day_after() -> Self {
        let mut world = Self::new().await;
        assert!(matches!(world.run().await, Outcome::Posted { .. }));
        world.is_now("2026-11-23T13:57:04Z");
        world
    }

    /// Sets both sides' clocks, and forgets what has been before.
    pub fn is_now(&mut self, now: &str) {
        self.now = now.parse().unwrap();
        self.teams.set_clock(self.now);
        self.teams.forget();
        self.secrets.inner.end_renewals();
        self.secrets.writes.lock().unwrap().clear();
    }

    /// The chat of one run.
    pub fn chat(&self) -> Box<dyn Destination + '_> {
        let clock = Clock::starting_at(self.now);
        self.config
            .open("ops", self.opener.clients(&self.secrets, clock, self.limits))
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
            format: Format::Html,
            body: body.into(),
        };
        Post {
            key: Key {
                report: "production".into(),
                as_of: Timestamp::from_second(self.now.as_second().div_euclid(60) * 60).unwrap(),
                destination: "ops".into(),
                request: None,
            },
            message: text("<p>Healthy Hosts: 5</p>"),
            repeated: text("<p>Healthy Hosts: 5 (repeated)</p>"),
            until: Instant::now() + self.time,
        }
    }

    /// What the secret holds.
    pub fn account(&self) -> Value {
        serde_json::from_str(&self.secrets.inner.text(SECRET)).unwrap()
    }

    /// What the group has received.
    pub fn texts(&self) -> Vec<String> {
        self.teams
            .messages()
            .into_iter()
            .map(|message| message.content)
            .collect()
    }
}

/// Where the client finds the stand-in's services.
pub fn hosts(teams: &TeamsFreeStandIn) -> TeamsFreeHosts {
    let hosts = teams.hosts();
    TeamsFreeHosts {
        login: hosts.login,
        teams: hosts.teams,
    }
}

/// What becomes of a write.
#[derive(Debug, Clone)]
pub enum Write {
    Fails(SecretError),
    /// It never ends, and nothing is written.
    Hangs,
    /// It never ends, although the value is written.
    WritesAndHangs,
}

/// The store of secrets, which remembers when it was written to.
pub struct Store {
    pub inner: MemorySecrets,
    teams: Arc<TeamsFreeStandIn>,
    /// Of the next writes.
    faults: Mutex<VecDeque<Write>>,
    /// Of all that follow.
    fault: Mutex<Option<Write>>,
    writes: Mutex<Vec<(Vec<Step>, Value)>>,
}

impl Store {
    fn new(teams: Arc<TeamsFreeStandIn>) -> Self {
        Self {
            inner: MemorySecrets::default(),
            teams,
            faults: Mutex::default(),
            fault: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    pub fn set(&self, id: &str, value: impl Into<String>) {
        self.inner.set(id, value);
    }

    /// The next write goes wrong.
    pub fn next_write(&self, write: Write) {
        self.faults.lock().unwrap().push_back(write);
    }

    /// Every write goes wrong from now on, or none any more.
    pub fn every_write(&self, write: Option<Write>) {
        *self.fault.lock().unwrap() = write;
    }

    /// Every write that was tried: what had been asked of the services by then, and the value.
    pub fn writes(&self) -> Vec<(Vec<Step>, Value)> {
        self.writes.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Renewals for Store {
    async fn claim_renewal(&self, secret: &str, lease: Duration) -> Renewal {
        self.inner.claim_renewal(secret, lease).await
    }

    async fn end_renewal(&self, secret: &str) {
        self.inner.end_renewal(secret).await;
    }
}

#[async_trait::async_trait]
impl Secrets for Store {
    async fn get(&self, id: &str) -> Result<Option<Secret>, SecretError> {
        self.inner.get(id).await
    }

    async fn put(&self, id: &str, value: SecretString, version: Option<&str>) -> Result<(), SecretError> {
        let written = serde_json::from_str(value.expose_secret()).unwrap();
        self.writes.lock().unwrap().push((self.teams.steps(), written));
        let next = self.faults.lock().unwrap().pop_front();
        match next.or_else(|| self.fault.lock().unwrap().clone()) {
            None => self.inner.put(id, value, version).await,
            Some(Write::Fails(error)) => Err(error),
            Some(Write::Hangs) => pending().await,
            Some(Write::WritesAndHangs) => {
                self.inner.put(id, value, version).await?;
                pending().await
            }
        }
    }
}
