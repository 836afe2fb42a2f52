//! Posting to Slack: what only its webhooks do.

mod official;

use hourly_update::{
    delivery::outcome::Side,
    destinations::{
        incoming_webhook::WebhookSpec,
        slack::{self, client::Slack},
    },
};
use testkit::{
    inbox::{Fault, Reply},
    slack::{PATH, rules},
};

use crate::destinations::incoming_webhook::World;

/// A channel with a webhook.
pub async fn world() -> World {
    let bodies = [
        r#"{"text":"Healthy Hosts: 5"}"#,
        r#"{"text":"Healthy Hosts: 5 (repeated)"}"#,
    ];
    World::new(
        |config| Box::new(WebhookSpec::<Slack>::new(&slack::KIND, config)),
        rules,
        PATH,
        str::to_owned,
        bodies,
    )
    .await
}

/// Slack's words, whose move it is, and what is said.
#[tokio::test]
async fn each_refusal_says_whose_move_it_is() {
    let world = world().await;
    let mut told = String::new();
    for (status, word) in [
        (400, "invalid_payload"),
        (400, "no_text"),
        (400, "invalid_blocks"),
        (400, "msg_blocks_too_long"),
        (400, "user_not_found"),
        (400, "posting_to_general_channel_denied"),
        (403, "invalid_token"),
        (403, "action_prohibited"),
        (403, "team_disabled"),
        (404, "no_service"),
        (404, "no_active_hooks"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (404, "<html>"),
        (400, "a_new_word"),
        (400, "Not a plain word: hunter2"),
        (403, ""),
        (418, ""),
        (200, "<html>"),
        (200, ""),
        (202, "okay"),
    ] {
        world.inbox.fail_next(Fault::Answer(Reply::new(status, word)));
        let error = world.failure().await;
        told += &format!("{status} {word}\n  {:?}: {error}\n", error.whose_move);
    }
    assert!(world.inbox.taken().is_empty());
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn slacks_word_is_told_and_nothing_else_of_its_answer() {
    let world = world().await;
    for (body, told) in [
        ("rollup_error", "(HTTP 500, rollup_error)"),
        ("rollup_error: hunter2", "(HTTP 500)"),
    ] {
        (0..4).for_each(|_| world.inbox.fail_next(Fault::Answer(Reply::new(500, body))));
        let error = world.failure().await;
        assert!(error.text.ends_with(told), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_body_are_refused() {
    let mut world = world().await;
    for body in [
        "{}",
        "[]",
        r#"{"text":""}"#,
        r#"{"text":"a","blocks":[]}"#,
        r#"{"text":"a","blocks":[{"type":"table"}]}"#,
    ] {
        world.bodies[0] = body.into();
        assert_eq!(world.failure().await.whose_move, Side::Ours, "{body}");
    }
    let elsewhere = world.inbox.url("/services/T00000000/B00000000/another");
    world
        .secrets
        .set(crate::destinations::incoming_webhook::SECRET, elsewhere);
    assert_eq!(world.failure().await.whose_move, Side::Operator);
}
