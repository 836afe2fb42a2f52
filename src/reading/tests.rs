#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{
    series::Stop,
    testing::{as_of, at, hidden, metric, one_section, place, series, sparse},
};

fn known(series: Series) -> Evidence {
    Evidence {
        series: Some(series),
        stop: None,
        tries: 1,
    }
}

fn stopped(cause: Cause) -> Evidence {
    let detail = "why".into();
    Evidence {
        series: None,
        stop: Some(Stop { cause, detail }),
        tries: 1,
    }
}

fn reading(metric: &Metric, evidence: &Evidence) -> Reading {
    Reading::of(place(0, 0), metric, as_of(), evidence, None)
}

fn reason_of(evidence: &Evidence) -> (Reason, bool) {
    let reading = reading(&metric("m"), evidence);
    let may_improve = reading.may_improve();
    match reading.provenance {
        Provenance::Missing { reason, .. } => (reason, may_improve),
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
    let reading = reading(&metric("m"), &known(series(&points)));
    assert_eq!(reading.provenance, Provenance::Settled(bucket("13:54", 60)));
    assert_eq!((reading.value, reading.may_improve()), (4.0, false));
}

#[test]
fn a_late_metric_is_shown_from_an_older_bucket() {
    let reading = reading(&metric("m"), &known(series(&[("13:51", 1.0), ("13:50", 9.0)])));
    let widened = Provenance::Widened {
        bucket: bucket("13:51", 60),
        by: Duration::from_secs(180),
    };
    assert_eq!(reading.provenance, widened);
    assert_eq!((reading.value, reading.may_improve()), (1.0, false));
}

#[test]
fn what_may_still_change_is_shown_only_when_there_is_nothing_else() {
    let points = [("13:48", 1.0), ("13:55", 5.0), ("13:56", 6.0)];
    let reading = reading(&metric("m"), &known(series(&points)));
    assert_eq!(reading.provenance, Provenance::Provisional(bucket("13:56", 60)));
    assert!(!reading.may_improve());
}

#[test]
fn older_values_are_told_but_not_shown() {
    let missing = |points: &[(&str, f64)]| match reading(&metric("m"), &known(series(points))).provenance {
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
    let with_status = |status| known(Series { status, ..series(&[]) });
    let why = || "why".to_owned();
    assert_eq!(reason_of(&known(series(&[]))), (Reason::NoData(vec![]), true));
    assert_eq!(reason_of(&with_status(Status::Partial)), (Reason::Partial, true));
    let internal = reason_of(&with_status(Status::InternalError));
    assert!(matches!(internal, (Reason::Unavailable(_), true)));
    let forbidden = reason_of(&with_status(Status::Forbidden));
    assert!(matches!(forbidden, (Reason::Denied(_), false)));
    assert_eq!(reason_of(&stopped(Cause::Denied)), (Reason::Denied(why()), false));
    assert_eq!(reason_of(&stopped(Cause::WrongAccount)), (Reason::Denied(why()), false));
    assert_eq!(
        reason_of(&stopped(Cause::Invalid)),
        (Reason::Misconfigured(why()), false)
    );
    assert_eq!(reason_of(&stopped(Cause::Throttled)), (Reason::Throttled(why()), true));
    assert_eq!(
        reason_of(&stopped(Cause::Unavailable)),
        (Reason::Unavailable(why()), true)
    );
    let mut several = series(&[("13:54", 1.0)]);
    several.labels.insert("another".into());
    assert!(matches!(reason_of(&known(several)), (Reason::Misconfigured(_), false)));
}

#[test]
fn a_value_from_an_incomplete_answer_is_asked_for_again() {
    let series = Series {
        status: Status::InternalError,
        ..series(&[("13:52", 2.0)])
    };
    let reading = reading(&metric("m"), &known(series));
    assert_eq!((reading.value, reading.may_improve()), (2.0, true));
}

mod true_zero {
    use super::*;

    fn rare(points: &[(&str, f64)], status: Status, alive: &[(&str, f64)]) -> Reading {
        let config = one_section(vec![hidden(metric("alive"), "alive"), sparse(metric("rare"), "alive")]);
        let rare = Series {
            status,
            ..series(points)
        };
        let evidence = BTreeMap::from([(place(0, 0), known(series(alive))), (place(0, 1), known(rare))]);
        read(&config, as_of(), &evidence).remove(1)
    }

    #[test]
    fn when_the_sign_of_life_has_the_bucket_or_a_newer_one() {
        for alive in ["13:54", "13:56"] {
            let reading = rare(&[("13:52", 3.0)], Status::Complete, &[(alive, 1.0)]);
            assert_eq!(reading.provenance, Provenance::TrueZero(bucket("13:54", 60)));
            assert_eq!((reading.value, reading.may_improve()), (0.0, false));
        }
    }

    #[test]
    fn but_a_count_is_a_count() {
        let reading = rare(&[("13:54", 3.0)], Status::Complete, &[("13:54", 1.0)]);
        assert_eq!(reading.value, 3.0);
    }

    #[test]
    fn not_when_the_sign_of_life_is_late_too() {
        let reading = rare(&[], Status::Complete, &[("13:53", 1.0)]);
        assert!(matches!(reading.provenance, Provenance::Missing { .. }) && reading.may_improve());
        let reading = rare(&[("13:52", 3.0)], Status::Complete, &[("13:53", 1.0)]);
        assert!(matches!(reading.provenance, Provenance::Widened { .. }));
    }

    #[test]
    fn not_when_the_answer_is_incomplete() {
        let reading = rare(&[], Status::InternalError, &[("13:54", 1.0)]);
        assert!(matches!(reading.provenance, Provenance::Missing { .. }) && reading.may_improve());
    }
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
        let evidence = known(Series { points: points.clone(), ..series(&[]) });
        let reading = Reading::of(place(0, 0), &metric, as_of, &evidence, None);
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
            Provenance::TrueZero(_) => prop_assert!(false, "no sign of life was given"),
        }
    }
}
