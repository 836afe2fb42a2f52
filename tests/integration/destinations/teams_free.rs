//! Posting to Teams Free, against a stand-in that refuses what its services refuse.

mod faults;
mod function;
mod keeping;
mod login;
mod secrecy;
mod turns;
pub mod world;

use std::time::Duration;

use hourly_update::delivery::outcome::{Outcome, PostError, Side};
use testkit::teams_free::{
    FOREIGN_GROUP,
    Step::{self, *},
};
use tokio::time::Instant;

use crate::worlds::secrets::{denied, unavailable, unusable};
use world::{SECRET, World};

/// All of the way.
const WHOLE_WAY: [Step; 3] = [Renew, Exchange, Post];

#[track_caller]
pub fn posted(outcome: Outcome) -> String {
    match outcome {
        Outcome::Posted { id, repeated: false } => id.expect("the stand-in gives ids"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn failed(outcome: Outcome) -> PostError {
    match outcome {
        Outcome::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

/// A failure that only a person can mend, and that says how.
#[track_caller]
fn sign_in_again(outcome: Outcome) -> PostError {
    let error = failed(outcome);
    assert!(error.sign_in_needed && error.whose_move == Side::Operator, "{error:?}");
    assert!(error.text.ends_with("run `hourly login teams-free`"), "{error}");
    error
}

#[tokio::test]
async fn a_refresh_token_is_enough_for_the_first_post() {
    let world = World::new().await;
    let id = posted(world.run().await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
    let messages = world.teams.messages();
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!(
        (message.format.as_str(), message.content.as_str()),
        ("RichText/Html", "<p>Healthy Hosts: 5</p>")
    );
    assert_eq!((message.from.as_deref(), &message.id), (Some("Metrics Bot"), &id));
}

#[tokio::test]
async fn the_skype_token_is_used_for_its_life() {
    let mut world = World::with_session().await;
    posted(world.run().await);
    assert_eq!(world.teams.steps(), [Post], "nothing is renewed");
    assert_eq!(world.secrets.writes(), [], "and nothing is written");

    world.is_now("2026-11-23T13:51:59Z");
    posted(world.run().await);
    assert_eq!(world.teams.steps(), [Post]);

    world.is_now("2026-11-23T13:52:05Z");
    posted(world.run().await);
    assert_eq!(
        world.teams.steps(),
        WHOLE_WAY,
        "five minutes before its end it has ended"
    );
}

#[tokio::test]
async fn preparing_posts_nothing_and_posting_needs_no_preparing() {
    let world = World::new().await;
    world.chat().prepare(Instant::now() + world.time).await;
    assert_eq!(world.teams.steps(), WHOLE_WAY[..2]);
    assert!(world.account()["session"].is_object());

    let world = World::new().await;
    posted(world.chat().post(&world.message()).await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn both_shapes_of_the_exchange_are_understood() {
    let world = World::new().await;
    world.teams.answer_as_before();
    posted(world.run().await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn a_token_of_unknown_life_serves_one_run() {
    let mut world = World::new().await;
    world.teams.set_life(None);
    for hour in ["2026-11-22T13:57:04Z", "2026-11-22T14:57:04Z"] {
        world.is_now(hour);
        posted(world.run().await);
        assert_eq!(world.teams.steps(), WHOLE_WAY);
    }
}

#[tokio::test]
async fn tokens_go_to_no_foreign_chat_service() {
    for foreign in [
        "https://evil.example/api",
        "https://teams.live.com/api/chatsvc/consumer",
        "nonsense",
    ] {
        let world = World::new().await;
        world.teams.set_chat_service(foreign);
        posted(world.run().await);
        assert_eq!(world.teams.steps(), WHOLE_WAY, "{foreign}: it is the usual one instead");
    }
}

#[tokio::test]
async fn a_refused_skype_token_is_replaced_once() {
    let world = World::with_session().await;
    world.teams.revoke_skype_tokens();
    posted(world.run().await);
    assert_eq!(world.teams.steps(), [Post, Renew, Exchange, Post]);
    assert_eq!(world.texts(), ["<p>Healthy Hosts: 5</p>"]);

    world.teams.forget();
    posted_before(world.run().await);
    assert_eq!(world.teams.steps(), [Post], "the new one is kept");
}

/// The stand-in knows the message, which is as good.
#[track_caller]
fn posted_before(outcome: Outcome) {
    assert!(
        matches!(
            outcome,
            Outcome::Posted {
                id: None,
                repeated: false
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn the_same_minute_is_the_same_message() {
    let mut world = World::with_session().await;
    posted(world.run().await);
    posted_before(world.run().await);
    assert_eq!(world.texts().len(), 1);
    world.is_now("2026-11-22T15:57:01Z");
    posted(world.run().await);
}

#[tokio::test]
async fn a_group_that_the_bot_is_not_in_is_the_operators_move_but_no_matter_of_signing_in() {
    for group in [FOREIGN_GROUP, "19:nobody@thread.v2"] {
        let mut world = World::new().await;
        world.config.group = group.into();
        let error = failed(world.run().await);
        assert!(error.whose_move == Side::Operator && !error.sign_in_needed, "{error:?}");
        assert!(
            error
                .text
                .contains("not a member of the group, or the group's id is wrong"),
            "{error}"
        );
        assert_eq!(world.teams.steps(), WHOLE_WAY);
    }
}

#[tokio::test]
async fn bad_secrets_give_one_clear_error_and_no_request() {
    let huge = format!(r#"{{"client_id":"a","refresh_token":"{}"}}"#, "x".repeat(70_000));
    for (secret, side, text) in [
        (Ok(""), Side::Operator, "is empty; run `hourly login teams-free`"),
        (
            Ok("hunter2"),
            Side::Operator,
            "is not JSON; run `hourly login teams-free`",
        ),
        (Ok(&huge), Side::Operator, "larger than 64 KiB"),
        (Ok(r#"{"client_id":"a"}"#), Side::Operator, "must have the keys"),
        (Err(denied()), Side::Operator, "access is denied"),
        (Err(unavailable()), Side::Service, "unavailable"),
        (Err(unusable("it is binary, not text")), Side::Operator, "binary"),
    ] {
        let world = World::new().await;
        match secret {
            Ok(text) => world.secrets.set(SECRET, text),
            Err(error) => world.secrets.inner.fail_get(SECRET, error),
        }
        let error = failed(world.run().await);
        assert_eq!(
            (error.whose_move, error.sign_in_needed),
            (side, side == Side::Operator),
            "{error}"
        );
        assert!(error.text.contains(text) && error.text.contains(SECRET), "{error}");
        assert!(!error.text.contains("hunter2"), "{error}");
        assert_eq!(world.teams.steps(), []);
    }
    let world = World::new().await;
    world.secrets.inner.remove(SECRET);
    assert!(
        sign_in_again(world.run().await)
            .text
            .contains("does not exist or has no value yet")
    );
}

#[tokio::test]
async fn after_the_deadline_nothing_is_asked() {
    let mut world = World::new().await;
    world.time = Duration::ZERO;
    let error = failed(world.run().await);
    assert!(error.text.contains("no time left"), "{error}");
    assert_eq!(world.teams.steps(), []);
}
