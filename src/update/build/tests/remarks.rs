//! Remarks on whole requests are told where they may matter.

use super::*;
use crate::testing::expression;

const TEXT: &str = "MaxMetricsExceeded: a part only";

/// Two sections of one request, and what of each metric is known.
fn told(points: [&[(&str, f64)]; 3], remarks: &[(&str, &[MetricRef])]) -> (Vec<String>, Vec<Option<usize>>, Update) {
    let config = config(vec![
        section("Core", production(), "us-east-1", vec![metric("a"), metric("b")]),
        section(
            "Other",
            production(),
            "us-east-1",
            vec![metric("c"), hidden(metric("d"), "d")],
        ),
    ]);
    let places = [place(0, 0), place(0, 1), place(1, 0)];
    let evidence = places.into_iter().zip(points.map(|points| known(series(points), 1)));
    let evidence = evidence.chain([(place(1, 1), known(series(&[]), 1))]);
    let remarks: Vec<Remark> = remarks
        .iter()
        .map(|(text, metrics)| Remark {
            metrics: metrics.to_vec(),
            text: (*text).to_owned(),
        })
        .collect();
    let update = Update::new(
        &config,
        as_of(),
        reading::read(&config, as_of(), &evidence.collect()),
        &remarks,
    );
    let lines = update.lines().map(|line| line.note).collect();
    (update.notes.clone(), lines, update)
}

const ALL: &[MetricRef] = &[
    MetricRef { section: 0, metric: 0 },
    MetricRef { section: 0, metric: 1 },
    MetricRef { section: 1, metric: 0 },
    MetricRef { section: 1, metric: 1 },
];

const NEW: &[(&str, f64)] = &[("13:54", 5.0)];

#[test]
fn on_each_line_that_may_lack_something() {
    let (notes, lines, update) = told([NEW, &[("13:53", 5.0)], &[]], &[(TEXT, ALL), (TEXT, ALL)]);
    assert_eq!(
        notes,
        [
            "CloudWatch says: MaxMetricsExceeded: a part only",
            "no data from 13:49 to 13:55, not asked again; CloudWatch says: MaxMetricsExceeded: a part only"
        ]
    );
    assert_eq!(lines, [None, Some(1), Some(2)]);
    assert_eq!(update.sections[0].note, None);
}

#[test]
fn once_on_the_first_section_where_every_line_has_its_value() {
    let (notes, lines, update) = told(
        [NEW, NEW, NEW],
        &[(TEXT, ALL), (TEXT, ALL), ("Other: words", &ALL[2..])],
    );
    assert_eq!(
        notes,
        [
            "CloudWatch says: MaxMetricsExceeded: a part only",
            "CloudWatch says: Other: words"
        ]
    );
    assert_eq!(lines, [None, None, None]);
    let headings: Vec<_> = update.sections.iter().map(|section| section.note).collect();
    assert_eq!(headings, [Some(1), Some(2)]);
    assert_eq!(update.sections[0].coverage, Coverage::Whole);
}

#[test]
fn of_a_request_for_hidden_metrics_on_their_section() {
    let (notes, _, update) = told([NEW, NEW, NEW], &[(TEXT, &ALL[3..])]);
    assert_eq!((notes.len(), update.sections[1].note), (1, Some(1)));
}

#[test]
fn of_a_hidden_input_on_the_line_that_is_computed_from_it() {
    let config = one_section(vec![
        hidden(metric("all"), "all"),
        expression("share", "100*all/5"),
        metric("other"),
    ]);
    let mut all = series(NEW);
    all.messages.push(TEXT.to_owned());
    let evidence = [all, series(NEW), series(NEW)];
    let evidence = evidence.map(|series| known(series, 1)).into_iter().enumerate();
    let evidence = evidence.map(|(metric, known)| (place(0, metric), known));
    let readings = reading::read(&config, as_of(), &evidence.collect());
    let update = Update::new(&config, as_of(), readings, &[]);
    assert_eq!(update.notes, ["CloudWatch says: MaxMetricsExceeded: a part only"]);
    let lines: Vec<_> = update.lines().map(|line| line.note).collect();
    assert_eq!(lines, [Some(1), None]);
}
