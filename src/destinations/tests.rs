use std::collections::BTreeMap;

use proptest::prelude::*;

use serde_json::Value;

use super::{
    log::message as log, skype::message as skype, slack::message as slack, sns::message as sns,
    teams::message as teams, teams_free::message as teams_free,
};
use crate::{
    metrics::{
        plan::MetricRef,
        reading::{self, Bucket, Outlook, Provenance, Reading, Reason},
        series::Cause,
    },
    report::{AccountId, Config, Metric, Period, Unit},
    testing::{
        as_of, config, known, latency, metric, one_section, place, production, section, series, staging, stopped,
    },
    update::{
        Coverage, MetricUpdate, SectionUpdate, Update, content,
        message::{Format, Mark, Message},
        text,
    },
};

/// An update of these values, `None` for no data.
fn update(config: &Config, values: &[(MetricRef, Option<f64>)]) -> Update {
    let evidence: BTreeMap<_, _> = values
        .iter()
        .map(|(place, value)| {
            let points: Vec<(&str, f64)> = value.iter().map(|value| ("13:54", *value)).collect();
            (*place, known(series(&points), 4))
        })
        .collect();
    Update::new(config, as_of(), reading::read(config, as_of(), &evidence), &[])
}

fn old_report() -> Config {
    let healthy = Metric {
        long_label: Some("Number of healthy hosts".into()),
        ..metric("Healthy Hosts")
    };
    one_section(vec![
        healthy,
        latency("API Latency"),
        latency("CS Latency"),
        latency("Upload Latency"),
    ])
}

fn old_values(api_latency: Option<f64>) -> [(MetricRef, Option<f64>); 4] {
    [
        (place(0, 0), Some(5.0)),
        (place(0, 1), api_latency),
        (place(0, 2), Some(150.0)),
        (place(0, 3), Some(180.0)),
    ]
}

#[test]
fn one_section_on_the_command_line_is_the_old_systems_text() {
    let message = text::render(&update(&old_report(), &old_values(Some(120.0))), None);
    assert_eq!(
        message.body,
        "Number of healthy hosts: 5\nAPI Latency: 120ms\nCS Latency: 150ms\nUpload Latency: 180ms"
    );
}

#[test]
fn one_section_in_skype_is_the_old_systems_message() {
    let message = skype::render(&update(&old_report(), &old_values(Some(120.0))), None);
    assert_eq!(
        message,
        Message {
            format: Format::Plain,
            body: "Hourly Metrics Update:\n- Healthy Hosts: 5\n- API Latency: 120ms\n- CS Latency: 150ms\n\
                   - Upload Latency: 180ms"
                .into()
        }
    );
}

#[test]
fn one_section_with_something_to_explain_has_a_time_and_a_heading() {
    let update = update(&old_report(), &old_values(None));
    insta::assert_snapshot!("one_section_explained.text", text::render(&update, None).body);
    insta::assert_snapshot!("one_section_explained.skype", skype::render(&update, None).body);
}

pub(crate) fn three_sections() -> Update {
    let config = config(vec![
        section(
            "Production <core> & more",
            production(),
            "us-east-1",
            vec![metric("Hosts"), latency("API Latency")],
        ),
        section(
            "BT Stack (Ireland)",
            production(),
            "eu-west-1",
            vec![metric("Hosts"), latency("API Latency")],
        ),
        section(
            "Staging SID",
            staging(),
            "us-east-1",
            vec![metric("Up/Down <1>"), metric("Sessions")],
        ),
    ]);
    let seen = |points: &[(&str, f64)]| known(series(points), 1);
    let denied = || {
        stopped(
            Cause::Denied,
            "role reader of account 222222222222 may not be assumed (AccessDenied)",
        )
    };
    let evidence = BTreeMap::from([
        (place(0, 0), seen(&[("13:54", 5.0)])),
        (place(0, 1), seen(&[("13:56", 121.0)])),
        (place(1, 0), seen(&[("13:51", 3.0)])),
        (place(1, 1), seen(&[("13:40", 140.0)])),
        (place(2, 0), denied()),
        (place(2, 1), denied()),
    ]);
    Update::new(&config, as_of(), reading::read(&config, as_of(), &evidence), &[])
}

#[test]
fn several_sections_have_headings_and_notes() {
    insta::assert_snapshot!("several_sections.text", text::render(&three_sections(), None).body);
    insta::assert_snapshot!("several_sections.skype", skype::render(&three_sections(), None).body);
}

