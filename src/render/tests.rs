#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{fit::fit, *};
use crate::{
    config::{Config, Metric},
    plan::MetricRef,
    reading,
    series::{Cause, Evidence, Stop},
    testing::{as_of, config, latency, metric, one_section, place, production, section, series, staging},
};

/// An update of these values, `None` for no data.
fn update(config: &Config, values: &[(MetricRef, Option<f64>)]) -> Update {
    let evidence: BTreeMap<_, _> = values
        .iter()
        .map(|(place, value)| {
            let points: Vec<(&str, f64)> = value.iter().map(|value| ("13:54", *value)).collect();
            let evidence = Evidence {
                series: Some(series(&points)),
                stop: None,
                tries: 4,
            };
            (*place, evidence)
        })
        .collect();
    Update::new(config, as_of(), reading::read(config, as_of(), &evidence))
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

fn three_sections() -> Update {
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
    let seen = |points: &[(&str, f64)]| Evidence {
        series: Some(series(points)),
        stop: None,
        tries: 1,
    };
    let denied = || Evidence {
        stop: Some(Stop {
            cause: Cause::Denied,
            detail: "role reader of account 222222222222 may not be assumed (AccessDenied)".into(),
        }),
        series: None,
        tries: 1,
    };
    let evidence = BTreeMap::from([
        (place(0, 0), seen(&[("13:54", 5.0)])),
        (place(0, 1), seen(&[("13:56", 121.0)])),
        (place(1, 0), seen(&[("13:51", 3.0)])),
        (place(1, 1), seen(&[("13:40", 140.0)])),
        (place(2, 0), denied()),
        (place(2, 1), denied()),
    ]);
    Update::new(&config, as_of(), reading::read(&config, as_of(), &evidence))
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
        repeated.starts_with("Hourly Metrics Update, 13:57 UTC (repeated):\n"),
        "{repeated}"
    );
    let bare = skype::render(&update(&old_report(), &old_values(Some(1.0))), Some(Mark::Repeated)).body;
    assert!(
        bare.starts_with("Hourly Metrics Update, 13:57 UTC (repeated):\n"),
        "{bare}"
    );
}

#[test]
fn a_long_message_leaves_out_the_least_important_lines() {
    let metrics = |n: usize| (0..n).map(|i| metric(&format!("Metric number {i}"))).collect();
    let config = config(vec![
        section("Short", production(), "us-east-1", metrics(2)),
        section("Long", production(), "eu-west-1", metrics(600)),
    ]);
    let mut values: Vec<_> = (0..2).map(|i| (place(0, i), Some(1.0))).collect();
    values.extend((0..600).map(|i| (place(1, i), (i != 500).then_some(1.0))));
    let body = skype::render(&update(&config, &values), None).body;
    assert!(body.len() <= 8_000);
    for kept in [
        "13:57 UTC:",
        "Short",
        "Long",
        "- Metric number 500: 0 (1)",
        "\n(1) no data",
        "lines left out]",
    ] {
        assert!(body.contains(kept), "{kept}");
    }
    let shown = body.matches("- Metric").count();
    let told: usize = body
        .rsplit_once("[too long: ")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(shown + told, 602);
}

fn any_row() -> impl Strategy<Value = Row> {
    prop_oneof![
        ".{0,40}".prop_map(|title| Row::Heading {
            title,
            note: String::new()
        }),
        (".{0,40}", any::<bool>()).prop_map(|(text, explained)| Row::Metric { text, explained }),
        (".{0,40}", any::<bool>()).prop_map(|(text, on_section)| Row::Note { text, on_section }),
    ]
}

proptest! {
    #[test]
    fn a_message_is_never_too_long_and_never_cut_within_a_line(
        rows in prop::collection::vec(any_row(), 0..60),
        limit in 120usize..2000,
    ) {
        let mut rows = rows;
        rows.insert(0, Row::Plain("Hourly Metrics Update, 13:57 UTC:".into()));
        let write = |row: &Row| match row {
            Row::Plain(text) | Row::Note { text, .. } | Row::Metric { text, .. } => text.replace('\n', " "),
            Row::Heading { title, .. } => title.replace('\n', " "),
        };
        let body = fit(&rows, limit, write);
        prop_assert!(body.len() <= limit);
        prop_assert!(body.starts_with("Hourly Metrics Update, 13:57 UTC:"));
        let lines: Vec<String> = rows.iter().map(write).collect();
        for line in body.split('\n') {
            prop_assert!(line.is_empty() || line.starts_with("[too long: ") || lines.iter().any(|l| l == line), "{:?}", line);
        }
    }
}
