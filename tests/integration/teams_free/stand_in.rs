//! The stand-in refuses what the services refuse: requests that went through are sent again with one thing changed.

use super::{posted, world::World};
use crate::support::teams_free::{Recorded, Role, Step};

/// The first request of a run for this step, changed and sent again.
async fn replayed(step: Step, change: impl Fn(&mut Recorded)) -> (u16, String) {
    let world = World::new().await;
    posted(world.run().await);
    let mut requests = world.teams.requests().into_iter();
    let mut request = requests.find(|request| request.step == step).unwrap();
    change(&mut request);
    let hosts = world.teams.hosts();
    let host = match request.role {
        Role::Login => hosts.login,
        Role::Teams => hosts.teams,
    };
    let url = host.join(&request.path).unwrap();
    let mut replay = hourly_update::destinations::http::client()
        .unwrap()
        .request(request.method.parse().unwrap(), url);
    for (name, value) in request
        .headers
        .iter()
        .filter(|(name, value)| name != "host" && (name != "content-length" || value == "0"))
    {
        replay = replay.header(name, value);
    }
    let answer = replay.body(request.body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Takes a header away.
fn without(request: &mut Recorded, name: &str) {
    request.headers.retain(|(found, _)| found != name);
}

fn header(request: &mut Recorded, name: &str, value: &str) {
    without(request, name);
    request.headers.push((name.into(), value.into()));
}

fn body(request: &mut Recorded, from: &str, to: &str) {
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.contains(from), "{body}");
    request.body = body.replace(from, to).into_bytes();
}

#[tokio::test]
async fn one_wrong_thing_is_refused() {
    type Change<'a> = (Step, &'a dyn Fn(&mut Recorded), u16, &'a str);
    let changes: [Change<'_>; 19] = [
        (Step::Renew, &|_| {}, 200, "refresh_token"),
        (
            Step::Renew,
            &|it| body(it, "client_id=4b", "client_id=5b"),
            400,
            "unauthorized_client",
        ),
        (Step::Renew, &|it| body(it, "openid", "email"), 400, "invalid_scope"),
        (
            Step::Renew,
            &|it| body(it, "=refresh_token", "=password"),
            400,
            "unsupported_grant_type",
        ),
        (
            Step::Renew,
            &|it| body(it, "refresh_token=M", "refresh_token=N"),
            400,
            "invalid_grant",
        ),
        (
            Step::Renew,
            &|it| header(it, "content-type", "text/plain"),
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
        (Step::Exchange, &|it| without(it, "authorization"), 401, "40120"),
        (
            Step::Exchange,
            &|it| header(it, "authorization", "Bearer other"),
            401,
            "40120",
        ),
        (
            Step::Exchange,
            &|it| without(it, "content-length"),
            411,
            "LengthRequired",
        ),
        (Step::Post, &|_| {}, 409, "8400"),
        (Step::Post, &|it| without(it, "authentication"), 401, "911"),
        (
            Step::Post,
            &|it| header(it, "authentication", "skypetoken=other"),
            401,
            "911",
        ),
        (Step::Post, &|it| without(it, "ms-ic3-product"), 404, "not found"),
        (
            Step::Post,
            &|it| it.path = it.path.replace("%3A", ":"),
            404,
            "Not encoded",
        ),
        (Step::Post, &|it| body(it, "RichText/Html", "RichText/Xml"), 400, "1000"),
        (Step::Post, &|it| body(it, "Hosts", &"x".repeat(30_000)), 413, "1003"),
        (Step::Post, &|it| it.body = b"{".to_vec(), 400, "1000"),
    ];
    for (at, (step, change, status, text)) in changes.into_iter().enumerate() {
        let (answered, told) = replayed(step, change).await;
        assert_eq!(answered, status, "{at}: {step:?} {told}");
        assert!(told.contains(text), "{at}: {step:?} {told}");
    }
}
