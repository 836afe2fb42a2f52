//! Two runs that renew at once: on a server that takes a refresh token that comes twice for a theft, and on a milder one.

use std::time::Duration;

use hourly_update::delivery::outcome::{Outcome, Side};
use jiff::{SignedDuration, Timestamp};
use testkit::teams_free::{Fault, Step::*};
use tokio::time::Instant;

use super::{
    WHOLE_WAY, failed,
    keeping::DEAD_AT_ONCE,
    posted, sign_in_again,
    world::{SECRET, World},
};

async fn suspicious() -> World {
    let world = World::the_day_after().await;
    world.teams.set_grace(0);
    world.teams.end_sign_ins_on_reuse();
    world
}

fn assert_posted(outcomes: [Outcome; 2]) {
    for outcome in outcomes {
        assert!(
            matches!(outcome, Outcome::Posted { repeated: false, .. }),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn one_renews_and_the_other_waits_for_its_token() {
    let mut world = suspicious().await;
    let first: Timestamp = "2026-11-23T13:57:04Z".parse().unwrap();
    for day in 0..20 {
        world.is_now(&(first + SignedDuration::from_hours(24 * day)).to_string());
        // Now and then without having prepared.
        let outcomes = match day % 2 {
            0 => tokio::join!(world.run(), world.run()),
            _ => {
                let (one, other, message) = (world.chat(), world.chat(), world.message());
                tokio::join!(one.post(&message), other.post(&message))
            }
        };
        assert_posted(outcomes.into());
        let steps = world.teams.steps();
        let of = |step| steps.iter().filter(|it| **it == step).count();
        assert_eq!((of(Renew), of(Exchange)), (1, 1), "day {day}: {steps:?}");
        assert_eq!(world.texts().len(), 1, "the group has one message");
        assert!(!world.secrets.inner.is_renewed(SECRET), "nobody need wait any more");
    }
}

#[tokio::test]
async fn without_the_ledger_each_run_renews() {
    let world = suspicious().await;
    world.secrets.inner.lose_ledger();
    posted(world.run().await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn a_run_that_dies_is_waited_for_until_its_claim_runs_out() {
    let world = suspicious().await;
    world.secrets.inner.hold_renewal(SECRET, Duration::from_secs(1));
    let begun = Instant::now();
    posted(world.run().await);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn waiting_ends_in_time_and_goes_on_when_posting() {
    let world = suspicious().await;
    world.secrets.inner.hold_renewal(SECRET, Duration::from_secs(3600));
    let chat = world.chat();
    let begun = Instant::now();
    chat.prepare(begun + Duration::from_millis(4500)).await;
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "what is needed for writing is left"
    );
    let mut message = world.message();
    message.until = Instant::now() + Duration::from_millis(4500);
    let error = failed(chat.post(&message).await);
    assert_eq!((error.whose_move, error.sign_in_needed), (Side::Service, false));
    assert!(error.text.contains("another run is doing it"), "{error}");
    assert_eq!(world.teams.steps(), []);

    let chat = world.chat();
    chat.prepare(Instant::now() + Duration::from_millis(4500)).await;
    world.secrets.inner.hold_renewal(SECRET, Duration::from_millis(500));
    posted(chat.post(&world.message()).await);
    assert_eq!(world.teams.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn whatever_becomes_of_it_the_turn_is_over() {
    for (step, status) in [(Renew, 400), (Exchange, 403)] {
        let world = suspicious().await;
        world
            .teams
            .fail_next(step, Fault::answer(status, r#"{"error":"unauthorized_client"}"#));
        failed(world.run().await);
        assert!(!world.secrets.inner.is_renewed(SECRET), "{step:?}");
    }
}

/// The turn is over, and another run may have begun: what this one still brings must not undo that.
#[tokio::test]
async fn nothing_is_written_over_what_another_run_has_written() {
    for is_renewing in [false, true] {
        let world = suspicious().await;
        let chat = world.chat();
        chat.prepare(Instant::now() + world.time).await;
        let before = world.secrets.writes().len();
        let others = world.teams.sign_in();
        world.secrets.set(SECRET, &others);
        if is_renewing {
            world.secrets.inner.hold_renewal(SECRET, Duration::from_secs(3600));
        }
        world.teams.revoke_skype_tokens();
        posted(chat.post(&world.message()).await);
        assert_eq!(world.teams.steps(), [Renew, Exchange, Post, Exchange, Post]);
        assert_eq!(world.secrets.inner.text(SECRET), others);
        assert_eq!(world.secrets.writes().len(), before);
        assert_eq!(world.secrets.inner.is_renewed(SECRET), is_renewing);
    }
}

/// Lambda delivers events twice now and then, and two runs may renew at the same moment.
#[tokio::test]
async fn two_runs_at_once_do_not_lock_the_bot_out() {
    for grace in [3600, DEAD_AT_ONCE] {
        let mut world = World::the_day_after().await;
        world.teams.set_grace(grace);
        let (one, other) = tokio::join!(world.run(), world.run());
        for outcome in [one, other] {
            assert!(
                matches!(outcome, Outcome::Posted { repeated: false, .. }),
                "{grace}: {outcome:?}"
            );
        }
        assert_eq!(world.texts().len(), 1, "the group has one message");
        for day in ["2026-11-24T13:57:04Z", "2026-11-25T13:57:04Z"] {
            world.is_now(day);
            posted(world.run().await);
            assert_eq!(world.teams.steps(), WHOLE_WAY, "{grace}");
        }
    }
}

/// The same without having prepared, so that a refusal is met when it is late.
#[tokio::test]
async fn what_another_run_has_written_is_looked_for_when_posting_too() {
    let mut world = World::the_day_after().await;
    world.teams.set_grace(DEAD_AT_ONCE);
    let (one, other) = (world.chat(), world.chat());
    let message = world.message();
    for outcome in <[Outcome; 2]>::from(tokio::join!(one.post(&message), other.post(&message))) {
        assert!(
            matches!(outcome, Outcome::Posted { repeated: false, .. }),
            "{outcome:?}"
        );
    }
    drop((one, other));
    assert_eq!(world.texts().len(), 1);
    world.is_now("2026-11-24T13:57:04Z");
    posted(world.run().await);
}

/// A refused sign-in is kept in its own secret.
mod refused {
    use super::*;
    use crate::{destinations::teams_free::world::Write, worlds::secrets::denied};

    const HOURS: [&str; 2] = ["2026-11-23T14:57:04Z", "2026-11-23T15:57:04Z"];

    #[tokio::test]
    async fn a_refused_refresh_token_is_not_sent_again_until_somebody_puts_one() {
        let mut world = World::the_day_after().await;
        world.teams.end_sign_ins();
        let ended = world.secrets.inner.text(SECRET);
        // The same text once more counts as a change, with or without what is kept in it.
        for put in [None, Some(false), Some(true)] {
            match put {
                None => {}
                Some(false) => world.secrets.set(SECRET, &ended),
                Some(true) => world.secrets.set(SECRET, world.secrets.inner.text(SECRET)),
            }
            sign_in_again(world.run().await);
            assert_eq!(world.teams.steps(), [Renew, Renew], "{put:?}: each token once");
            for hour in HOURS {
                world.is_now(hour);
                let error = sign_in_again(world.run().await);
                assert!(
                    error.text.contains("was refused before, and is not sent again"),
                    "{error}"
                );
                assert_eq!(world.teams.steps(), []);
            }
            let account = world.account();
            assert!(account["refused"].is_string() && account["refresh_token"].is_string());
        }
        let chat = world.chat();
        chat.prepare(Instant::now() + world.time).await;
        world.secrets.set(SECRET, world.teams.sign_in());
        posted(chat.post(&world.message()).await);
        assert_eq!(world.teams.steps(), WHOLE_WAY);
        assert_eq!(world.account().get("refused"), None);
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_sent_again() {
        for out in [false, true] {
            let mut world = World::the_day_after().await;
            world.teams.end_sign_ins();
            match out {
                true => world.secrets.inner.lose_ledger(),
                false => world.secrets.every_write(Some(Write::Fails(denied()))),
            }
            for hour in HOURS {
                world.is_now(hour);
                sign_in_again(world.run().await);
                assert_eq!(world.teams.steps(), [Renew, Renew], "{out}");
            }
        }
    }

    #[tokio::test]
    async fn a_fault_that_passes_is_no_refusal() {
        for fault in [
            Fault::Reset,
            Fault::answer(503, ""),
            Fault::answer(400, r#"{"error":"temporarily_unavailable"}"#),
        ] {
            let mut world = World::the_day_after().await;
            (0..2).for_each(|_| world.teams.fail_next(Renew, fault.clone()));
            let error = failed(world.run().await);
            assert!(!error.sign_in_needed, "{error:?}");
            world.is_now(HOURS[0]);
            posted(world.run().await);
        }
    }
}
