//! The stand-in, secrets in memory, and runs of our client against them, hour after hour.

use std::time::Duration;

use hourly_update::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        key::Key,
        outcome::Outcome,
        retry::Limits,
    },
    destinations::{Spec, skype::config::SkypeHosts},
    update::message::{Format, Message},
};
use jiff::Timestamp;
use serde_json::Value;
use testkit::skype::{GROUP, SkypeStandIn};
use tokio::time::Instant;

use crate::worlds::opening::Opener;
pub use crate::worlds::secrets::{MemorySecrets, denied, unavailable, unusable};

/// Names of the two secrets.
pub const CREDENTIALS: &str = "hourly/skype";
pub const SESSION: &str = "hourly/skype-session";

pub struct World {
    pub skype: SkypeStandIn,
    pub secrets: MemorySecrets,
    opener: Opener,
    pub config: hourly_update::destinations::skype::config::Skype,
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
        let config = hourly_update::destinations::skype::config::Skype {
            group: GROUP.into(),
            secret: CREDENTIALS.into(),
            session_secret: Some(SESSION.into()),
            display_name: Some("Metrics Bot".into()),
            hosts: hosts(&skype),
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

/// Where the client finds the stand-in's services.
fn hosts(skype: &SkypeStandIn) -> SkypeHosts {
    let hosts = skype.hosts();
    SkypeHosts {
        login: hosts.login,
        edge: hosts.edge,
        messages: hosts.messages,
    }
}

/// An end that does not matter.
pub fn in_time() -> Instant {
    Instant::now() + Duration::from_secs(60)
}
