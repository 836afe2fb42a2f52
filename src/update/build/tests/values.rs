//! Words that a value says of itself, and that a heading says for all of them.

use std::time::Duration;

use super::*;
use crate::{
    report::Period,
    testing::{idle, sparse, sum},
};

/// The lines of one section of these metrics with their datapoints, and its heading's newest bucket.
fn lines(metrics: &[(Metric, &[(&str, f64)])]) -> (Vec<String>, Option<String>) {
    let config = one_section(metrics.iter().map(|(metric, _)| metric.clone()).collect());
    let evidence = metrics.iter().enumerate();
    let evidence = evidence.map(|(index, (_, points))| (place(0, index), known(series(points), 1)));
    let readings = reading::read(&config, as_of(), &evidence.collect());
    let update = Update::new(&config, as_of(), readings, &[]);
    let lines = update.lines();
    let lines = lines.map(|it| match it.card_value == it.value {
        true => it.value.clone(),
        false => format!("{} | {}", it.value, it.card_value),
    });
    (lines.collect(), update.sections[0].latest.map(crate::update::latest))
}

fn after(metric: Metric, settle: u64, period: u32) -> Metric {
    Metric {
        settle: Duration::from_secs(settle),
        period: Period::from_secs(period).unwrap(),
        ..metric
    }
}

#[test]
fn a_widened_value_says_when_it_was() {
    let alive = hidden(sum("alive"), "alive");
    let (values, _) = lines(&[
        (alive, &[("13:54", 0.0), ("13:53", 0.0)]),
        (latency("late"), &[("13:52", 146.0)]),
        (sparse(sum("errors"), "alive"), &[]),
        (sum("requests"), &[("13:51", 7.0)]),
        (idle(latency("quiet"), "alive"), &[]),
        (after(sum("bytes"), 120, 300), &[("13:45", 7.0)]),
    ]);
    assert_eq!(
        values,
        [
            "146ms at 13:52",
            "0 in 1 min",
            "7 in 1 min at 13:51",
            "0ms, no requests | no requests",
            "7 in 5 min at 13:45",
        ]
    );
    let (values, _) = lines(&[
        (hidden(sum("alive"), "alive"), &[("13:52", 0.0)]),
        (sparse(sum("errors"), "alive"), &[]),
        (idle(latency("quiet"), "alive"), &[]),
    ]);
    assert_eq!(
        values,
        [
            "0 in 1 min at 13:52",
            "0ms, no requests at 13:52 | no requests at 13:52"
        ]
    );
}

#[test]
fn what_is_not_read_or_may_change_says_so_in_its_note() {
    let (values, _) = lines(&[(sum("late"), &[]), (metric("new"), &[("13:56", 3.0)])]);
    assert_eq!(values, ["0", "3"]);
}

#[test]
fn a_heading_says_the_newest_bucket_of_all_lines() {
    let slow = |name| after(metric(name), 900, 60);
    let some = |text: &str| Some(text.to_owned());
    for (metrics, expected) in [
        // recent ones need no word
        (vec![(metric("a"), &[("13:54", 1.0)][..])], (vec!["1"], None)),
        (
            vec![(after(metric("a"), 120, 300), &[("13:50", 1.0)])],
            (vec!["1"], None),
        ),
        // ended exactly five minutes ago
        (
            vec![(after(metric("a"), 300, 60), &[("13:51", 1.0)])],
            (vec!["1"], None),
        ),
        (
            vec![(after(metric("a"), 301, 60), &[("13:50", 1.0)])],
            (vec!["1"], some("latest minute 13:50")),
        ),
        (
            vec![
                (slow("a"), &[("13:41", 1.0)]),
                (slow("b"), &[("13:39", 2.0)]),
                (slow("c"), &[]),
            ],
            (vec!["1", "2 at 13:39", "0"], some("latest minute 13:41")),
        ),
        (
            vec![(after(metric("a"), 120, 900), &[("13:30", 1.0)])],
            (vec!["1"], some("latest 13:30–13:45")),
        ),
        (
            vec![(after(sum("a"), 120, 3600), &[("12:00", 1.0)])],
            (vec!["1 in 1 h"], some("latest 12:00–13:00")),
        ),
        // not the same for all: each line says it
        (
            vec![(slow("a"), &[("13:41", 1.0)]), (metric("b"), &[("13:54", 2.0)])],
            (vec!["1, latest minute 13:41", "2"], None),
        ),
        (
            vec![
                (after(metric("a"), 120, 900), &[("13:30", 1.0)]),
                (after(metric("b"), 120, 1800), &[("13:00", 2.0)]),
            ],
            (vec!["1, latest 13:30–13:45", "2, latest 13:00–13:30"], None),
        ),
        // hidden ones do not count
        (
            vec![
                (slow("a"), &[("13:41", 1.0)]),
                (hidden(metric("b"), "b"), &[("13:54", 2.0)]),
            ],
            (vec!["1"], some("latest minute 13:41")),
        ),
        // no line is of it
        (
            vec![(slow("a"), &[("13:39", 1.0)]), (slow("b"), &[])],
            (vec!["1 at 13:39", "0"], None),
        ),
        (vec![(slow("a"), &[])], (vec!["0"], None)),
    ] {
        let (values, heading) = lines(&metrics);
        assert_eq!((values.iter().map(String::as_str).collect(), heading), expected);
    }
}

#[test]
fn what_says_more_than_a_number_is_not_the_old_systems_message() {
    let is_bare = |metric: Metric, time: &str| {
        let config = one_section(vec![metric]);
        let evidence = [(place(0, 0), known(series(&[(time, 5.0)]), 1))];
        update(&config, evidence).legacy_section().is_some()
    };
    assert!(is_bare(metric("m"), "13:54"));
    let small = Metric {
        display: crate::report::Display {
            unit: crate::report::Unit::Time { micros: 1 },
            ..latency("m").display
        },
        ..latency("m")
    };
    assert!(!is_bare(small, "13:54"), "<1ms");
    assert!(!is_bare(metric("m"), "13:53"));
    assert!(!is_bare(sum("m"), "13:54"));
    assert!(!is_bare(after(metric("m"), 900, 60), "13:41"));
}
