//! Updates for unit tests of what is said and how it is laid out.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{as_of, config, known, latency, metric, one_section, place, production, section, series, staging, stopped};
use crate::{
    metrics::{
        reading::{self, Bucket, Outlook, Provenance, Reading, Reason},
        series::ErrorKind,
    },
    report::{Config, Metric, MetricRef, Period, Unit},
    update::{Coverage, MetricUpdate, SectionUpdate, Update, message::Mark},
};

/// An update of these values, `None` for no data.
pub fn update(config: &Config, values: &[(MetricRef, Option<f64>)]) -> Update {
    let evidence: BTreeMap<_, _> = values
        .iter()
        .map(|(place, value)| {
            let points: Vec<(&str, f64)> = value.iter().map(|value| ("13:54", *value)).collect();
            (*place, known(series(&points), 4))
        })
        .collect();
    Update::new(config, as_of(), reading::read(config, as_of(), &evidence), &[])
}

/// An update that the message of the system before this one can say: one section of bare numbers. It cannot say `None`, a
/// latency without data.
pub fn legacy(api_latency: Option<f64>) -> Update {
    let healthy = Metric {
        long_label: Some("Number of healthy hosts".into()),
        ..metric("Healthy Hosts")
    };
    let report = one_section(vec![
        healthy,
        latency("API Latency"),
        latency("CS Latency"),
        latency("Upload Latency"),
    ]);
    let values = [
        (place(0, 0), Some(5.0)),
        (place(0, 1), api_latency),
        (place(0, 2), Some(150.0)),
        (place(0, 3), Some(180.0)),
    ];
    update(&report, &values)
}

/// Three sections: read, read in part, and not read.
pub fn three_sections() -> Update {
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
            ErrorKind::Denied,
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

/// Sections that could not be read, each for a long reason of its own.
pub fn unread(count: usize) -> Update {
    let mut update = three_sections();
    let section = update.sections.remove(2);
    update.sections = (0..count)
        .map(|index| SectionUpdate {
            note: Some(index + 1),
            title: format!("Section {index}"),
            ..section.clone()
        })
        .collect();
    update.notes = (0..count)
        .map(|index| format!("not read: {index} {}", "x".repeat(240)))
        .collect();
    update
}

/// Any text that may stand in a report or in an account's answers: every script, emoji, and what mark-up is made of.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"[<>&*_~`|"'{}()#@!\\\[\]-]{1,40}"#,
        r"\PC{1,100}",
        "(👩‍👩‍👧‍👦|🇮🇪|é|ß|\u{202e}|\u{200b}|漢|ﷺ){1,30}",
    ]
}

/// Updates of a few lines, or of thousands.
pub fn any_update() -> impl Strategy<Value = Update> {
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
                place: crate::testing::in_region(crate::testing::production(), "eu-west-1"),
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
pub fn assert_says_all(update: &Update, mark: Mark, shown: &str) {
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
