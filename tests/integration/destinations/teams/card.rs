//! The card as it is sent: Microsoft's schema, our own list of what is shown, and every letter of it.

use hourly_update::update::message::Mark;
use serde_json::{Value, json};
use testkit::{adaptive_card::shown, schema};

use super::sample;

/// Microsoft's schema of Adaptive Cards 1.4, which does not know Teams' own property.
fn schema_violations(cards: &[Value]) -> Vec<Vec<String>> {
    let mut cards = cards.to_vec();
    for card in &mut cards {
        card.as_object_mut().unwrap().remove("msteams");
    }
    schema::violations(schema::of_adaptive_cards(), &cards)
}

#[test]
fn every_letter_of_the_card() {
    let message = sample::message(&sample::update(), None);
    insta::assert_snapshot!("card", serde_json::to_string_pretty(&message).unwrap());
}

#[test]
fn people_see_all_of_the_card() {
    let card = sample::card(&sample::update());
    insta::assert_snapshot!("card_seen", shown(&card).unwrap().join("\n"));
}

#[test]
fn the_card_is_one_by_microsofts_schema() {
    let update = sample::update();
    let mut long = update.clone();
    long.sections = vec![update.sections[1].clone(); 100];
    let mut bare = update.clone();
    bare.sections.truncate(1);
    bare.notes.clear();
    bare.dashboard = None;
    let mut empty = bare.clone();
    empty.sections.clear();
    let mut cards: Vec<Value> = [&update, &long, &bare, &empty].map(sample::card).into();
    let marked =
        [Mark::Repeated, Mark::Again, Mark::Unchecked, Mark::Test].map(|mark| sample::message(&update, Some(mark)));
    cards.extend(
        marked
            .into_iter()
            .map(|mut message| message["attachments"][0]["content"].take()),
    );
    let found = schema_violations(&cards);
    assert!(
        found.len() == cards.len() && found.iter().all(Vec::is_empty),
        "{found:#?}"
    );
    for card in &cards {
        assert!(shown(card).is_ok(), "{:?}", shown(card));
    }
}

#[test]
fn the_schema_refuses_what_is_no_card() {
    let changes: [fn(&mut Value); 7] = [
        |card| card["type"] = "Card".into(),
        |card| card["body"][0]["type"] = "Headline".into(),
        |card| card["body"][0]["wrap"] = "yes".into(),
        |card| card["body"][0]["colour"] = "Good".into(),
        |card| card["body"][2]["style"] = "green".into(),
        |card| card["body"][2]["items"][1]["facts"][0]["value"] = 5.into(),
        |card| card["actions"][0] = json!({"type": "Action.OpenUrl", "title": "Open dashboard"}),
    ];
    let cards = changes.map(|change| {
        let mut card = sample::card(&sample::update());
        change(&mut card);
        card
    });
    for (index, found) in schema_violations(&cards).iter().enumerate() {
        assert!(!found.is_empty(), "change {index} is let through");
    }
}
