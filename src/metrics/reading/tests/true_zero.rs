//! `missing: zero`: a bucket without a datapoint is a 0 where the liveness metric has that very bucket.

use super::*;
use crate::{
    report::MetricRef,
    testing::{expression, hidden, sparse},
};

const ALIVE: MetricRef = MetricRef { section: 0, metric: 0 };
const RARE: MetricRef = MetricRef { section: 0, metric: 1 };

fn rare(rare: Evidence, alive: Evidence) -> Reading {
    let config = one_section(vec![hidden(metric("alive"), "alive"), sparse(metric("rare"), "alive")]);
    read(&config, as_of(), &BTreeMap::from([(ALIVE, alive), (RARE, rare)])).remove(1)
}

fn zero(start: &str, by: u64) -> Provenance {
    Provenance::TrueZero {
        bucket: bucket(start, 60),
        by: Duration::from_secs(by),
    }
}

#[test]
fn the_liveness_metric_must_have_the_very_bucket() {
    for (alive, expected) in [
        (&[("13:54", 1.0)][..], Some(("13:54", 0))),
        // It lives again since 13:56, but did not at 13:54.
        (&[("13:30", 1.0), ("13:56", 1.0)], None),
        (&[("13:56", 1.0)], None),
        (&[("13:55", 1.0), ("13:52", 1.0)], Some(("13:52", 120))),
        (&[("13:48", 1.0)], None),
        (&[], None),
    ] {
        let reading = rare(once(&[]), once(alive));
        match expected {
            Some((start, by)) => assert_eq!(reading.provenance, zero(start, by), "{alive:?}"),
            None => assert!(
                matches!(
                    reading.provenance,
                    Provenance::Missing {
                        reason: Reason::NoData,
                        ..
                    }
                ),
                "{alive:?}: {reading:?}"
            ),
        }
    }
}

#[test]
fn the_newest_known_bucket_wins_also_where_it_is_a_zero() {
    let alive = [("13:54", 1.0), ("13:53", 1.0), ("13:50", 1.0)];
    let reading = rare(once(&[("13:50", 37.0)]), once(&alive));
    assert_eq!((reading.provenance, reading.value), (zero("13:54", 0), 0.0));
    let reading = rare(once(&[("13:50", 37.0)]), once(&alive[1..]));
    assert_eq!((reading.provenance, reading.value), (zero("13:53", 60), 0.0));
    let reading = rare(once(&[("13:50", 37.0)]), once(&alive[2..]));
    assert_eq!(reading.value, 37.0);
    let reading = rare(once(&[("13:54", 3.0)]), once(&alive));
    assert_eq!(reading.provenance, Provenance::Settled(bucket("13:54", 60)));
}

#[test]
fn a_bucket_that_may_still_change_is_no_zero() {
    let reading = rare(once(&[]), once(&[("13:55", 1.0), ("13:56", 1.0)]));
    assert!(matches!(reading.provenance, Provenance::Missing { .. }));
    let reading = rare(once(&[("13:56", 2.0)]), once(&[("13:55", 1.0), ("13:56", 1.0)]));
    assert_eq!(reading.provenance, Provenance::Provisional(bucket("13:56", 60)));
}

#[test]
fn an_incomplete_answer_makes_no_zero() {
    for status in [Status::InternalError, Status::Partial, Status::Forbidden] {
        let rare = rare(known(Series { status, ..series(&[]) }, 1), once(&[("13:54", 1.0)]));
        assert!(matches!(rare.provenance, Provenance::Missing { .. }), "{status:?}");
    }
}

/// Adds an answer with these points, or a failure, to what is known.
fn asked(evidence: Evidence, round: u32, answer: Result<&[(&str, f64)], Status>) -> Evidence {
    let mut evidence = evidence;
    let metric = place(0, 0);
    let series = match answer {
        Ok(points) => series(points),
        Err(status) => Series { status, ..series(&[]) },
    };
    let mut answer = crate::metrics::series::Answer {
        series: BTreeMap::from([(metric, series)]),
        ..Default::default()
    };
    evidence.add(metric, round, &mut answer);
    evidence
}

