//! Posting to a receiver of signed webhooks: what only these do.

use std::time::Duration;

use hourly_update::{
    delivery::outcome::{Outcome, Side},
    destinations::{
        incoming_webhook::WebhookSpec,
        webhook::{self, client::Webhook},
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::{
    inbox::{Fault, Inbox, Reply},
    webhook::{KEY, PATH, rules, secret},
};

use crate::destinations::incoming_webhook::{SECRET, World};

/// An update without a section; `mark` as JSON.
fn body(mark: &str) -> String {
    format!(
        r#"{{"version":"2","report":"production","as_of":"2026-11-22T13:57:00Z","mark":{mark},"restricted":false,"headline":"all 0 metrics read","sections":[],"notes":[],"left_out":{{"sections":0,"readings":0,"notes":0}},"dashboard":null}}"#
    )
}

/// A receiver.
pub async fn world() -> World {
    let bodies = [body("null"), body(r#""repeated""#)];
    World::new(
        |config| Box::new(WebhookSpec::<Webhook>::new(&webhook::KIND, config)),
        rules,
        PATH,
        secret,
        bodies.each_ref().map(String::as_str),
    )
    .await
}

fn posted(repeated: bool) -> Outcome {
    Outcome::Posted { id: None, repeated }
}

#[tokio::test]
async fn a_whole_update_is_taken_as_it_is() {
    let golden = include_str!(
        "../../../src/destinations/webhook/message/snapshots/hourly_update__destinations__webhook__message__tests__the_whole_update_is_in_it.snap"
    );
    let (_, golden) = golden.split_once("\n---\n").unwrap();
    let mut world = world().await;
    world.bodies[0] = golden.to_owned();
    assert_eq!(world.run().await, posted(false));
    assert_eq!(world.inbox.taken(), [golden.as_bytes()]);
}

/// A receiver that has got one knows the other by its id; each has a signature of its own time and body.
#[tokio::test]
async fn a_repeated_message_has_the_same_id() {
    let world = world().await;
    world.inbox.fail_next(Fault::ServeAndReset);
    assert_eq!(world.run().await, posted(true));
    assert_eq!(world.run().await, posted(false));
    let requests = world.inbox.requests();
    let all = |name: &str| -> Vec<_> { requests.iter().map(|it| it.header(name).unwrap().to_owned()).collect() };
    let ids = all("webhook-id");
    assert_eq!(ids.len(), 3);
    assert!(
        ids.iter()
            .all(|id| *id == ids[0] && id.starts_with("20261122T135700Z-")),
        "{ids:?}"
    );
    let signatures = all("webhook-signature");
    assert_ne!(signatures[0], signatures[1]);
    for time in all("webhook-timestamp") {
        let age = Timestamp::now().as_second() - time.parse::<i64>().unwrap();
        assert!((0..60).contains(&age), "{time}");
    }
}

#[tokio::test]
async fn what_the_receiver_does_not_take_says_whose_move_it_is() {
    let mut told = String::new();
    let mut world = world().await;
    let mut tell = async |what: &str, world: &World| {
        let error = world.failure().await;
        told += &format!("{what}\n  {:?}: {error}\n", error.whose_move);
    };
    for status in [400, 401, 403, 404, 410, 413, 422] {
        world.inbox.fail_next(Fault::Answer(Reply::new(status, "hunter2")));
        tell(&status.to_string(), &world).await;
    }
    let address = world.inbox.url(PATH);
    for (what, changed) in [
        ("another key", json!({"url": address, "key": KEY.replace('2', "3")})),
        ("another path", json!({"url": world.inbox.url("/hunter2"), "key": KEY})),
        (
            "another scheme",
            json!({"url": "ftp://receiver.example/hunter2", "key": KEY}),
        ),
        ("this machine", json!({"url": "https://localhost/hunter2", "key": KEY})),
        ("no key", json!({"url": address})),
        ("a short key", json!({"url": address, "key": "whsec_aHVudGVyMg=="})),
    ] {
        world.secrets.set(SECRET, changed.to_string());
        tell(what, &world).await;
    }
    world.secrets.set(SECRET, secret(&address));
    world.bodies[0] = body("0");
    tell("a body that is none", &world).await;
    world.bodies[0] = body("null");
    world.now = Timestamp::now() - jiff::Span::new().minutes(6);
    tell("a clock that is late", &world).await;
    assert!(world.inbox.taken().is_empty());
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(told);
    world.now = Timestamp::now() - jiff::Span::new().minutes(4);
    assert_eq!(world.run().await, posted(false));
}

/// Had the receiver taken everything, the other tests would prove nothing.
#[tokio::test]
async fn the_receiver_refuses_what_is_not_signed_by_us() {
    let world = world().await;
    assert_eq!(world.run().await, posted(false));
    let good = &world.inbox.requests()[0];
    let other = Inbox::start(rules).await;
    let names = ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"];
    let send = async |change: &dyn Fn(&str, &str) -> Option<String>, body: Vec<u8>| {
        let mut request = reqwest::Client::new()
            .post(other.url(PATH))
            .timeout(Duration::from_secs(10));
        for name in names {
            let value = change(name, good.header(name).unwrap());
            request = value
                .into_iter()
                .fold(request, |request, value| request.header(name, value));
        }
        request.body(body).send().await.unwrap().status().as_u16()
    };
    let same = |_: &str, value: &str| Some(value.to_owned());
    assert_eq!(send(&same, good.body.clone()).await, 202);
    let without = |name: &'static str| move |at: &str, value: &str| (at != name).then(|| value.to_owned());
    let with = |name: &'static str, new: &'static str| {
        move |at: &str, value: &str| Some(if at == name { new } else { value }.to_owned())
    };
    for name in &names[1..] {
        assert_eq!(send(&without(name), good.body.clone()).await, 401, "{name}");
    }
    assert_eq!(send(&with("webhook-id", "another"), good.body.clone()).await, 401);
    assert_eq!(
        send(&with("webhook-timestamp", "1700000000"), good.body.clone()).await,
        401
    );
    assert_eq!(send(&with("content-type", "text/plain"), good.body.clone()).await, 415);
    let mut changed: Value = good.json().unwrap();
    changed["headline"] = json!("changed on the way");
    assert_eq!(send(&same, changed.to_string().into_bytes()).await, 401);
}

#[tokio::test]
async fn a_receiver_that_wants_no_more_is_not_asked_again() {
    let world = world().await;
    world.inbox.fail_next(Fault::Answer(Reply::new(410, "")));
    let error = world.failure().await;
    assert_eq!((error.whose_move, error.may_have_arrived), (Side::Operator, false));
    assert_eq!(world.inbox.requests().len(), 1);
}

/// The first block of code in this language in docs/webhook.md.
fn documented(language: &str) -> &'static str {
    let (_, rest) = include_str!("../../../docs/webhook.md")
        .split_once(&format!("```{language}\n"))
        .unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test]
async fn the_documented_code_verifies_a_request_and_the_documented_body_is_one() {
    let mut world = world().await;
    let body: Value = serde_json::from_str(documented("json")).unwrap();
    world.bodies[0] = body.to_string();
    assert_eq!(world.run().await, posted(false));
    let request = &world.inbox.requests()[0];
    let headers: serde_json::Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let verified = |key: &str, body: &[u8]| {
        let arguments = json!([key, headers, String::from_utf8_lossy(body)]).to_string();
        let main = "import json, sys\nkey, headers, body = json.loads(sys.argv[1])\nprint(verified(key, headers, body.encode()))";
        let output = std::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/schemas/bin/python"))
            .args(["-c", &format!("{}\n{main}", documented("python")), &arguments])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(verified(KEY, &request.body), "True\n");
    assert_eq!(verified(&KEY.replace('2', "3"), &request.body), "False\n");
    assert_eq!(verified(KEY, b"{}"), "False\n");
}
