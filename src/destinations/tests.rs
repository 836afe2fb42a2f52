//! Conformance of the message of every kind of destination.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::KINDS;
use crate::{
    testing::updates::{legacy, three_sections, unread},
    update::{
        Update,
        message::{Format, Mark, Message},
    },
};

const MARKS: [Option<Mark>; 5] = [
    None,
    Some(Mark::Repeated),
    Some(Mark::Again),
    Some(Mark::Unchecked),
    Some(Mark::Test),
];

/// Bytes of the longest message that any destination takes: SNS's limit.
const LONGEST: usize = 262_144;

/// Each kind's name, and its message.
fn messages(update: &Update, mark: Option<Mark>) -> impl Iterator<Item = (&'static str, Message)> {
    KINDS
        .iter()
        .map(move |kind| (kind.reader.name, (kind.render)(update, mark)))
}

#[test]
fn every_kind_says_each_metric_with_its_value_and_what_explains_it() {
    let update = legacy(None);
    for (name, Message { body, .. }) in messages(&update, None) {
        for line in update.lines() {
            let is_named = body.contains(&line.label) || body.contains(&line.long_label);
            assert!(is_named && body.contains(&line.value), "{name}: {line:?} in {body}");
        }
        assert!(body.contains(&update.notes[0]), "{name}: {body}");
    }
}

#[test]
fn every_kind_tells_marked_messages_from_others() {
    for update in [legacy(Some(120.0)), three_sections()] {
        let mut bodies = BTreeMap::<_, BTreeSet<String>>::new();
        for (name, message) in MARKS.iter().flat_map(|mark| messages(&update, *mark)) {
            bodies.entry(name).or_default().insert(message.body);
        }
        for (name, bodies) in bodies {
            assert_eq!(bodies.len(), MARKS.len(), "{name}: {bodies:?}");
        }
    }
}

#[test]
fn every_kind_is_json_where_its_format_says_so() {
    for (name, Message { format, body }) in messages(&three_sections(), None) {
        let is_json = serde_json::from_str::<Value>(&body).is_ok_and(|body| body.is_object());
        assert_eq!(is_json, format == Format::Json, "{name}: {body}");
    }
}

#[test]
fn every_kind_says_that_a_part_of_the_report_is_one() {
    let (whole, mut part) = (unread(60), unread(60));
    (part.restricted, part.all_sections) = (true, 61);
    for mark in [None, Some(Mark::Unchecked)] {
        let title = "Hourly Metrics Update, Sun 22 Nov 13:57 UTC, 60 of 61 sections";
        let title = format!("{title}{}", mark.map_or("", Mark::text));
        let says_so = |body: &str| body.contains(&title) || body.contains(r#""restricted":true"#);
        for (name, message) in messages(&part, mark) {
            assert!(says_so(&message.body), "{name}: {}", message.body);
        }
        for (name, Message { body, .. }) in messages(&whole, mark) {
            assert!(!body.contains(" sections") && !says_so(&body), "{name}: {body}");
        }
    }
}

#[test]
fn every_kind_says_why_each_of_many_sections_was_not_read() {
    for (name, Message { body, .. }) in messages(&unread(60), None) {
        for index in 0..60 {
            let reason = format!("not read: {index} xxx");
            assert!(body.contains(&reason), "{name}: {reason} is not in {body}");
        }
    }
}

#[test]
fn every_kind_says_what_it_leaves_out_of_a_report_that_is_too_long() {
    for (name, Message { body, .. }) in messages(&unread(1_500), Some(Mark::Repeated)) {
        assert!(body.len() <= LONGEST, "{name}: {} bytes", body.len());
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        let counts = json["left_out"]
            .as_object()
            .into_iter()
            .flat_map(|counts| counts.values());
        let is_counted = counts.filter_map(Value::as_u64).sum::<u64>() > 0;
        assert!(body.contains("too long: ") || is_counted, "{name}");
    }
}