#[test]
fn a_repeated_message_says_so() {
    let repeated = skype::render(&three_sections(), Some(Mark::Repeated)).body;
    assert!(
        repeated.starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC (repeated):\n"),
        "{repeated}"
    );
    let bare = skype::render(&update(&old_report(), &old_values(Some(1.0))), Some(Mark::Repeated)).body;
    assert!(
        bare.starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC (repeated):\n"),
        "{bare}"
    );
}

/// What may stand in a report and in an account's answers: every script, emoji, and what mark-up is made of.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"[<>&*_~`|"'{}()#@!\\\[\]-]{1,40}"#,
        r"\PC{1,100}",
        "(👩‍👩‍👧‍👦|🇮🇪|é|ß|\u{202e}|\u{200b}|漢|ﷺ){1,30}",
    ]
}

/// Updates of a few lines, or of thousands.
pub(crate) fn any_update() -> impl Strategy<Value = Update> {
    let line = || (any_text(), "(<|>-)?[0-9]{1,20}(ms|%)?", any::<bool>(), any_reading());
    let lines = prop_oneof![
        4 => prop::collection::vec(line(), 1..20),
        1 => prop::collection::vec(line(), 500..1500),
    ];
    let section = (any_text(), lines, any::<bool>(), any_text());
    prop::collection::vec(section, 1..8).prop_map(|sections| {
        let mut notes = vec!["provisional: from 13:55 to 13:56, may still change".to_owned()];
        let sections = sections.into_iter().map(|(title, lines, is_read, why)| {
            let note = (!is_read).then(|| {
                notes.push(format!("not read: {why}"));
                notes.len()
            });
            let line = |(label, value, explained, reading): (String, String, bool, Reading)| MetricUpdate {
                long_label: label.clone(),
                label,
                card_value: value.clone(),
                value,
                is_bare: true,
                unit: Unit::Time { micros: 1_000 },
                note: note.or(explained.then_some(1)),
                reading,
            };
            SectionUpdate {
                title,
                account: AccountId::parse("111111111111").unwrap(),
                region: "eu-west-1".into(),
                latest: None,
                coverage: if is_read { Coverage::Whole } else { Coverage::Nothing },
                note,
                lines: lines.into_iter().map(line).collect(),
            }
        });
        Update {
            report: "hourly".into(),
            as_of: as_of(),
            sections: sections.collect(),
            notes,
            has_single_section: false,
            restricted: false,
            all_sections: 0,
            dashboard: Some("https://example.com/dashboard".parse().unwrap()),
        }
    })
}

/// One of every provenance.
fn any_reading() -> impl Strategy<Value = Reading> {
    let bucket = Bucket {
        start: as_of(),
        period: Period::MINUTE,
    };
    let by = std::time::Duration::from_secs(180);
    let missing = |(reason, last_known)| Provenance::Missing { reason, last_known };
    let reasons = [
        (Reason::NoData, Some((bucket, 1e-300))),
        (Reason::NoDataDespiteTraffic, None),
        (Reason::NoDataNorLiveness(Box::new(Reason::Partial)), None),
        (Reason::NotInAnswer, None),
        (Reason::Denied("a".into()), None),
        (Reason::Throttled("b".into()), None),
        (Reason::Unavailable("c".into()), None),
        (Reason::Partial, Some((bucket, -1.5e300))),
        (Reason::Misconfigured("d".into()), None),
    ];
    let mut all = vec![
        Provenance::Settled(bucket),
        Provenance::Widened { bucket, by },
        Provenance::Provisional(bucket),
        Provenance::TrueZero { bucket, by },
        Provenance::Idle { bucket, by },
    ];
    all.extend(reasons.map(missing));
    prop::sample::select(all).prop_map(|provenance| Reading {
        metric: place(0, 0),
        value: 0.1,
        complete: !matches!(provenance, Provenance::Missing { .. }),
        provenance,
        tries: 2,
        messages: Vec::new(),
        defects: Vec::new(),
        outlook: Outlook::Final,
    })
}