#[test]
fn a_later_failure_takes_no_zero_back() {
    let first = asked(Evidence::default(), 0, Ok(&[]));
    let failed = asked(first, 1, Err(Status::InternalError));
    let reading = rare(failed, once(&[("13:54", 1.0)]));
    assert_eq!(reading.provenance, zero("13:54", 0));
}

#[test]
fn an_answer_of_which_a_part_was_left_out_makes_no_zero() {
    let mut strays = series(&[]);
    strays
        .defects
        .push("a datapoint with an unexpected time was left out".into());
    let metric = place(0, 1);
    let mut answer = crate::metrics::series::Answer {
        series: BTreeMap::from([(metric, strays)]),
        ..Default::default()
    };
    let mut evidence = Evidence::default();
    evidence.add(metric, 0, &mut answer);
    let reading = rare(evidence, once(&[("13:54", 1.0)]));
    assert!(matches!(reading.provenance, Provenance::Missing { .. }));
}

#[test]
fn what_was_empty_before_the_liveness_metric_came_may_have_been_late_too() {
    let late = asked(asked(Evidence::default(), 0, Ok(&[])), 1, Ok(&[("13:54", 1.0)]));
    let failed = asked(asked(Evidence::default(), 0, Ok(&[])), 1, Err(Status::InternalError));
    let reading = rare(failed.clone(), late.clone());
    assert!(matches!(reading.provenance, Provenance::Missing { .. }));
    let reading = rare(asked(failed, 2, Ok(&[])), late);
    assert_eq!(reading.provenance, zero("13:54", 0));
}

#[test]
fn an_expression_is_zero_only_where_none_of_its_inputs_has_a_datapoint() {
    let config = one_section(vec![
        hidden(metric("requests"), "requests"),
        hidden(metric("a"), "a"),
        hidden(metric("b"), "b"),
        sparse(expression("rate", "100*(a+b)/requests"), "requests"),
    ]);
    let rate = |a: &[(&str, f64)]| {
        let requests = once(&[("13:54", 9.0)]);
        let evidence = [requests, once(a), once(&[]), once(&[])];
        let evidence = evidence
            .into_iter()
            .enumerate()
            .map(|(metric, it)| (place(0, metric), it));
        read(&config, as_of(), &evidence.collect()).remove(3).provenance
    };
    assert_eq!(rate(&[]), zero("13:54", 0));
    assert!(matches!(rate(&[("13:54", 1.0)]), Provenance::Missing { .. }));
}

/// `FILL(errors,0)` has a value for every bucket, whether errors are counted or not.
#[test]
fn a_filled_value_counts_only_where_the_liveness_metric_has_the_bucket() {
    let filled = Metric {
        filled: true,
        liveness: Some("alive".into()),
        ..expression("filled", "FILL(errors,0)")
    };
    let config = one_section(vec![
        hidden(metric("alive"), "alive"),
        hidden(metric("errors"), "errors"),
        filled,
    ]);
    let shown = |alive: &[(&str, f64)]| {
        let values = ["13:10", "13:51", "13:53", "13:54", "13:55", "13:56"].map(|start| (start, 0.0));
        let evidence = [once(alive), once(&[]), once(&values)];
        let evidence = evidence
            .into_iter()
            .enumerate()
            .map(|(metric, it)| (place(0, metric), it));
        read(&config, as_of(), &evidence.collect()).remove(2).provenance
    };
    assert_eq!(shown(&[("13:54", 1.0)]), Provenance::Settled(bucket("13:54", 60)));
    assert!(matches!(shown(&[("13:53", 1.0)]), Provenance::Widened { .. }));
    assert_eq!(shown(&[("13:55", 1.0)]), Provenance::Provisional(bucket("13:55", 60)));
    assert!(matches!(
        shown(&[("13:10", 1.0)]),
        Provenance::Missing { last_known: Some((seen, _)), .. } if seen == bucket("13:10", 60)
    ));
    assert!(matches!(shown(&[]), Provenance::Missing { last_known: None, .. }));
}
