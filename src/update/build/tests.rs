mod remarks;
mod values;

use std::collections::BTreeMap;

use super::*;
use crate::{
    metrics::{
        reading,
        series::{ErrorKind, Evidence, Series, Status},
    },
    testing::{
        as_of, config, hidden, known, latency, metric, one_section, place, production, section, series, stopped,
    },
};

fn update<const N: usize>(config: &Config, evidence: [(MetricRef, Evidence); N]) -> Update {
    let readings = reading::read(config, as_of(), &BTreeMap::from(evidence));
    Update::new(config, as_of(), readings, &[])
}

fn note_on(evidence: Evidence) -> String {
    let update = update(&one_section(vec![latency("API Latency")]), [(place(0, 0), evidence)]);
    assert_eq!(update.sections[0].lines[0].note, Some(1));
    update.notes[0].clone()
}

#[test]
fn a_value_speaks_for_itself() {
    let config = one_section(vec![metric("m")]);
    for (time, value) in [("13:54", "5"), ("13:50", "5 at 13:50")] {
        let update = update(&config, [(place(0, 0), known(series(&[(time, 5.0)]), 4))]);
        assert_eq!(update.sections[0].lines[0].value, value);
        assert_eq!((update.notes.len(), update.sections[0].coverage), (0, Coverage::Whole));
        assert_eq!(update.legacy_section().is_some(), time == "13:54");
    }
}

#[test]
fn everything_else_is_explained() {
    let mut strays = series(&[("13:54", 120.0)]);
    strays
        .defects
        .push("2 datapoints with unexpected times were left out".into());
    let mut exceeded = series(&[("13:54", 120.0)]);
    exceeded.messages.push("MaxMetricsExceeded: a part only".into());
    let mut both = series(&[("13:53", 120.0)]);
    both.messages.push("ArithmeticError: dropped".into());
    let absent = Evidence {
        tries: 4,
        ..Evidence::default()
    };
    let internal = Series {
        status: Status::InternalError,
        ..series(&[("13:52", 120.0)])
    };
    let mut divided = series(&[]);
    divided
        .messages
        .push("ArithmeticError: One or more data-points have been dropped".into());
    let notes = [
        known(series(&[("13:56", 120.0)]), 1),
        known(strays, 1),
        known(exceeded, 1),
        known(both, 1),
        absent,
        known(internal, 4),
        known(series(&[]), 1),
        known(series(&[]), 2),
        known(series(&[("13:20", 120.0)]), 4),
        known(divided, 4),
        known(
            Series {
                status: Status::Partial,
                ..series(&[])
            },
            4,
        ),
        known(
            Series {
                status: Status::Forbidden,
                ..series(&[])
            },
            1,
        ),
        stopped(
            ErrorKind::Denied,
            "role reader of account 222222222222 may not be assumed (AccessDenied)",
        ),
        stopped(ErrorKind::Throttled, "GetMetricData"),
        stopped(ErrorKind::Unavailable, "GetMetricData:\n  time limit"),
        stopped(ErrorKind::Invalid, "ValidationError: no such\u{202e} function"),
        stopped(ErrorKind::Invalid, &"long ".repeat(100)),
    ]
    .map(note_on);
    insta::assert_snapshot!(notes.join("\n"), @"
    provisional: from 13:56 to 13:57, may still change
    2 datapoints with unexpected times were left out
    CloudWatch says: MaxMetricsExceeded: a part only
    CloudWatch says: ArithmeticError: dropped
    not in CloudWatch's answer, asked again 3 times
    CloudWatch's answer was incomplete, there may be a newer value
    no data from 13:49 to 13:55, not asked again
    no data from 13:49 to 13:55, asked again once
    no data from 13:49 to 13:55, asked again 3 times; last known 120ms at 13:20
    no data from 13:49 to 13:55, asked again 3 times; CloudWatch says: ArithmeticError: One or more data-points have been dropped
    CloudWatch gave only a part of its answer, asked again 3 times
    not read: the metric may not be read
    not read: role reader of account 222222222222 may not be assumed (AccessDenied)
    throttled: GetMetricData, not asked again
    not read: GetMetricData: time limit, not asked again
    report.yaml needs a change: ValidationError: no such[U+202E] function
    report.yaml needs a change: long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long...
    ");
}

#[test]
fn the_same_explanation_has_one_number() {
    let config = one_section(vec![metric("a"), metric("b"), metric("c")]);
    let update = update(
        &config,
        [
            (place(0, 0), known(series(&[]), 4)),
            (place(0, 1), known(series(&[("13:54", 5.0)]), 1)),
            (place(0, 2), known(series(&[]), 4)),
        ],
    );
    let notes: Vec<_> = update.lines().map(|line| line.note).collect();
    assert_eq!(notes, [Some(1), None, Some(1)]);
    assert_eq!(
        (update.sections[0].coverage, update.sections[0].note),
        (Coverage::Part, None)
    );
}

#[test]
fn a_section_that_could_not_be_read_says_so_in_its_heading() {
    let config = config(vec![
        section("Core", production(), "us-east-1", vec![metric("a")]),
        section("BT", production(), "eu-west-1", vec![metric("a"), metric("b")]),
    ]);
    let denied = || stopped(ErrorKind::Denied, "no");
    let update = update(
        &config,
        [
            (place(0, 0), known(series(&[("13:54", 5.0)]), 1)),
            (place(1, 0), denied()),
            (place(1, 1), denied()),
        ],
    );
    assert_eq!(
        (update.sections[1].coverage, update.sections[1].note),
        (Coverage::Nothing, Some(1))
    );
    assert_eq!(update.notes, ["not read: no"]);
    assert_eq!(update.legacy_section(), None);
}

#[test]
fn hidden_metrics_are_not_shown() {
    let config = one_section(vec![hidden(metric("a"), "a"), metric("b")]);
    let seen = || known(series(&[("13:54", 5.0)]), 1);
    let update = update(
        &config,
        [(place(0, 0), stopped(ErrorKind::Denied, "no")), (place(0, 1), seen())],
    );
    assert_eq!(update.lines().count(), 1);
    assert!(
        update.legacy_section().is_some(),
        "nothing that is shown needs explaining"
    );
}
