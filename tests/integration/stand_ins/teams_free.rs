//! The stand-in refuses what the services refuse: requests that went through are sent again with one thing changed.

use testkit::teams_free::{Recorded, Step};

use crate::destinations::teams_free::{posted, world::World};

/// The first request of a run for this step, changed and sent again.
async fn replayed(step: Step, change: impl Fn(&mut Recorded)) -> (u16, String) {
    let world = World::new().await;
    posted(world.run().await);
    let mut requests = world.teams.requests().into_iter();
    let mut request = requests.find(|request| request.step == step).unwrap();
    change(&mut request);
    world.teams.replay(request).await
}

#[tokio::test]
async fn a_teams_free_request_with_one_wrong_thing_is_refused() {
    type Change<'a> = (Step, &'a dyn Fn(&mut Recorded), u16, &'a str);
    let changes: [Change<'_>; 19] = [
        (Step::Renew, &|_| {}, 200, "refresh_token"),
        (
            Step::Renew,
            &|it| it.replace_in_body("client_id=4b", "client_id=5b"),
            400,
            "unauthorized_client",
        ),
        (
            Step::Renew,
            &|it| it.replace_in_body("openid", "email"),
            400,
            "invalid_scope",
        ),
        (
            Step::Renew,
            &|it| it.replace_in_body("=refresh_token", "=password"),
            400,
            "unsupported_grant_type",
        ),
        (
            Step::Renew,
            &|it| it.replace_in_body("refresh_token=M", "refresh_token=N"),
            400,
            "invalid_grant",
        ),
        (
            Step::Renew,
            &|it| it.set_header("content-type", Some("text/plain")),
            400,
            "invalid_request",
        ),
        (
            Step::Renew,
            &|it| it.path = "/common/oauth2/token".into(),
            404,
            "No HTTP resource",
        ),
        (Step::Exchange, &|_| {}, 200, "skypetoken"),
        (Step::Exchange, &|it| it.set_header("authorization", None), 401, "40120"),
        (
            Step::Exchange,
            &|it| it.set_header("authorization", Some("Bearer other")),
            401,
            "40120",
        ),
        (
            Step::Exchange,
            &|it| it.set_header("content-length", None),
            411,
            "LengthRequired",
        ),
        (Step::Post, &|_| {}, 409, "8400"),
        (Step::Post, &|it| it.set_header("authentication", None), 401, "911"),
        (
            Step::Post,
            &|it| it.set_header("authentication", Some("skypetoken=other")),
            401,
            "911",
        ),
        (
            Step::Post,
            &|it| it.set_header("ms-ic3-product", None),
            404,
            "not found",
        ),
        (
            Step::Post,
            &|it| it.path = it.path.replace("%3A", ":"),
            404,
            "Not encoded",
        ),
        (
            Step::Post,
            &|it| it.replace_in_body("RichText/Html", "RichText/Xml"),
            400,
            "1000",
        ),
        (
            Step::Post,
            &|it| it.replace_in_body("Hosts", &"x".repeat(30_000)),
            413,
            "1003",
        ),
        (Step::Post, &|it| it.body = b"{".to_vec(), 400, "1000"),
    ];
    for (at, (step, change, status, text)) in changes.into_iter().enumerate() {
        let (answered, told) = replayed(step, change).await;
        assert_eq!(answered, status, "{at}: {step:?} {told}");
        assert!(told.contains(text), "{at}: {step:?} {told}");
    }
}
