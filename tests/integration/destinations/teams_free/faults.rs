//! What the services answer when something is wrong, and what the group then sees.

use std::time::{Duration, Instant};

use hourly_update::delivery::outcome::{Outcome, Side};
use testkit::teams_free::{
    Fault,
    Step::{self, *},
};

use super::{WHOLE_WAY, failed, posted, world::World};

const TEXT: &str = "<p>Healthy Hosts: 5</p>";
const MARKED: &str = "<p>Healthy Hosts: 5 (repeated)</p>";

/// Enough for a loopback call on a busy machine, and little enough to be waited for.
const SHORT: Duration = Duration::from_secs(1);

/// An answer, how often it is given, the steps that follow, and whose move it is in the end, if anybody's.
type Row<'a> = (Fault, usize, &'a [Step], Result<(), (Side, &'a str)>);

#[tokio::test]
async fn each_error_of_a_teams_free_group_has_its_steps_and_its_outcome() {
    let error = Fault::error;
    let late = |status, code| Fault::error(status, code, "").with_header("retry-after", 3600);
    let replaced: &[Step] = &[Post, Renew, Exchange, Post];
    let cases: [Row<'_>; 17] = [
        (
            error(400, 1000, "Bad request"),
            1,
            &[Post],
            Err((Side::Ours, "code 1000")),
        ),
        (error(400, 1003, "Too large"), 1, &[Post], Err((Side::Ours, "too long"))),
        (error(413, 0, ""), 1, &[Post], Err((Side::Ours, "too long"))),
        (error(401, 911, ""), 1, replaced, Ok(())),
        (
            error(401, 911, ""),
            2,
            replaced,
            Err((Side::Operator, "and a new one too")),
        ),
        (error(403, 0, "SkypeToken has expired"), 1, replaced, Ok(())),
        (
            error(403, 0, "Token expired"),
            2,
            replaced,
            Err((Side::Operator, "hourly login teams-free")),
        ),
        (
            error(403, 0, "Banned"),
            1,
            &[Post],
            Err((Side::Operator, "may not post in the group")),
        ),
        (error(404, 0, ""), 1, &[Post], Err((Side::Operator, "not a member"))),
        (error(429, 803, "Throttled"), 1, &[Post, Post], Ok(())),
        (
            error(429, 429, "quota"),
            2,
            &[Post, Post],
            Err((Side::Service, "too many requests")),
        ),
        (late(429, 803), 1, &[Post], Err((Side::Service, "no time left"))),
        (error(503, 0, ""), 3, &[Post; 4], Ok(())),
        (error(503, 0, ""), 4, &[Post; 4], Err((Side::Service, "HTTP 503"))),
        (Fault::answer(503, "<html>busy</html>"), 1, &[Post, Post], Ok(())),
        (late(503, 0), 1, &[Post], Err((Side::Service, "no time left"))),
        (
            Fault::answer(302, "").with_header("location", "https://evil.example/"),
            1,
            &[Post],
            Err((Side::Service, "302")),
        ),
    ];
    for (fault, times, steps, expected) in cases {
        let world = World::with_session().await;
        (0..times).for_each(|_| world.teams.fail_next(Post, fault.clone()));
        let outcome = world.run().await;
        assert_eq!(world.teams.steps(), steps, "{fault:?}");
        match expected {
            Ok(()) => {
                posted(outcome);
                assert_eq!(world.texts(), [TEXT], "{fault:?}");
            }
            Err((side, text)) => {
                let error = failed(outcome);
                assert_eq!(error.whose_move, side, "{error}");
                assert!(error.text.contains(text), "{error}");
                assert_eq!(world.texts(), [""; 0], "{fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn refusals_on_the_way_say_whose_move_it_is() {
    let bad = r#"{"status":{"code":40120,"text":"Bad credentials"}}"#;
    let twice = &[Renew, Exchange, Renew, Exchange][..];
    for (step, fault, times, steps, side, text) in [
        (Renew, Fault::answer(400, "{}"), 1, &[Renew][..], Side::Ours, "HTTP 400"),
        (
            Renew,
            Fault::answer(200, "<html>"),
            1,
            &[Renew],
            Side::Service,
            "not JSON",
        ),
        (
            Renew,
            Fault::answer(200, "{}"),
            1,
            &[Renew],
            Side::Service,
            "no access token",
        ),
        (
            Renew,
            Fault::answer(503, ""),
            2,
            &[Renew, Renew],
            Side::Service,
            "HTTP 503",
        ),
        (
            Renew,
            Fault::answer(302, ""),
            1,
            &[Renew],
            Side::Service,
            "points elsewhere",
        ),
        (
            Exchange,
            Fault::answer(401, bad),
            2,
            twice,
            Side::Operator,
            "of a new renewal too (HTTP 401, code 40120)",
        ),
        (
            Exchange,
            Fault::answer(403, "{}"),
            1,
            &[Renew, Exchange],
            Side::Operator,
            "takes a personal one",
        ),
        (
            Exchange,
            Fault::answer(200, "{}"),
            1,
            &[Renew, Exchange],
            Side::Service,
            "no token",
        ),
        (
            Exchange,
            Fault::answer(200, "<html>"),
            1,
            &[Renew, Exchange],
            Side::Service,
            "not JSON",
        ),
        (
            Exchange,
            Fault::answer(404, "{}"),
            1,
            &[Renew, Exchange],
            Side::Ours,
            "HTTP 404",
        ),
        (
            Exchange,
            Fault::answer(503, ""),
            4,
            &[Renew, Exchange, Exchange, Exchange, Exchange],
            Side::Service,
            "HTTP 503",
        ),
    ] {
        let world = World::new().await;
        (0..times).for_each(|_| world.teams.fail_next(step, fault.clone()));
        let error = failed(world.run().await);
        assert_eq!(error.whose_move, side, "{error}");
        assert!(error.text.contains(text), "{error}");
        assert_eq!(error.sign_in_needed, side == Side::Operator, "{error}");
        assert_eq!(world.teams.steps(), steps, "{error}");
        assert_eq!(world.texts(), [""; 0]);
    }
}

#[tokio::test]
async fn passing_faults_on_the_way_are_outlived() {
    for step in [Renew, Exchange] {
        for fault in [Fault::answer(503, ""), Fault::Reset, Fault::Hang, Fault::ServeAndReset] {
            let mut world = World::new().await;
            world.limits.call = SHORT;
            world.teams.fail_next(step, fault.clone());
            posted(world.run().await);
            assert_eq!(world.teams.steps().len(), WHOLE_WAY.len() + 1, "{step:?} {fault:?}");
            assert_eq!(world.texts(), [TEXT]);
        }
    }
    let world = World::new().await;
    world.teams.fail_next(Exchange, Fault::answer(401, "{}"));
    posted(world.run().await);
    assert_eq!(world.teams.steps(), [Renew, Exchange, Renew, Exchange, Post]);
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let world = World::with_session().await;
    let fault = Fault::error(429, 803, "Throttled").with_header("retry-after", 1);
    world.teams.fail_next(Post, fault);
    let begun = Instant::now();
    posted(world.run().await);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

/// A message that may have arrived is sent once more, marked and with the same id: the service drops it if it has it.
#[tokio::test]
async fn an_unknown_fate_is_repeated_once() {
    for (fault, texts) in [
        (Fault::Reset, [MARKED]),
        (Fault::Hang, [MARKED]),
        (Fault::ServeAndReset, [TEXT]),
        (Fault::ServeAndHang, [TEXT]),
        (Fault::answer(504, "gateway timeout"), [MARKED]),
    ] {
        let mut world = World::with_session().await;
        world.limits.call = SHORT;
        world.teams.fail_next(Post, fault.clone());
        let outcome = world.run().await;
        assert!(
            matches!(outcome, Outcome::Posted { repeated: true, .. }),
            "{fault:?} {outcome:?}"
        );
        assert_eq!(world.texts(), texts, "{fault:?}");
        let requests = world.teams.requests();
        let id = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["clientmessageid"].clone();
        assert_eq!(requests.len(), 2);
        assert_eq!(id(&requests[0].body), id(&requests[1].body));
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_told_whatever_fails_then() {
    let world = World::with_session().await;
    world.teams.fail_next(Post, Fault::ServeAndReset);
    world.teams.fail_next(Post, Fault::error(401, 911, ""));
    world.teams.end_sign_ins();
    let error = failed(world.run().await);
    assert!(error.sign_in_needed && error.may_have_arrived, "{error:?}");
    assert!(error.text.ends_with("; the group may have got the message"), "{error}");
}

#[tokio::test]
async fn an_accepted_message_is_never_sent_again() {
    for fault in [
        Fault::ServeAndBreakOff,
        Fault::answer(201, ""),
        Fault::answer(200, "<html>"),
        Fault::error(409, 8400, "A message with this client id exists"),
        Fault::answer(202, [255]),
    ] {
        let world = World::with_session().await;
        world.teams.fail_next(Post, fault.clone());
        let outcome = world.run().await;
        assert!(
            matches!(outcome, Outcome::Posted { repeated: false, .. }),
            "{fault:?} {outcome:?}"
        );
        assert_eq!(world.teams.steps(), [Post], "{fault:?}");
    }
}

#[tokio::test]
async fn the_deadline_ends_calls_and_pauses() {
    let mut world = World::with_session().await;
    world.time = SHORT;
    world.teams.fail_next(Post, Fault::Hang);
    let begun = Instant::now();
    let error = failed(world.run().await);
    assert!(
        error.text.contains("no time left") && error.may_have_arrived,
        "{error:?}"
    );
    assert!(begun.elapsed() < SHORT * 4);
    assert_eq!(world.teams.steps(), [Post]);
}