/// Holds what every message must be, given what people see of it.
pub(crate) fn assert_says_all(update: &Update, mark: Mark, shown: &str) {
    assert!(shown.contains(&format!("Hourly Metrics Update, Sun 22 Nov 13:57 UTC{}", mark.text())));
    for note in update.sections.iter().filter_map(|section| section.note) {
        assert!(
            shown.contains(&format!("({note}) {}", update.notes[note - 1])),
            "{note}"
        );
    }
    if shown.contains("too long: ") {
        return;
    }
    for (index, note) in update.notes.iter().enumerate() {
        assert!(shown.contains(&format!("({}) {note}", index + 1)), "{note}");
    }
    for section in &update.sections {
        assert!(shown.contains(&section.title), "{}", section.title);
        for line in &section.lines {
            assert!(shown.contains(&format!("{}: {}", line.label, line.value)), "{line:?}");
        }
    }
}

/// All texts of a JSON message, those next to each other joined.
fn texts(body: &str) -> String {
    fn collect(value: &Value, texts: &mut String) {
        match value {
            Value::String(text) => texts.push_str(text),
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            Value::Object(values) => values
                .iter()
                .filter(|(key, _)| *key != "type")
                .for_each(|(_, value)| collect(value, texts)),
            _ => {}
        }
    }
    let mut texts = String::new();
    collect(&serde_json::from_str(body).unwrap(), &mut texts);
    texts
}

#[test]
fn several_sections_for_sns() {
    let mut update = three_sections();
    update.dashboard = Some("https://example.com/dashboard#a|b".parse().unwrap());
    let message = sns::render(&update, None);
    let value: Value = serde_json::from_str(&message.body).unwrap();
    insta::assert_snapshot!("several_sections.sns", serde_json::to_string_pretty(&value).unwrap());
    let of_a_step = &value["https"]["content"];
    assert!(of_a_step["nextSteps"][0].as_str().unwrap().len() <= 350);

    // One that is too long for a step is not left out.
    update.dashboard = Some(format!("https://example.com/{}", "x".repeat(1_900)).parse().unwrap());
    let value: Value = serde_json::from_str(&sns::render(&update, None).body).unwrap();
    let content = &value["https"]["content"];
    assert_eq!(content.get("nextSteps"), None);
    assert!(content["description"].as_str().unwrap().ends_with("|Open dashboard>"));
}

#[test]
fn several_sections_in_slack() {
    let message = slack::render(&three_sections(), None);
    let value: Value = serde_json::from_str(&message.body).unwrap();
    insta::assert_snapshot!("several_sections.slack", serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn several_sections_in_teams_free() {
    let mut update = three_sections();
    update.dashboard = Some("https://example.com/dashboard?a=1&b='2'".parse().unwrap());
    let message = teams_free::render(&update, None);
    assert_eq!(message.format, Format::Html);
    insta::assert_snapshot!(
        "several_sections.teams_free",
        message.body.replace("</p>", "</p>\n").replace("</ul>", "</ul>\n")
    );
}

#[test]
fn one_section_in_teams_free_is_the_old_systems_message_too() {
    let update = update(&old_report(), &old_values(Some(120.0)));
    assert_eq!(teams_free::render(&update, None), skype::render(&update, None));
    let repeated = teams_free::render(&update, Some(Mark::Repeated));
    assert_eq!(repeated.format, Format::Html);
    assert!(repeated.body.contains("13:57 UTC (repeated):"), "{}", repeated.body);
}

#[test]
fn a_headline_says_enough_where_only_a_line_is_shown() {
    let headline = |update: &Update| content::Content::new(update, None, |line| &line.label).headline;
    assert_eq!(
        headline(&three_sections()),
        "3 of 6 metrics read; not read: Staging SID; in part: BT Stack (Ireland)"
    );
    assert_eq!(
        headline(&update(&old_report(), &old_values(Some(1.0)))),
        "all 4 metrics read"
    );
    let mut many = three_sections();
    for section in &mut many.sections {
        section.coverage = Coverage::Nothing;
    }
    assert_eq!(
        headline(&many),
        "3 of 6 metrics read; not read: Production <core> & more, BT Stack (Ireland) and 1 more"
    );
}

#[test]
fn the_log_has_the_update_as_text() {
    insta::assert_snapshot!("several_sections.log", log::render(&three_sections(), None).body);
}

#[test]
fn each_metrics_reason_is_one_of_a_section_that_was_not_read() {
    let mut update = three_sections();
    update.sections[2].note = None;
    let content = content::Content::new(&update, None, |line| &line.label);
    let on_section: Vec<bool> = content.notes.iter().map(|note| note.on_section).collect();
    assert_eq!(on_section.iter().filter(|it| **it).count(), 1, "{:?}", update.notes);
}

mod length;
