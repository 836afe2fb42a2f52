//! Refresh tokens rotate: whatever happens to the write of a new one, the bot is not locked out as long as Microsoft
//! takes one that it still has, and otherwise it says that a person has to sign in.

use std::time::Duration;

use serde_json::Value;
use testkit::teams_free::{Fault, Step::*};
use tokio::time::Instant;

use super::{
    WHOLE_WAY, failed, posted, sign_in_again,
    world::{SECRET, World, Write},
};
use crate::worlds::secrets::{denied, unavailable};

/// In these worlds an old refresh token is not good for a moment longer than its successor exists.
pub const DEAD_AT_ONCE: i64 = 0;

fn token(account: &Value, name: &str) -> String {
    account[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_new_refresh_token_is_written_before_anything_is_done_with_it() {
    let world = World::new().await;
    let first = token(&world.account(), "refresh_token");
    posted(world.run().await);
    let writes = world.secrets.writes();
    let after: Vec<_> = writes.iter().map(|(steps, _)| steps.as_slice()).collect();
    assert_eq!(
        after,
        [&[Renew][..], &[Renew, Exchange]],
        "before the exchange and before the post"
    );
    let (_, written) = &writes[0];
    assert_ne!(token(written, "refresh_token"), first);
    assert_eq!(
        token(written, "previous_refresh_token"),
        first,
        "it is kept until its successor has worked"
    );
    assert!(writes[1].1["session"].is_object());
    assert_eq!(writes[1].1, world.account());
}

#[tokio::test]
async fn the_one_before_is_dropped_when_its_successor_has_worked() {
    let mut world = World::the_day_after().await;
    let second = token(&world.account(), "refresh_token");
    posted(world.run().await);
    let account = world.account();
    assert_eq!(token(&account, "previous_refresh_token"), second);
    assert_ne!(token(&account, "refresh_token"), second);
    assert_eq!(account.to_string().matches("M.C5").count(), 2, "no others are kept");

    world.is_now("2026-11-24T13:57:04Z");
    posted(world.run().await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn a_write_that_fails_does_not_fail_the_post_nor_the_next_run() {
    for error in [denied(), unavailable()] {
        let mut world = World::the_day_after().await;
        let before = world.account();
        world.secrets.every_write(Some(Write::Fails(error)));
        posted(world.run().await);
        assert_eq!(world.teams.steps(), WHOLE_WAY);
        assert_eq!(world.account(), before);
        assert_eq!(
            world.secrets.writes().len(),
            3,
            "at each step, and at the end once more"
        );

        world.is_now("2026-11-23T14:57:04Z");
        posted(world.run().await);
        assert_eq!(
            world.teams.steps(),
            WHOLE_WAY,
            "the old token is good for another renewal"
        );

        world.secrets.every_write(None);
        world.is_now("2026-11-23T15:57:04Z");
        posted(world.run().await);
        assert_ne!(world.account(), before);
    }
}

#[tokio::test]
async fn a_write_that_fails_once_is_made_good_in_the_same_run() {
    let mut world = World::the_day_after().await;
    world.teams.set_grace(DEAD_AT_ONCE);
    world.secrets.next_write(Write::Fails(unavailable()));
    posted(world.run().await);
    world.is_now("2026-11-24T13:57:04Z");
    posted(world.run().await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn a_lost_write_where_old_tokens_are_dead_takes_a_person_and_says_so() {
    let mut world = World::the_day_after().await;
    world.teams.set_grace(DEAD_AT_ONCE);
    world.secrets.every_write(Some(Write::Fails(denied())));
    posted(world.run().await);

    world.secrets.every_write(None);
    world.is_now("2026-11-23T14:57:04Z");
    let error = sign_in_again(world.run().await);
    assert!(
        error.text.contains("the sign-in has ended (HTTP 400, code 70000)"),
        "{error}"
    );
    assert_eq!(world.teams.steps(), [Renew, Renew], "each token once");

    // Until a person has done so.
    world.secrets.set(SECRET, world.teams.sign_in());
    world.is_now("2026-11-23T15:57:04Z");
    posted(world.run().await);
}

#[tokio::test]
async fn a_write_that_hangs_does_not_keep_the_message() {
    for write in [Write::Hangs, Write::WritesAndHangs] {
        let mut world = World::the_day_after().await;
        world.limits.call = Duration::from_millis(500);
        world.secrets.every_write(Some(write));
        let begun = Instant::now();
        posted(world.run().await);
        assert!(begun.elapsed() < Duration::from_secs(8));
        world.secrets.every_write(None);
        world.is_now("2026-11-24T13:57:04Z");
        posted(world.run().await);
    }
}

/// The function is ended after the renewal, within the write: nothing of it is left but the old secret.
async fn killed_while_writing(world: &World) {
    world.secrets.every_write(Some(Write::Hangs));
    let chat = world.chat();
    let mut preparing = Box::pin(chat.prepare(Instant::now() + world.time));
    while world.secrets.writes().is_empty() {
        let step = tokio::time::timeout(Duration::from_millis(10), &mut preparing).await;
        assert!(step.is_err(), "it was not killed in time");
    }
    assert_eq!(world.teams.steps(), [Renew]);
    world.secrets.every_write(None);
}

#[tokio::test]
async fn being_killed_between_renewal_and_write_does_not_lock_out() {
    let mut world = World::the_day_after().await;
    killed_while_writing(&world).await;
    world.is_now("2026-11-23T13:58:04Z");
    posted(world.run().await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn being_killed_there_where_old_tokens_are_dead_takes_a_person() {
    let mut world = World::the_day_after().await;
    world.teams.set_grace(DEAD_AT_ONCE);
    killed_while_writing(&world).await;
    world.is_now("2026-11-23T13:58:04Z");
    sign_in_again(world.run().await);
}

#[tokio::test]
async fn a_refused_token_falls_back_to_the_one_before() {
    let mut world = World::the_day_after().await;
    world.teams.refuse_newest();
    let before = world.account();
    posted(world.run().await);
    assert_eq!(world.teams.steps(), [Renew, Renew, Exchange, Post]);
    let account = world.account();
    assert_eq!(
        token(&account, "previous_refresh_token"),
        token(&before, "previous_refresh_token"),
        "what has worked stays, what was refused goes"
    );
    assert!(!account.to_string().contains(&token(&before, "refresh_token")));

    world.is_now("2026-11-24T13:50:04Z");
    posted(world.run().await);
}

#[tokio::test]
async fn an_ended_sign_in_is_told_in_preparing_and_in_posting() {
    let world = World::the_day_after().await;
    world.teams.end_sign_ins();
    sign_in_again(world.run().await);
    assert_eq!(
        world.teams.steps(),
        [Renew, Renew],
        "each token once, and not again when posting"
    );
    let alone = World::the_day_after().await;
    alone.teams.end_sign_ins();
    sign_in_again(alone.chat().post(&alone.message()).await);
}

#[tokio::test]
async fn everything_that_takes_a_person_says_so() {
    for refusal in [
        "invalid_grant",
        "interaction_required",
        "consent_required",
        "unauthorized_client",
    ] {
        let world = World::new().await;
        let body = serde_json::json!({"error": refusal, "error_codes": [50_076]}).to_string();
        world.teams.fail_next(Renew, Fault::answer(400, body));
        let error = sign_in_again(world.run().await);
        assert!(error.text.contains("code 50076"), "{error}");
    }
}

#[tokio::test]
async fn somebody_who_signs_in_during_the_run_is_enough() {
    for before in ["", "not json", r#"{"client_id":"a","refresh_token":"gone"}"#] {
        let world = World::new().await;
        world.secrets.set(SECRET, before);
        let chat = world.chat();
        chat.prepare(Instant::now() + world.time).await;
        world.secrets.set(SECRET, world.teams.sign_in());
        posted(chat.post(&world.message()).await);
        let begun = world.teams.steps().len() - WHOLE_WAY.len();
        assert_eq!(world.teams.steps()[begun..], WHOLE_WAY, "{before}");
    }
}

/// The answer to a renewal gets lost: the token may have been replaced by one that nobody knows.
#[tokio::test]
async fn a_lost_renewal_is_made_again_once() {
    for fault in [Fault::ServeAndReset, Fault::ServeAndBreakOff, Fault::answer(503, "")] {
        let world = World::the_day_after().await;
        world.teams.fail_next(Renew, fault.clone());
        posted(world.run().await);
        assert_eq!(world.teams.steps(), [Renew, Renew, Exchange, Post], "{fault:?}");
    }
    let world = World::the_day_after().await;
    world.teams.set_grace(DEAD_AT_ONCE);
    world.teams.fail_next(Renew, Fault::ServeAndReset);
    sign_in_again(world.run().await);

    let world = World::the_day_after().await;
    for _ in 0..2 {
        world.teams.fail_next(Renew, Fault::Reset);
    }
    let error = failed(world.run().await);
    assert!(!error.sign_in_needed, "{error:?}");
    assert_eq!(world.teams.steps(), [Renew, Renew]);
}

#[tokio::test]
async fn a_secret_keeps_its_sign_in_whatever_else_was_in_it() {
    let world = World::new().await;
    let mut account = world.account();
    account["session"] = serde_json::json!({"token": "nonsense"});
    account["of_a_later_release"] = 1.into();
    world.secrets.set(SECRET, account.to_string());
    posted(world.run().await);
    assert_eq!(world.account()["signed_in_as"], testkit::teams_free::USER);
}
