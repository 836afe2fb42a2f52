//! What the services answer when something is wrong, and what the group then sees.

use std::time::{Duration, Instant};

use hourly_update::delivery::outcome::{Outcome, Side};
use testkit::skype::{
    Fault,
    Step::{self, *},
};
use url::Url;

use super::{WHOLE_WAY, failed, posted, world::World};

/// Enough for a loopback call on a busy machine, and little enough to be waited for.
pub const SHORT: Duration = Duration::from_secs(1);

/// An answer, how often it is given, the steps that follow, and whose move it is in the end, if anybody's.
type Row<'a> = (Fault, usize, &'a [Step], Result<(), (Side, &'a str)>);

#[tokio::test]
async fn each_error_of_a_skype_group_has_its_steps_and_its_outcome() {
    let late = |status, code| Fault::error(status, code, "").with_header("retry-after", 3600);
    let renewed: &[Step] = &[Post, Register, Register, Post];
    let signed_in: &[Step] = &[Post, SignIn, Exchange, Register, Register, Post];
    let expired = "Registration token expired, and no skype ticket was provided";
    let cases: [Row; 22] = [
        (
            Fault::error(400, 201, "Misformatted"),
            1,
            &[Post],
            Err((Side::Operator, "code 201")),
        ),
        (Fault::error(400, 0, ""), 1, &[Post], Err((Side::Ours, "HTTP 400"))),
        (
            Fault::error(401, 911, "ticket failed authentication"),
            1,
            signed_in,
            Ok(()),
        ),
        (
            Fault::error(401, 911, "ticket failed authentication"),
            2,
            signed_in,
            Err((Side::Operator, "new sign-in")),
        ),
        (Fault::error(403, 0, expired), 1, renewed, Ok(())),
        (
            Fault::error(403, 0, expired),
            2,
            renewed,
            Err((Side::Service, "a new one too")),
        ),
        (
            Fault::error(403, 0, "Banned"),
            1,
            &[Post],
            Err((Side::Operator, "not a member")),
        ),
        (
            Fault::error(404, 729, "Must create an endpoint first"),
            1,
            renewed,
            Ok(()),
        ),
        (
            Fault::error(404, 729, "Must create an endpoint first"),
            2,
            renewed,
            Err((Side::Service, "a new one too")),
        ),
        (Fault::error(404, 752, "Different cloud"), 1, renewed, Ok(())),
        (
            Fault::error(404, 0, ""),
            1,
            &[Post],
            Err((Side::Operator, "no such group")),
        ),
        (Fault::error(429, 800, "Throttled"), 1, &[Post, Post], Ok(())),
        (
            Fault::error(429, 800, "Throttled"),
            2,
            &[Post, Post],
            Err((Side::Service, "too many requests")),
        ),
        (late(429, 800), 1, &[Post], Err((Side::Service, "no time left"))),
        (
            Fault::error(429, 803, "Login throttled"),
            1,
            &[Post],
            Err((Side::Service, "five minutes")),
        ),
        (
            Fault::error(403, 804, "Quarantine"),
            1,
            &[Post],
            Err((Side::Operator, "accepted the contact")),
        ),
        (Fault::error(500, 5, ""), 1, &[Post, Post], Ok(())),
        (Fault::error(503, 6, ""), 3, &[Post; 4], Ok(())),
        (
            Fault::error(503, 6, ""),
            4,
            &[Post; 4],
            Err((Side::Service, "HTTP 503, code 6")),
        ),
        (late(503, 6), 1, &[Post], Err((Side::Service, "no time left"))),
        (Fault::answer(503, "<html>busy</html>"), 1, &[Post, Post], Ok(())),
        (
            Fault::answer(302, "").with_header("location", "https://evil.example/"),
            1,
            &[Post],
            Err((Side::Service, "302")),
        ),
    ];
    for (fault, times, steps, expected) in cases {
        let world = World::with_session().await;
        (0..times).for_each(|_| world.skype.fail_next(Post, fault.clone()));
        let outcome = world.run().await;
        assert_eq!(world.skype.steps(), steps, "{fault:?}");
        match expected {
            Ok(()) => {
                posted(outcome);
                assert_eq!(world.texts(), ["Healthy Hosts: 5"], "{fault:?}");
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
async fn retry_after_is_waited_for() {
    let world = World::with_session().await;
    world
        .skype
        .fail_next(Post, Fault::error(429, 800, "Throttled").with_header("retry-after", 1));
    let begun = Instant::now();
    posted(world.run().await);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

/// A message that may have arrived is sent once more: marked, and with the same id.
#[tokio::test]
async fn an_unknown_fate_is_repeated_once_and_marked() {
    let marked = "Healthy Hosts: 5\n(repeated)";
    for (fault, texts) in [
        (Fault::Reset, vec![marked]),
        (Fault::Hang, vec![marked]),
        (Fault::ServeAndReset, vec!["Healthy Hosts: 5", marked]),
        (Fault::ServeAndHang, vec!["Healthy Hosts: 5", marked]),
        (Fault::answer(504, "gateway timeout"), vec![marked]),
    ] {
        let mut world = World::with_session().await;
        world.limits.call = SHORT;
        world.skype.fail_next(Post, fault.clone());
        let outcome = world.run().await;
        assert!(
            matches!(outcome, Outcome::Posted { repeated: true, .. }),
            "{fault:?} {outcome:?}"
        );
        assert_eq!(world.texts(), texts, "{fault:?}");
        let id = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["clientmessageid"].clone();
        let requests = world.skype.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(id(&requests[0].body), id(&requests[1].body));
    }
}

#[tokio::test]
async fn a_message_to_skype_is_not_repeated_twice() {
    let mut world = World::with_session().await;
    world.limits.call = SHORT;
    world.skype.fail_next(Post, Fault::ServeAndHang);
    world.skype.fail_next(Post, Fault::ServeAndReset);
    let error = failed(world.run().await);
    assert_eq!(error.whose_move, Side::Service);
    assert!(error.text.contains("the group may have got the message"), "{error}");
    assert_eq!(world.skype.steps(), [Post, Post]);
}

#[tokio::test]
async fn a_later_failure_elsewhere_does_not_hide_that_it_may_have_arrived() {
    let world = World::with_session().await;
    world.skype.fail_next(Post, Fault::ServeAndReset);
    world.skype.fail_next(Post, Fault::error(401, 911, ""));
    world.skype.fail_next(SignIn, Fault::answer(429, ""));
    let error = failed(world.run().await);
    assert!(error.text.contains("signing in is throttled"), "{error}");
    assert!(error.text.contains("the group may have got the message"), "{error}");
    assert_eq!(world.skype.steps(), [Post, Post, SignIn]);
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
        world.skype.fail_next(Post, fault.clone());
        let outcome = world.run().await;
        assert!(
            matches!(outcome, Outcome::Posted { repeated: false, .. }),
            "{fault:?} {outcome:?}"
        );
        assert_eq!(world.skype.steps(), [Post], "{fault:?}");
    }
}

#[tokio::test]
async fn a_message_that_was_never_sent_may_not_have_arrived() {
    let world = World::with_session().await;
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    world.change_session("/registration/host", format!("http://127.0.0.1:{port}/"));
    let error = failed(world.run().await);
    assert_eq!(error.whose_move, Side::Service);
    assert!(error.text.contains("no connection could be made"), "{error}");
    assert!(!error.text.contains("may have got"), "{error}");
    assert_eq!(world.skype.steps(), []);
}

#[tokio::test]
async fn the_deadline_ends_calls_and_pauses() {
    let mut world = World::with_session().await;
    world.time = SHORT;
    world.skype.fail_next(Post, Fault::Hang);
    let begun = Instant::now();
    let error = failed(world.run().await);
    assert!(error.text.contains("no time left"), "{error}");
    assert!(error.text.contains("the group may have got the message"), "{error}");
    assert!(begun.elapsed() < SHORT * 4);
    assert_eq!(world.skype.steps(), [Post]);
}

#[tokio::test]
async fn a_kept_session_for_another_place_is_none() {
    let world = World::with_session().await;
    world.change_session(
        "/registration/host",
        Url::parse("https://evil.example").unwrap().as_str(),
    );
    posted(world.run().await);
    assert_eq!(world.skype.steps(), WHOLE_WAY);
}
