//! The stand-in refuses what Skype refuses: requests that went through are sent again with one thing changed.

use super::{posted, world::World};
use crate::support::skype::{Recorded, Role, Step};

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
    let url = world.skype.url(request.role).join(&request.path).unwrap();
    let mut replay = hourly_update::destinations::http::client()
        .unwrap()
        .request(request.method.parse().unwrap(), url);
    for (name, value) in request
        .headers
        .iter()
        .filter(|(name, _)| name != "host" && name != "content-length")
    {
        replay = replay.header(name, value);
    }
    let answer = replay.body(request.body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Changes a header, or takes it away.
fn header(request: &mut Recorded, name: &str, value: Option<&str>) {
    request.headers.retain(|(found, _)| found != name);
    request
        .headers
        .extend(value.map(|value| (name.to_owned(), value.to_owned())));
}

fn body(request: &mut Recorded, from: &str, to: &str) {
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.contains(from), "{body}");
    request.body = body.replace(from, to).into_bytes();
}

#[tokio::test]
async fn what_went_through_goes_through_again() {
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
async fn one_wrong_thing_is_refused() {
    let old = "appId=msmsgs@msnmsgr.com; time=1735689600; lockAndKeyResponse=8d52b580d7df690b6cf9f578a82c6816";
    type Change<'a> = (Step, &'a dyn Fn(&mut Recorded), u16, &'a str);
    let changes: [Change<'_>; 20] = [
        (
            Step::SignIn,
            &|it| body(it, "&lt;o", "&lt;O"),
            200,
            "wsse:FailedAuthentication",
        ),
        (
            Step::SignIn,
            &|it| body(it, "metrics.bot@", "other.bot@"),
            200,
            "wsse:FailedAuthentication",
        ),
        (
            Step::SignIn,
            &|it| body(it, "MBI_SSL", "MBI"),
            200,
            "wst:InvalidRequest",
        ),
        (
            Step::SignIn,
            &|it| body(it, "wl.skype.com", "example.com"),
            200,
            "wst:InvalidRequest",
        ),
        (Step::SignIn, &|it| body(it, "</Envelope>", ""), 200, "Invalid Request"),
        (
            Step::Exchange,
            &|it| body(it, "access_token=t", "access_token=u"),
            401,
            "40120",
        ),
        (Step::Exchange, &|it| body(it, "access_token", "token"), 401, "40120"),
        (Step::Exchange, &|it| body(it, "partner=999", "partner=9"), 400, "40000"),
        (Step::Register, &|it| header(it, "lockandkey", None), 403, "LockAndKey"),
        (
            Step::Register,
            &|it| header(it, "lockandkey", Some(old)),
            403,
            "LockAndKey",
        ),
        (
            Step::Register,
            &|it| header(it, "authentication", Some("skypetoken=other")),
            401,
            "911",
        ),
        (Step::Register, &|it| header(it, "authentication", None), 401, "911"),
        (Step::Register, &|it| it.body = b"[]".to_vec(), 400, "201"),
        (Step::Register, &|it| it.role = Role::Gateway, 404, "752"),
        (Step::Register, &moved_without_override, 301, "752"),
        (Step::Post, &|it| header(it, "registrationtoken", None), 401, "911"),
        (Step::Post, &|it| header(it, "clientinfo", None), 400, "201"),
        (
            Step::Post,
            &|it| body(it, "clientmessageid\":\"", "clientmessageid\":1,\"x\":\""),
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
    header(request, "behavioroverride", None);
}
