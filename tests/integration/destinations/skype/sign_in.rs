//! What goes wrong on the way to the group: signing in, the exchange, the registration.

use hourly_update::delivery::outcome::Side;
use testkit::skype::{Fault, Life, Step::*};

use super::{WHOLE_WAY, failed, faults::SHORT, posted, world::World};

#[tokio::test]
async fn refusals_on_the_way_say_whose_move_it_is() {
    let page = format!(
        "<!DOCTYPE html><html>{}</html>",
        "<p>Something went wrong</p>".repeat(40_000)
    );
    let no_json = "<html>";
    for (step, fault, times, side, text, logins) in [
        (SignIn, Fault::answer(429, ""), 1, Side::Service, "throttled", 1),
        (SignIn, Fault::answer(200, &page), 1, Side::Service, "not XML", 1),
        (SignIn, Fault::answer(200, ""), 1, Side::Service, "not XML", 1),
        (SignIn, Fault::answer(503, ""), 2, Side::Service, "HTTP 503", 2),
        (SignIn, Fault::answer(403, ""), 1, Side::Operator, "browser", 1),
        (SignIn, Fault::ServeAndBreakOff, 2, Side::Service, "no answer", 2),
        (
            Exchange,
            Fault::answer(401, r#"{"status":{"code":40120}}"#),
            1,
            Side::Operator,
            "code 40120",
            1,
        ),
        (
            Exchange,
            Fault::answer(200, r#"{"status":{"code":40120}}"#),
            1,
            Side::Operator,
            "code 40120",
            1,
        ),
        (Exchange, Fault::answer(200, no_json), 1, Side::Service, "not JSON", 1),
        (
            Register,
            Fault::answer(201, "{}"),
            1,
            Side::Service,
            "no registration token",
            1,
        ),
        (
            Register,
            Fault::error(404, 0, ""),
            1,
            Side::Service,
            "no host to register at",
            1,
        ),
        (
            Register,
            Fault::error(403, 209, ""),
            2,
            Side::Operator,
            "new sign-in",
            2,
        ),
        (
            Register,
            Fault::error(429, 803, ""),
            1,
            Side::Service,
            "five minutes",
            1,
        ),
        (Register, Fault::answer(503, ""), 4, Side::Service, "HTTP 503", 1),
    ] {
        let world = World::new().await;
        (0..times).for_each(|_| world.skype.fail_next(step, fault.clone()));
        let error = failed(world.run().await);
        assert_eq!(error.whose_move, side, "{error}");
        assert!(error.text.contains(text), "{error}");
        assert_eq!(world.skype.logins(), logins, "{error}");
        assert_eq!(world.texts(), [""; 0]);
    }
}

#[tokio::test]
async fn passing_faults_on_the_way_are_outlived() {
    for step in [SignIn, Exchange, Register] {
        for fault in [Fault::answer(503, ""), Fault::Reset, Fault::Hang, Fault::ServeAndReset] {
            let mut world = World::new().await;
            world.limits.call = SHORT;
            world.skype.fail_next(step, fault.clone());
            posted(world.run().await);
            assert_eq!(world.skype.steps().len(), WHOLE_WAY.len() + 1, "{step:?} {fault:?}");
            assert_eq!(world.texts(), ["Healthy Hosts: 5"]);
        }
    }
}

#[tokio::test]
async fn tokens_without_a_sensible_end_serve_one_run() {
    for life in [Life::Untold, Life::Secs(0), Life::Secs(299), Life::Secs(-86_400)] {
        let mut world = World::new().await;
        world.skype.set_life(life);
        for hour in ["2026-11-22T13:57:04Z", "2026-11-22T14:57:04Z"] {
            world.is_now(hour);
            world.skype.forget();
            posted(world.run().await);
            assert_eq!(world.skype.steps(), WHOLE_WAY, "{life:?}");
        }
    }
}
