//! What holds for every kind that posts by a webhook.

mod world;

use std::time::Duration;

use hourly_update::{
    aws::may_log,
    delivery::outcome::{Outcome, Side},
};
use testkit::{
    inbox::{Fault, Inbox, Reply},
    log_capture,
};
use tokio::time::Instant;

use crate::worlds::secrets::{denied, unavailable};
pub use world::{HUNTER, SECRET, World};

/// Every kind that posts by a webhook, ready to post.
async fn every_kind() -> Vec<(&'static str, World)> {
    vec![
        ("Slack", crate::destinations::slack::world().await),
        ("Teams", crate::destinations::teams::world().await),
        ("webhook", crate::destinations::webhook::world().await),
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
        world.inbox.fail_next(Fault::ServeAndReset);
        assert_eq!(world.run().await, posted(true), "{name}");
        let bodies = world.bodies.each_ref().map(|body| body.as_bytes().to_vec());
        assert_eq!(world.inbox.taken(), bodies, "{name}");
        for _ in 0..2 {
            world.inbox.fail_next(Fault::ServeAndReset);
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
        log_capture::start(may_log);
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
        told.push(log_capture::take());
        let told = told.join("\n");
        assert!(told.len() > 1_000 && !told.contains(HUNTER), "{name}: {told}");
    }
}
