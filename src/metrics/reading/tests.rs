use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    clock::earlier,
    metrics::series::{ErrorKind, Evidence, Series, Status},
    report::{Metric, Period},
    testing::{as_of, at, known, metric, one_section, place, series, stopped},
};

mod idle;
mod outlook;
mod true_zero;

fn reading(metric: &Metric, evidence: &Evidence) -> Reading {
    let config = one_section(vec![metric.clone()]);
    let evidence = BTreeMap::from([(place(0, 0), evidence.clone())]);
    read(&config, as_of(), &evidence).remove(0)
}

fn once(points: &[(&str, f64)]) -> Evidence {
    known(series(points), 1)
}

fn reason_of(evidence: &Evidence) -> (Reason, Outlook) {
    let reading = reading(&metric("m"), evidence);
    match reading.provenance {
        Provenance::Missing { reason, .. } => (reason, reading.outlook),
        other => panic!("{other:?}"),
    }
}

fn bucket(start: &str, secs: u32) -> Bucket {
    Bucket {
        start: at(&format!("{start}:00")),
        period: Period::from_secs(secs).unwrap(),
    }
}

/// As of, period, newest settled bucket, oldest bucket of the window.
#[test]
fn the_window_begins_with_the_newest_settled_bucket_and_grows_by_whole_ones() {
    for (time, secs, newest, oldest) in [
        ("13:56:00", 60, "13:53", "13:48"),
        ("13:57:00", 60, "13:54", "13:49"),
        ("13:58:00", 60, "13:55", "13:50"),
        ("13:56:00", 300, "13:45", "13:40"),
        ("13:57:00", 300, "13:50", "13:45"),
        ("13:58:00", 300, "13:50", "13:45"),
        ("13:57:00", 900, "13:30", "13:30"),
        ("13:57:00", 3600, "12:00", "12:00"),
    ] {
        let metric = Metric {
            period: Period::from_secs(secs).unwrap(),
            ..metric("m")
        };
        let buckets: Vec<Bucket> = window(&metric, at(time)).collect();
        assert_eq!(buckets[0], bucket(newest, secs), "{time} {secs}");
        assert_eq!(buckets.last(), Some(&bucket(oldest, secs)), "{time} {secs}");
    }
}

#[test]
fn the_newest_settled_bucket_wins_over_newer_ones_that_still_change() {
    let points = [("13:53", 3.0), ("13:54", 4.0), ("13:55", 5.0), ("13:56", 6.0)];
    let reading = reading(&metric("m"), &once(&points));
    assert_eq!(reading.provenance, Provenance::Settled(bucket("13:54", 60)));
    assert_eq!((reading.value, reading.outlook), (4.0, Outlook::Final));
}

#[test]
fn a_late_metric_is_shown_from_an_older_bucket() {
    let reading = reading(&metric("m"), &once(&[("13:51", 1.0), ("13:50", 9.0)]));
    let widened = Provenance::Widened {
        bucket: bucket("13:51", 60),
        by: Duration::from_secs(180),
    };
    assert_eq!(reading.provenance, widened);
    assert_eq!((reading.value, reading.outlook), (1.0, Outlook::Final));
}

#[test]
fn what_may_still_change_is_shown_only_when_there_is_nothing_else() {
    let points = [("13:48", 1.0), ("13:55", 5.0), ("13:56", 6.0)];
    let reading = reading(&metric("m"), &once(&points));
    assert_eq!(reading.provenance, Provenance::Provisional(bucket("13:56", 60)));
    assert_eq!(reading.outlook, Outlook::Final);
}

#[test]
fn older_values_are_told_but_not_shown() {
    let missing = |points: &[(&str, f64)]| match reading(&metric("m"), &once(points)).provenance {
        Provenance::Missing { last_known, .. } => last_known,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        missing(&[("13:20", 7.0), ("13:48", 1.0)]),
        Some((bucket("13:48", 60), 1.0))
    );
    assert_eq!(missing(&[("12:56", 7.0)]), Some((bucket("12:56", 60), 7.0)));
    assert_eq!(missing(&[("12:55", 7.0)]), None, "ended more than an hour ago");
    assert_eq!(missing(&[]), None);
}

