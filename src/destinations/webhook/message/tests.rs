use std::{fs, path::Path};

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::Value;
use testkit::schema;

use super::*;
use crate::testing::updates::{any_update, three_sections};

const MARKS: [Option<Mark>; 5] = [
    None,
    Some(Mark::Repeated),
    Some(Mark::Again),
    Some(Mark::Unchecked),
    Some(Mark::Test),
];

fn rendered(update: &Update, mark: Option<Mark>) -> Value {
    serde_json::from_str(&render(update, mark).body).unwrap()
}

fn published() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/webhook.schema.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Makes a schema one for senders: no property but those that it names.
fn close(schema: &mut Value) {
    if let Some(children) = schema.as_object_mut() {
        if children.get("type") == Some(&json!("object")) {
            children.insert("additionalProperties".into(), false.into());
        }
        children.values_mut().for_each(close);
    }
    schema.as_array_mut().into_iter().flatten().for_each(close);
}

fn violations(schema: &Value, instances: &[Value]) -> Vec<Vec<String>> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), schema.to_string()).unwrap();
    schema::violations(file.path(), instances)
}

#[test]
fn the_whole_update_is_in_it() {
    let value = rendered(&three_sections(), None);
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn what_is_sent_is_what_the_schema_names_and_nothing_else() {
    let mut runner = TestRunner::deterministic();
    let mut updates = vec![three_sections()];
    updates.extend((0..4).map(|_| any_update().new_tree(&mut runner).unwrap().current()));
    let marks = MARKS.iter().cycle();
    let bodies: Vec<_> = updates
        .iter()
        .zip(marks)
        .map(|(update, mark)| rendered(update, *mark))
        .collect();
    let mut closed = published();
    close(&mut closed);
    for (body, violations) in bodies.iter().zip(violations(&closed, &bodies)) {
        let shown: String = body.to_string().chars().take(2_000).collect();
        assert!(violations.is_empty(), "{violations:?}: {shown}");
    }
}

#[test]
fn the_schema_refuses_what_is_no_update() {
    let whole = rendered(&three_sections(), None);
    let with = |pointer: &str, value: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).expect(pointer) = value;
        changed
    };
    let mut bad = vec![
        with("/version", json!("1")),
        with("/version", json!(1)),
        with("/as_of", json!("2026-11-22 13:57")),
        with("/mark", json!("again")),
        with("/headline", Value::Null),
        with("/sections/0/coverage", json!("all")),
        with("/sections/0/source/account_id", json!(111_111_111_111_u64)),
        with(
            "/sections/0/source",
            json!({"account_id": "111111111111", "region": "eu-west-1"}),
        ),
        with(
            "/sections/0/source",
            json!({"kind": "cloudwatch", "region": "eu-west-1"}),
        ),
        with("/sections/0/readings/0/value", json!("5")),
        with("/sections/0/readings/0/unit", json!("seconds")),
        with("/sections/0/readings/0/bucket/period", json!(61)),
        with("/sections/0/readings/0/provenance", json!({"kind": "guessed"})),
        with("/sections/0/readings/0/provenance", json!({"kind": "widened"})),
        with(
            "/sections/0/readings/0/provenance",
            json!({"kind": "missing", "reason": "late", "last_known": null}),
        ),
        with("/notes/0/number", json!(0)),
        with("/left_out/notes", json!(-1)),
        json!([]),
    ];
    for key in whole.as_object().unwrap().keys() {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(key);
        bad.push(without);
    }
    for (instance, violations) in bad.iter().zip(violations(&published(), &bad)) {
        assert!(!violations.is_empty(), "{instance}");
    }
    // A receiver of today takes what tomorrow's sender adds.
    let mut more = whole;
    more["sections"][0]["source"] = json!({"kind": "weather", "station": 7});
    more["sections"][0]["readings"][0]["trend"] = json!("up");
    more["run"] = json!(1);
    assert_eq!(violations(&published(), &[more]), [Vec::<String>::new()]);
}

/// Holds that readings, notes and counts of what is left out make up the whole update.
fn assert_is_all_of(update: &Update, body: &Value) {
    let count = |pointer: &str| body.pointer(pointer).and_then(Value::as_u64).unwrap() as usize;
    let sections = body["sections"].as_array().unwrap();
    let readings: Vec<_> = sections
        .iter()
        .flat_map(|it| it["readings"].as_array().unwrap())
        .collect();
    let notes = body["notes"].as_array().unwrap();
    assert_eq!(sections.len() + count("/left_out/sections"), update.sections.len());
    assert_eq!(readings.len() + count("/left_out/readings"), update.lines().count());
    assert_eq!(notes.len() + count("/left_out/notes"), update.notes.len());
    let mut labels = update.lines().map(|line| &line.label);
    for reading in readings {
        assert!(
            labels.any(|label| reading["label"] == **label),
            "{reading} is out of order"
        );
    }
    for number in update.sections.iter().filter_map(|section| section.note) {
        let said = notes
            .iter()
            .find(|note| note["number"] == number)
            .expect("a section's note");
        assert_eq!(said["text"], update.notes[number - 1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn whatever_is_said_fits_and_counts_what_is_left_out(update in any_update()) {
        let body = render(&update, Some(Mark::Repeated)).body;
        prop_assert!(body.len() <= 240 * 1024);
        let body: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&body["mark"], "repeated");
        assert_is_all_of(&update, &body);
    }
}
