use proptest::prelude::*;
use serde_json::Value;
use testkit::adaptive_card;

use super::*;
use crate::testing::updates::{any_update, assert_says_all, three_sections};

fn parsed(message: &Message) -> Value {
    assert_eq!(message.format, Format::Json);
    serde_json::from_str(&message.body).unwrap()
}

/// The texts that people see, a line for each.
fn shown(message: &Message) -> Vec<String> {
    adaptive_card::shown(&parsed(message)["attachments"][0]["content"]).unwrap()
}

#[test]
fn the_content_url_is_null_and_not_absent() {
    let message = parsed(&render(&three_sections(), None));
    assert_eq!(message["attachments"][0].get("contentUrl"), Some(&Value::Null));
}

#[test]
fn coverage_is_said_by_colour_and_in_words() {
    let message = parsed(&render(&three_sections(), None));
    let body = message["attachments"][0]["content"]["body"].as_array().unwrap();
    let bands = body.iter().filter(|element| element["type"] == "Container");
    let said: Vec<_> = bands
        .map(|band| {
            let state = &band["items"][0]["columns"][1]["items"][0]["text"];
            (band["style"].as_str().unwrap(), state.as_str().unwrap())
        })
        .collect();
    assert_eq!(
        said,
        [
            ("good", "all read"),
            ("warning", "read in part"),
            ("attention", "not read (3)")
        ]
    );
}

#[test]
fn a_mark_is_behind_the_title() {
    let title = |mark| shown(&render(&three_sections(), mark)).swap_remove(0);
    assert_eq!(title(None), "Hourly Metrics Update, Sun 22 Nov 13:57 UTC");
    assert_eq!(
        title(Some(Mark::Repeated)),
        "Hourly Metrics Update, Sun 22 Nov 13:57 UTC (repeated)"
    );
}

#[test]
fn there_is_a_button_only_where_there_is_a_dashboard() {
    let mut update = three_sections();
    update.dashboard = None;
    let card = &parsed(&render(&update, None))["attachments"][0]["content"];
    assert_eq!(card.get("actions"), None);
    update.dashboard = Some("https://example.com/#a".parse().unwrap());
    let last = shown(&render(&update, None)).pop();
    assert_eq!(last.as_deref(), Some("[Open dashboard] https://example.com/#a"));
}

#[test]
fn the_fallback_is_the_beginning_of_the_update() {
    let fallback = |update: &Update| {
        let card = &parsed(&render(update, None))["attachments"][0]["content"];
        card["fallbackText"].as_str().unwrap().to_owned()
    };
    let mut update = three_sections();
    assert_eq!(
        fallback(&update),
        "Hourly Metrics Update, Sun 22 Nov 13:57 UTC\n\n\
         3 of 6 metrics read; not read: Staging SID; in part: BT Stack (Ireland)\n\n\
         Production <core> & more\n\nHosts: 5\n\nAPI Latency: 121ms (1)\n\n\
         BT Stack (Ireland)\n\nHosts: 3 at 13:51\n\nAPI Latency: 0ms (2)\n\n\
         Staging SID (3)\n\nUp/Down <1>: 0 (3)\n\nSessions: 0 (3)"
            .replace("<core>", "＜core>")
    );
    let section = update.sections[0].clone();
    update.sections = vec![section; 40];
    let long = fallback(&update);
    assert!(
        long.len() <= FALLBACK + "\n\n...".len() && long.ends_with("\n\n..."),
        "{long}"
    );
}

/// Text as it is compared: on one line, in its narrow form.
fn narrow(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let narrow = |c: char| match u32::from(c) {
        n @ 0xFF01..=0xFF5E => char::from_u32(n - 0xFF01 + 0x21).unwrap(),
        _ => c,
    };
    line.chars().map(narrow).collect()
}

fn narrowed(mut update: Update) -> Update {
    update.notes.iter_mut().for_each(|note| *note = narrow(note));
    for section in &mut update.sections {
        section.title = narrow(&section.title);
        section
            .lines
            .iter_mut()
            .for_each(|line| line.label = narrow(&line.label));
    }
    update
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn whatever_is_said_in_teams_fits_and_says_what_is_left_out(update in any_update()) {
        let message = render(&update, Some(Mark::Test));
        prop_assert!(message.body.len() <= 20_000);
        let lines: Vec<String> = shown(&message).iter().map(|line| narrow(line)).collect();
        assert_says_all(&narrowed(update), Mark::Test, &lines.join("\n"));
    }
}