#[test]
fn a_reason_for_each_zero_and_whether_it_may_pass() {
    let with_status = |status| known(Series { status, ..series(&[]) }, 1);
    let why = || "why".to_owned();
    let stopped = |cause| reason_of(&stopped(cause, "why"));
    assert_eq!(reason_of(&once(&[])), (Reason::NoData, Outlook::Late));
    assert_eq!(
        reason_of(&with_status(Status::Partial)),
        (Reason::Partial, Outlook::Failed)
    );
    let internal = reason_of(&with_status(Status::InternalError));
    assert!(matches!(internal, (Reason::Unavailable(_), Outlook::Failed)));
    let forbidden = reason_of(&with_status(Status::Forbidden));
    assert!(matches!(forbidden, (Reason::Denied(_), Outlook::Final)));
    assert_eq!(stopped(ErrorKind::Denied), (Reason::Denied(why()), Outlook::Final));
    assert_eq!(
        stopped(ErrorKind::WrongAccount),
        (Reason::Denied(why()), Outlook::Final)
    );
    assert_eq!(
        stopped(ErrorKind::Invalid),
        (Reason::Misconfigured(why()), Outlook::Final)
    );
    assert_eq!(
        stopped(ErrorKind::Throttled),
        (Reason::Throttled(why()), Outlook::Failed)
    );
    assert_eq!(
        stopped(ErrorKind::Unavailable),
        (Reason::Unavailable(why()), Outlook::Failed)
    );
    let mut several = series(&[("13:54", 1.0)]);
    several.labels.insert("another".into());
    assert!(matches!(
        reason_of(&known(several, 1)),
        (Reason::Misconfigured(_), Outlook::Final)
    ));
}

#[test]
fn an_answer_without_the_metric_is_not_an_answer_that_it_has_no_data() {
    let evidence = Evidence {
        tries: 1,
        ..Evidence::default()
    };
    assert_eq!(reason_of(&evidence), (Reason::NotInAnswer, Outlook::Failed));
}

#[test]
fn two_values_for_one_time_are_no_value() {
    let mut contradictory = series(&[("13:54", 9.0)]);
    contradictory.contradictory = true;
    assert!(matches!(
        reason_of(&known(contradictory, 1)),
        (Reason::Misconfigured(why), Outlook::Final) if why.contains("two values")
    ));
}

#[test]
fn a_value_from_an_incomplete_answer_is_asked_for_again() {
    let series = Series {
        status: Status::InternalError,
        ..series(&[("13:52", 2.0)])
    };
    let reading = reading(&metric("m"), &known(series, 1));
    assert_eq!((reading.value, reading.outlook), (2.0, Outlook::Failed));
}

/// The old system's way: ask for the newest settled bucket; if it is empty, for one bucket more, and so on.
fn ladder(metric: &Metric, as_of: Timestamp, data: &BTreeMap<Timestamp, f64>) -> Option<(Timestamp, f64)> {
    let period = i64::from(metric.period.secs());
    let settled = as_of.as_second() - i64::try_from(metric.settle.as_secs()).unwrap();
    let end = settled - settled.rem_euclid(period);
    let mut start = end - period;
    loop {
        let range = Timestamp::from_second(start).unwrap()..Timestamp::from_second(end).unwrap();
        if let Some((time, value)) = data.range(range).next_back() {
            return Some((*time, *value));
        }
        start -= period;
        if end - period - start > i64::try_from(metric.widen_by.as_secs()).unwrap() {
            return None;
        }
    }
}

proptest! {
    #[test]
    fn one_wide_answer_gives_what_a_growing_window_gives(
        secs in prop::sample::select(&[60u32, 300, 900, 3600]),
        minute in 0..1440i64,
        settle in 0..1200u64,
        widen_by in 0..7200u64,
        present in prop::collection::btree_map(0..200i64, 0.0..1e6f64, 0..60),
    ) {
        let as_of = Timestamp::from_second(1_795_046_400 + minute * 60).unwrap();
        let period = Period::from_secs(secs).unwrap();
        let metric = Metric {
            period,
            settle: Duration::from_secs(settle),
            widen_by: Duration::from_secs(widen_by),
            ..metric("m")
        };
        let newest = period.floor(as_of).as_second();
        let points: BTreeMap<Timestamp, f64> = present
            .into_iter()
            .map(|(age, value)| (Timestamp::from_second(newest - age * i64::from(secs)).unwrap(), value))
            .collect();
        let evidence = known(Series { points: points.clone(), ..series(&[]) }, 1);
        let evidence = BTreeMap::from([(place(0, 0), evidence)]);
        let reading = read(&one_section(vec![metric.clone()]), as_of, &evidence).remove(0);
        let expected = ladder(&metric, as_of, &points);
        match reading.provenance {
            Provenance::Settled(bucket) | Provenance::Widened { bucket, .. } => {
                prop_assert_eq!(Some((bucket.start, reading.value)), expected);
                prop_assert!(bucket.end() <= earlier(as_of, metric.settle));
            }
            Provenance::Provisional(bucket) => {
                prop_assert_eq!(expected, None);
                prop_assert!(bucket.end() <= as_of, "a filling bucket is never shown");
                prop_assert!(bucket.end() > earlier(as_of, metric.settle));
                prop_assert_eq!(points.get(&bucket.start), Some(&reading.value));
            }
            Provenance::Missing { .. } => prop_assert_eq!(expected, None),
            Provenance::TrueZero { .. } | Provenance::Idle { .. } => prop_assert!(false, "no liveness metric was given"),
        }
    }
}
