//! Posting to Skype, against a stand-in that refuses what Skype refuses.

mod faults;
mod password;
mod secrecy;
mod secrets;
mod sign_in;
mod skpy;
pub mod world;

use std::time::Duration;

use hourly_update::delivery::outcome::{Outcome, PostError, Side};
use testkit::skype::{
    FOREIGN_GROUP, Fault, Home, Role,
    Step::{self, *},
};

use world::{World, in_time};

/// All of the way, the bot being at home in another cloud than the one that is asked first.
const WHOLE_WAY: [Step; 5] = [SignIn, Exchange, Register, Register, Post];

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

#[tokio::test]
async fn a_new_bot_signs_in_and_posts_once() {
    let world = World::new().await;
    let id = posted(world.run().await);
    assert_eq!(world.skype.steps(), WHOLE_WAY);
    let messages = world.skype.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].format.as_str(), messages[0].content.as_str()),
        ("Text", "Healthy Hosts: 5")
    );
    assert_eq!(
        (messages[0].from.as_deref(), messages[0].id.as_str()),
        (Some("Metrics Bot"), id.as_str())
    );
}

#[tokio::test]
async fn preparing_posts_nothing_and_posting_needs_no_preparing() {
    let world = World::new().await;
    let chat = world.chat();
    chat.prepare(in_time()).await;
    assert_eq!(world.skype.steps(), WHOLE_WAY[..4]);
    assert!(world.secrets.exists(world::SESSION));

    let world = World::new().await;
    posted(world.chat().post(&world.message()).await);
    assert_eq!(world.skype.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn what_failed_while_preparing_is_told_by_posting() {
    let world = World::new().await;
    world.skype.fail_next(SignIn, Fault::answer(429, ""));
    let error = failed(world.run().await);
    assert!(error.text.contains("throttled"), "{error}");
    assert_eq!(world.skype.steps(), [SignIn]);
}

#[tokio::test]
async fn the_session_is_used_for_its_lifetime() {
    let mut world = World::with_session().await;
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post]);

    world.skype.forget();
    world.is_now("2026-11-23T13:52:03Z");
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post]);

    world.skype.forget();
    world.is_now("2026-11-23T13:52:05Z");
    posted(world.run().await);
    assert_eq!(
        world.skype.steps(),
        WHOLE_WAY,
        "five minutes before its end it has ended"
    );
}

#[tokio::test]
async fn an_expired_registration_needs_no_login() {
    let world = World::with_session().await;
    world.change_session("/registration/token/expires", "2026-11-22T15:00:00Z");
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Register, Register, Post]);
}

#[tokio::test]
async fn an_expired_skype_token_does_not_matter_while_there_is_a_registration() {
    let world = World::with_session().await;
    world.change_session("/skype/expires", "2026-11-22T14:00:00Z");
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post]);
}

#[tokio::test]
async fn a_refused_token_leads_to_one_new_login() {
    let world = World::with_session().await;
    world.skype.revoke_tokens();
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post, SignIn, Exchange, Register, Register, Post]);
    assert_eq!(world.texts(), ["Healthy Hosts: 5"]);

    world.skype.forget();
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post], "the new session is kept");
}

#[tokio::test]
async fn a_refused_registration_leads_to_a_new_one() {
    let world = World::with_session().await;
    world.skype.expire_registrations();
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post, Register, Register, Post]);
    assert_eq!(world.texts(), ["Healthy Hosts: 5"]);
}

#[tokio::test]
async fn a_bot_that_is_moved_registers_in_its_new_cloud() {
    let world = World::with_session().await;
    world.skype.set_home(Home::First);
    let there = world
        .skype
        .url(Role::Gateway)
        .join("v1/users/ME/conversations/x/messages")
        .unwrap();
    world.skype.fail_next(
        Post,
        Fault::error(404, 752, "User is in a different cloud").with_header("location", there),
    );
    posted(world.run().await);
    let requests = world.skype.requests();
    let way: Vec<_> = requests.iter().map(|request| (request.role, request.step)).collect();
    assert_eq!(
        way,
        [
            (Role::OtherGateway, Post),
            (Role::Gateway, Register),
            (Role::Gateway, Post)
        ]
    );
}

#[tokio::test]
async fn clouds_that_point_at_each_other_are_left() {
    let world = World::new().await;
    world.skype.set_home(Home::Nowhere);
    let error = failed(world.run().await);
    assert_eq!(error.whose_move, Side::Service);
    assert!(error.text.contains("without end"), "{error}");
    assert_eq!(
        world.skype.steps(),
        [SignIn, Exchange, Register, Register, Register, Register]
    );
}

#[tokio::test]
async fn tokens_go_to_no_foreign_host() {
    for place in [
        "https://evil.example/v1/users/ME/endpoints",
        "http://192.0.2.1/v1/users/ME/endpoints",
        "nonsense",
    ] {
        let world = World::new().await;
        let fault = Fault::error(404, 752, "User is in a different cloud").with_header("location", place);
        world.skype.fail_next(Register, fault);
        let error = failed(world.run().await);
        assert!(error.text.contains("no token may be sent to"), "{error}");
        assert!(
            place == "nonsense" || error.text.contains(place.trim_end_matches("/v1/users/ME/endpoints")),
            "{error}"
        );
        assert_eq!(world.skype.steps(), [SignIn, Exchange, Register]);
    }
}

#[tokio::test]
async fn a_group_that_the_bot_is_not_in_is_the_operators_move() {
    for (group, expected) in [
        (FOREIGN_GROUP, "not a member"),
        ("19:nobody@thread.skype", "no such group"),
    ] {
        let mut world = World::new().await;
        world.config.group = group.into();
        let error = failed(world.run().await);
        assert_eq!(error.whose_move, Side::Operator);
        assert!(error.text.contains(expected), "{error}");
        assert_eq!(world.skype.steps(), WHOLE_WAY);
    }
}

#[tokio::test]
async fn every_hour_has_an_id_of_its_own() {
    let mut world = World::new().await;
    for hour in ["2026-11-22T13:57:04Z", "2026-11-22T14:57:09Z", "2026-11-22T14:57:30Z"] {
        world.is_now(hour);
        posted(world.run().await);
    }
    let ids: Vec<_> = world
        .skype
        .messages()
        .into_iter()
        .map(|message| message.client_id)
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[1], ids[2], "the same minute is the same message");
}

#[tokio::test]
async fn after_the_deadline_nothing_is_asked() {
    let mut world = World::new().await;
    world.time = Duration::ZERO;
    let error = failed(world.run().await);
    assert!(error.text.contains("no time left"), "{error}");
    assert_eq!(world.skype.steps(), []);
}
