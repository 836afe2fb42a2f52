//! The stand-in refuses what Skype refuses: requests that went through are sent again with one thing changed.

use testkit::skype::{Recorded, Role, Step};

use crate::destinations::skype::{posted, world::World};

/// The first request of a run for this step, at the last service that it went to.
async fn replayed(step: Step, change: impl Fn(&mut Recorded)) -> (u16, String) {
    let world = World::new().await;
    posted(world.run().await);
    let mut request = world
        .skype
        .requests()
        .into_iter()
        .rfind(|request| request.step == step)
        .unwrap();
    change(&mut request);
    world.skype.replay(request).await
}

#[tokio::test]
async fn a_request_that_skype_took_is_taken_again() {
    for (step, expected) in [
        (Step::SignIn, 200),
        (Step::Exchange, 200),
        (Step::Register, 201),
        (Step::Post, 201),
    ] {
        let (status, text) = replayed(step, |_| {}).await;
        assert_eq!(status, expected, "{step:?}");
        assert!(!text.contains("Fault"), "{text}");
    }
}

#[tokio::test]
async fn a_skype_request_with_one_wrong_thing_is_refused() {
    let old = "appId=msmsgs@msnmsgr.com; time=1735689600; lockAndKeyResponse=8d52b580d7df690b6cf9f578a82c6816";
    type Change<'a> = (Step, &'a dyn Fn(&mut Recorded), u16, &'a str);
    let changes: [Change<'_>; 20] = [
        (
            Step::SignIn,
            &|it| it.replace_in_body("&lt;o", "&lt;O"),
            200,
            "wsse:FailedAuthentication",
        ),
        (
            Step::SignIn,
            &|it| it.replace_in_body("metrics.bot@", "other.bot@"),
            200,
            "wsse:FailedAuthentication",
        ),
        (
            Step::SignIn,
            &|it| it.replace_in_body("MBI_SSL", "MBI"),
            200,
            "wst:InvalidRequest",
        ),
        (
            Step::SignIn,
            &|it| it.replace_in_body("wl.skype.com", "example.com"),
            200,
            "wst:InvalidRequest",
        ),
        (
            Step::SignIn,
            &|it| it.replace_in_body("</Envelope>", ""),
            200,
            "Invalid Request",
        ),
        (
            Step::Exchange,
            &|it| it.replace_in_body("access_token=t", "access_token=u"),
            401,
            "40120",
        ),
        (
            Step::Exchange,
            &|it| it.replace_in_body("access_token", "token"),
            401,
            "40120",
        ),
        (
            Step::Exchange,
            &|it| it.replace_in_body("partner=999", "partner=9"),
            400,
            "40000",
        ),
        (
            Step::Register,
            &|it| it.set_header("lockandkey", None),
            403,
            "LockAndKey",
        ),
        (
            Step::Register,
            &|it| it.set_header("lockandkey", Some(old)),
            403,
            "LockAndKey",
        ),
        (
            Step::Register,
            &|it| it.set_header("authentication", Some("skypetoken=other")),
            401,
            "911",
        ),
        (Step::Register, &|it| it.set_header("authentication", None), 401, "911"),
        (Step::Register, &|it| it.body = b"[]".to_vec(), 400, "201"),
        (Step::Register, &|it| it.role = Role::Gateway, 404, "752"),
        (Step::Register, &moved_without_override, 301, "752"),
        (Step::Post, &|it| it.set_header("registrationtoken", None), 401, "911"),
        (Step::Post, &|it| it.set_header("clientinfo", None), 400, "201"),
        (
            Step::Post,
            &|it| it.replace_in_body("clientmessageid\":\"", "clientmessageid\":1,\"x\":\""),
            400,
            "201",
        ),
        (Step::Post, &|it| it.body = b"{".to_vec(), 400, "201"),
        (Step::Post, &|it| it.role = Role::Gateway, 404, "729"),
    ];
    for (at, (step, change, status, text)) in changes.into_iter().enumerate() {
        let (answered, told) = replayed(step, change).await;
        assert_eq!(answered, status, "{at}: {step:?} {told}");
        assert!(told.contains(text), "{at}: {step:?} {told}");
    }
}

fn moved_without_override(request: &mut Recorded) {
    request.role = Role::Gateway;
    request.set_header("behavioroverride", None);
}
