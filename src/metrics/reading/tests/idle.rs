//! `missing: idle`: a bucket without a datapoint is idle where the liveness metric counted nothing in it.

use super::*;
use crate::testing::{hidden, idle, latency, sum};

fn latency_of(latency_of: Evidence, requests: Evidence) -> Reading {
    let config = one_section(vec![
        hidden(sum("requests"), "requests"),
        idle(latency("latency"), "requests"),
    ]);
    let evidence = BTreeMap::from([(place(0, 0), requests), (place(0, 1), latency_of)]);
    read(&config, as_of(), &evidence).remove(1)
}

fn quiet(start: &str, by: u64) -> Provenance {
    Provenance::Idle {
        bucket: bucket(start, 60),
        by: Duration::from_secs(by),
    }
}

#[test]
fn quiet_is_known_at_once() {
    let reading = latency_of(once(&[("13:50", 120.0)]), once(&[("13:54", 0.0), ("13:50", 3.0)]));
    assert_eq!(reading.provenance, quiet("13:54", 0));
    assert_eq!((reading.value, reading.outlook), (0.0, Outlook::Final));
}

#[test]
fn the_newest_known_bucket_wins() {
    for (latency, requests, expected) in [
        // a measurement is a measurement, whatever was counted
        (&[("13:54", 120.0)][..], &[("13:54", 0.0)][..], "settled"),
        (&[("13:53", 120.0)], &[("13:54", 0.0)], "idle"),
        (&[], &[("13:52", 0.0)], "idle"),
        (&[("13:53", 120.0)], &[("13:52", 0.0)], "widened"),
        // requests that were not measured end the search for quiet, not the one for a measurement
        (&[], &[("13:54", 2.0), ("13:53", 0.0)], "despite traffic"),
        (&[("13:50", 120.0)], &[("13:54", 2.0), ("13:53", 0.0)], "widened"),
        (&[], &[("13:53", 2.0), ("13:54", 0.0)], "idle"),
        (&[("13:56", 120.0)], &[("13:54", 2.0)], "provisional"),
        (&[("13:56", 120.0)], &[("13:56", 2.0), ("13:55", 0.0)], "provisional"),
        (&[], &[("13:55", 0.0), ("13:56", 0.0)], "no data"),
        (&[], &[], "no data"),
    ] {
        let found = match latency_of(once(latency), once(requests)).provenance {
            Provenance::Settled(_) => "settled",
            Provenance::Widened { .. } => "widened",
            Provenance::Provisional(_) => "provisional",
            Provenance::TrueZero { .. } => "zero",
            Provenance::Idle { .. } => "idle",
            Provenance::Missing { reason, .. } => match reason {
                Reason::NoData => "no data",
                Reason::NoDataDespiteTraffic => "despite traffic",
                _ => "another reason",
            },
        };
        assert_eq!(found, expected, "{latency:?} {requests:?}");
    }
}

#[test]
fn a_liveness_metric_that_was_not_read_is_told() {
    let forbidden = known(
        Series {
            status: Status::Forbidden,
            ..series(&[])
        },
        1,
    );
    let reading = latency_of(once(&[]), forbidden);
    assert!(matches!(
        reading.provenance,
        Provenance::Missing { reason: Reason::NoDataNorLiveness(why), .. } if matches!(*why, Reason::Denied(_))
    ));
}

#[test]
fn two_values_of_the_liveness_metric_tell_nothing() {
    let mut requests = once(&[("13:54", 0.0)]);
    requests.series.as_mut().unwrap().contradictory = true;
    let reading = latency_of(once(&[]), requests);
    let Provenance::Missing { reason, .. } = &reading.provenance else {
        panic!("{reading:?}");
    };
    let two_values = Reason::Misconfigured("CloudWatch gives two values for the same time".into());
    assert_eq!(*reason, Reason::NoDataNorLiveness(Box::new(two_values)));
}
