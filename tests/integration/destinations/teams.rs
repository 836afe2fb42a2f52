//! Posting to Teams: the card, and what only workflows do.

mod browser;
mod by_hand;
mod card;
pub mod sample;

use hourly_update::{
    delivery::outcome::{Outcome, Side},
    destinations::{
        incoming_webhook::WebhookSpec,
        teams::{self, client::Teams},
    },
    update::message::Mark,
};
use serde_json::{Value, json};
use testkit::{
    inbox::{Fault, Inbox, Reply},
    teams::{PATH, channel, refusal, rules, switched_off},
};

use crate::destinations::incoming_webhook::{SECRET, World};

/// Something done to a good message.
type Change = fn(&mut Value);

/// A channel with a workflow.
pub async fn world() -> World {
    let update = sample::update();
    let bodies = [None, Some(Mark::Repeated)].map(|mark| sample::message(&update, mark).to_string());
    World::new(
        |config| Box::new(WebhookSpec::<Teams>::new(&teams::KIND, config)),
        rules,
        PATH,
        str::to_owned,
        bodies.each_ref().map(String::as_str),
    )
    .await
}

#[tokio::test]
async fn people_see_the_card() {
    let world = world().await;
    assert_eq!(
        world.run().await,
        Outcome::Posted {
            id: None,
            repeated: false
        }
    );
    let seen = channel(&world.inbox.taken()[0]);
    assert_eq!(seen.len(), 1);
    assert!(
        seen[0].starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC\n"),
        "{}",
        seen[0]
    );
    assert!(
        seen[0].ends_with(&format!("[Open dashboard] {}", sample::DASHBOARD)),
        "{}",
        seen[0]
    );
    let request = &world.inbox.requests()[0];
    assert_eq!(request.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(
        request.query.as_deref(),
        PATH.split_once('?').map(|(_, query)| query),
        "the address is taken as it is"
    );
}

/// The service's codes, whose move it is, and what is said.
#[tokio::test]
async fn each_refusal_says_whose_move_it_is() {
    let world = world().await;
    let mut told = String::new();
    for (status, code) in [
        (400, "TriggerInputSchemaMismatch"),
        (400, "WorkflowTriggerIsNotEnabled"),
        (400, "SomethingElse"),
        (401, "DirectApiAuthorizationRequired"),
        (401, "MisMatchingOAuthClaims"),
        (401, "SomethingElse"),
        (403, ""),
        (404, "WorkflowNotFound"),
        (404, ""),
        (410, ""),
        (413, ""),
        (418, ""),
    ] {
        world.inbox.fail_next(Fault::Answer(refusal(status, code, "...")));
        let error = world.failure().await;
        assert!(!error.may_have_arrived, "{error}");
        told += &format!("{status} {code}\n  {:?}: {error}\n", error.whose_move);
    }
    assert!(world.inbox.taken().is_empty());
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn whatever_is_2xx_means_accepted() {
    let world = world().await;
    for (status, body) in [
        (202, ""),
        (200, ""),
        (200, "1"),
        (200, "<html>"),
        (201, "{\"error\":{\"code\":\"x\"}}"),
    ] {
        world.inbox.fail_next(Fault::Answer(Reply::new(status, body)));
        assert_eq!(
            world.run().await,
            Outcome::Posted {
                id: None,
                repeated: false
            },
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn a_workflow_that_is_off_gone_or_closed_is_the_operators_move() {
    let mut world = world().await;
    for (path, expected) in [
        (
            PATH.split_once("&sig").unwrap().0.to_owned(),
            "cut off before its \"sig\"",
        ),
        (PATH.replace("hunter2h", "another"), "asks for a sign-in"),
        (PATH.replace("0123", "3210"), "gone or has moved"),
    ] {
        world.secrets.set(SECRET, world.inbox.url(&path));
        let error = world.failure().await;
        assert!(
            error.whose_move == Side::Operator && error.text.contains(expected),
            "{path}: {error}"
        );
    }
    world.inbox = Inbox::start(switched_off).await;
    world.secrets.set(SECRET, world.inbox.url(PATH));
    let error = world.failure().await;
    assert!(
        error.whose_move == Side::Operator && error.text.contains("switched off"),
        "{error}"
    );
    assert!(world.inbox.taken().is_empty());
}

/// The trigger refuses what the real one refuses.
#[tokio::test]
async fn a_wrong_body_is_our_mistake() {
    let mut world = world().await;
    let good: Value = serde_json::from_str(&world.bodies[0]).unwrap();
    let changes: [(&str, Change); 8] = [
        ("no message", |it| *it = json!({})),
        ("no type", |it| drop(it.as_object_mut().unwrap().remove("type"))),
        ("null attachments", |it| it["attachments"] = Value::Null),
        ("no contentUrl", |it| drop(attachment(it).remove("contentUrl"))),
        ("an empty contentUrl", |it| {
            it["attachments"][0]["contentUrl"] = "".into()
        }),
        ("no contentType", |it| drop(attachment(it).remove("contentType"))),
        ("no content", |it| drop(attachment(it).remove("content"))),
        ("too large", |it| it["summary"] = "x".repeat(28 * 1024).into()),
    ];
    for (what, change) in changes {
        let mut message = good.clone();
        change(&mut message);
        world.bodies[0] = message.to_string();
        let error = world.failure().await;
        assert_eq!(error.whose_move, Side::Ours, "{what}: {error}");
    }
    assert!(world.inbox.taken().is_empty());
}

/// It is answered with 202, and in the channel there is nothing to read: why cards are checked before they are sent.
#[tokio::test]
async fn a_card_that_nobody_can_read_is_accepted_all_the_same() {
    let mut world = world().await;
    let good: Value = serde_json::from_str(&world.bodies[0]).unwrap();
    let changes: [Change; 5] = [
        |card| card["version"] = "1.5".into(),
        |card| card["body"][0] = json!({"type": "Table", "rows": []}),
        |card| card["actions"][0] = json!({"type": "Action.Submit", "title": "OK"}),
        |card| card["msteams"]["width"] = "full".into(),
        |card| card["body"][2]["style"] = "green".into(),
    ];
    for change in changes {
        let mut message = good.clone();
        change(&mut message["attachments"][0]["content"]);
        world.bodies[0] = message.to_string();
        assert_eq!(
            world.run().await,
            Outcome::Posted {
                id: None,
                repeated: false
            }
        );
        let seen = channel(world.inbox.taken().last().unwrap());
        assert!(seen[0].starts_with("This card couldn't be displayed"), "{seen:?}");
    }
}

fn attachment(message: &mut Value) -> &mut serde_json::Map<String, Value> {
    message["attachments"][0].as_object_mut().unwrap()
}
