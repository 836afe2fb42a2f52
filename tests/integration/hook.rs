//! What holds for every kind that posts by a webhook, and the world that their tests are in.

use std::time::Duration;

use hourly_update::{
    aws::may_log,
    clock::Clock,
    delivery::{
        destination::Post,
        key::Key,
        outcome::{Outcome, PostError, Side},
        retry::Limits,
    },
    destinations::{BoxedSpec, incoming_webhook::config::Webhook},
    update::message::{Format, Message},
};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    opening::Opener,
    support::{
        ear::{heard, listen},
        inbox::{Fault, Inbox, Reply, Rules},
        secrets::{MemorySecrets, denied, unavailable},
    },
};

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

/// Every kind that posts by a webhook, ready to post.
async fn every_kind() -> Vec<(&'static str, World)> {
    vec![
        ("Slack", crate::slack::world().await),
        ("Teams", crate::teams::world().await),
        ("webhook", crate::webhook::world().await),
    ]
}

fn posted(repeated: bool) -> Outcome {
    Outcome::Posted { id: None, repeated }
}

#[tokio::test]
async fn a_message_is_posted_once_with_one_request() {
    for (name, world) in every_kind().await {
        assert_eq!(world.run().await, posted(false), "{name}");
        assert_eq!(world.inbox.taken(), [world.bodies[0].as_bytes()], "{name}");
        assert_eq!(world.inbox.requests().len(), 1, "{name}");
        let request = &world.inbox.requests()[0];
        assert_eq!(request.method, "POST");
        assert_eq!(request.header("authorization"), None, "{name}");
    }
}

/// Every status there is: what was not taken is tried again where that can help; what may have been is repeated, marked.
#[tokio::test]
async fn every_status_is_answered_as_the_table_says() {
    for (name, world) in every_kind().await {
        for status in (200..=599).filter(|status| !matches!(status, 204 | 205 | 304)) {
            let before = world.inbox.requests().len();
            let taken = world.inbox.taken().len();
            world.inbox.fail_next(Fault::Answer(Reply::new(status, "?")));
            let outcome = world.run().await;
            let requests = world.inbox.requests().len() - before;
            let expected = match status {
                200..=299 => 1,
                408 | 425 | 429 | 500..=599 => 2,
                _ => 1,
            };
            assert_eq!(requests, expected, "{name} {status}");
            match status {
                200..=299 => {}
                502 | 504 => {
                    assert_eq!(outcome, posted(true), "{name} {status}");
                    assert_eq!(
                        world.inbox.taken()[taken..],
                        [world.bodies[1].as_bytes()],
                        "{name} {status}"
                    );
                }
                408 | 425 | 429 | 500..=599 => assert_eq!(outcome, posted(false), "{name} {status}"),
                _ => assert!(matches!(outcome, Outcome::Failed(_)), "{name} {status} {outcome:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_repeated_once_and_marked() {
    for (name, world) in every_kind().await {
        world.inbox.fail_next(Fault::TakeAndReset);
        assert_eq!(world.run().await, posted(true), "{name}");
        let bodies = world.bodies.each_ref().map(|body| body.as_bytes().to_vec());
        assert_eq!(world.inbox.taken(), bodies, "{name}");
        for _ in 0..2 {
            world.inbox.fail_next(Fault::TakeAndReset);
        }
        let error = world.failure().await;
        assert!(error.may_have_arrived, "{name}");
        assert_eq!(world.inbox.taken().len(), 4, "{name}");
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up_in_time() {
    for (name, mut world) in every_kind().await {
        world.time = Duration::from_millis(300);
        world.inbox.fail_next(Fault::Hang);
        world.inbox.fail_next(Fault::Hang);
        let begun = Instant::now();
        let error = world.failure().await;
        assert!(
            error.may_have_arrived && error.whose_move == Side::Service,
            "{name}: {error}"
        );
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_where_there_is_time() {
    for (name, world) in every_kind().await {
        for status in [429, 503] {
            let asks = |secs: &str| Fault::Answer(Reply::new(status, "").with_header("retry-after", secs));
            world.inbox.fail_next(asks("1"));
            let begun = Instant::now();
            assert_eq!(world.run().await, posted(false), "{name}");
            assert!(begun.elapsed() >= Duration::from_secs(1), "{name}");
            world.inbox.fail_next(asks("3600"));
            let error = world.failure().await;
            assert!(error.text.contains("no time left"), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for (name, world) in every_kind().await {
        let elsewhere = Inbox::start(|_| Reply::new(200, "ok")).await;
        for status in [301, 302, 303, 307, 308] {
            let reply = Reply::new(status, "").with_header("location", elsewhere.url("/"));
            world.inbox.fail_next(Fault::Answer(reply));
            assert_eq!(world.failure().await.whose_move, Side::Operator, "{name}");
        }
        assert!(elsewhere.requests().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    for (name, world) in every_kind().await {
        world.inbox.fail_next(Fault::EndlessAnswer(400));
        let begun = Instant::now();
        assert!(!world.failure().await.may_have_arrived, "{name}");
        assert!(
            begun.elapsed() < world.limits.call,
            "{name}: it was read as long as it came"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_secret_is_the_outcome() {
    for (name, world) in every_kind().await {
        let secret = world.secrets.text(SECRET);
        for (text, expected) in [
            ("", "the secret hourly/webhook is empty"),
            (HUNTER, "the secret hourly/webhook"),
        ] {
            world.secrets.set(SECRET, text);
            let error = world.failure().await;
            assert_eq!(error.whose_move, Side::Operator, "{name}: {error}");
            assert!(
                error.text.contains(expected) && !error.text.contains(HUNTER),
                "{name}: {error}"
            );
        }
        world.secrets.remove(SECRET);
        assert!(
            world
                .failure()
                .await
                .text
                .contains("does not exist or has no value yet"),
            "{name}"
        );
        world.secrets.fail_get(SECRET, denied());
        assert_eq!(world.failure().await.whose_move, Side::Operator, "{name}");
        world.secrets.fail_get(SECRET, unavailable());
        assert_eq!(world.failure().await.whose_move, Side::Service, "{name}");
        assert!(world.inbox.requests().is_empty(), "{name}");
        world.secrets.set(SECRET, secret);
        assert_eq!(world.run().await, posted(false), "{name}");
    }
}

/// Neither errors nor logs, whatever happens, hold more of the address than its host.
#[tokio::test]
async fn the_address_is_never_told() {
    for (name, mut world) in every_kind().await {
        listen(may_log);
        let mut told = vec![format!("{:?}", world.run().await)];
        for status in [301, 400, 401, 403, 404, 410, 413, 429, 500, 502] {
            for _ in 0..4 {
                world.inbox.fail_next(Fault::Answer(
                    Reply::new(status, "hunter2 in the answer").with_header("location", HUNTER),
                ));
            }
            told.push(format!("{:?}", world.run().await));
            world.inbox.forgive();
        }
        world.time = Duration::from_millis(200);
        world.inbox.fail_next(Fault::Hang);
        told.push(format!("{:?}", world.run().await));
        told.push(heard());
        let told = told.join("\n");
        assert!(told.len() > 1_000 && !told.contains(HUNTER), "{name}: {told}");
    }
}
