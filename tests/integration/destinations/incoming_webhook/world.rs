//! A service that takes webhooks, and our way to it.

use std::time::Duration;

use hourly_update::{
    clock::Clock,
    delivery::{
        destination::Post,
        key::Key,
        outcome::{Outcome, PostError},
        retry::Limits,
    },
    destinations::{BoxedSpec, incoming_webhook::config::Webhook},
    update::message::{Format, Message},
};
use jiff::Timestamp;
use testkit::inbox::{Inbox, Rules};
use tokio::time::Instant;

use crate::worlds::{opening::Opener, secrets::MemorySecrets};

/// The name of the secret.
pub const SECRET: &str = "hourly/webhook";

/// What stands in the paths and keys of the secrets that tests use.
pub const HUNTER: &str = "hunter2";

/// A service, and our way to it.
pub struct World {
    pub inbox: Inbox,
    pub secrets: MemorySecrets,
    pub limits: Limits,
    /// What time our side takes it for.
    pub now: Timestamp,
    /// How long a run may take.
    pub time: Duration,
    kind: fn(Webhook) -> BoxedSpec,
    /// What is posted; and posted again.
    pub bodies: [String; 2],
}

impl World {
    /// A service with these rules, and the secret that leads to `path` there; `secret` makes it of the address.
    pub async fn new(
        kind: fn(Webhook) -> BoxedSpec,
        rules: Rules,
        path: &str,
        secret: fn(&str) -> String,
        bodies: [&str; 2],
    ) -> Self {
        let inbox = Inbox::start(rules).await;
        let secrets = MemorySecrets::default();
        secrets.set(SECRET, secret(&inbox.url(path)));
        let pause = Duration::from_millis(5);
        Self {
            inbox,
            secrets,
            limits: Limits {
                call: Duration::from_secs(20),
                after_fault: [pause; 3],
                after_throttling: pause,
            },
            now: Timestamp::now(),
            time: Duration::from_secs(60),
            kind,
            bodies: bodies.map(str::to_owned),
        }
    }

    /// One run: prepares, then posts.
    pub async fn run(&self) -> Outcome {
        let spec = (self.kind)(Webhook {
            secret: SECRET.into(),
            allowed_hosts: vec!["127.0.0.1".into()],
        });
        let opener = Opener::new();
        let clock = Clock::starting_at(self.now);
        let chat = spec.open("ops", opener.clients(&self.secrets, clock, self.limits));
        chat.prepare(Instant::now() + self.time).await;
        chat.post(&self.post()).await
    }

    fn post(&self) -> Post {
        let [message, repeated] = self.bodies.each_ref().map(|body| Message {
            format: Format::Json,
            body: body.clone(),
        });
        Post {
            key: Key {
                report: "production".into(),
                as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
                destination: "ops".into(),
                request: None,
            },
            message,
            repeated,
            until: Instant::now() + self.time,
        }
    }

    /// Why the next run fails.
    pub async fn failure(&self) -> PostError {
        match self.run().await {
            Outcome::Failed(error) => error,
            outcome => panic!("{outcome:?}"),
        }
    }
}
