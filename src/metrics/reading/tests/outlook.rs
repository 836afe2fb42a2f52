//! When asking again may help a metric that has a liveness metric.

use super::*;
use crate::testing::{hidden, idle, sparse, sum};

fn with(status: Status, points: &[(&str, f64)]) -> Evidence {
    known(
        Series {
            status,
            ..series(points)
        },
        1,
    )
}

#[test]
fn a_metric_is_asked_for_again_while_its_newest_bucket_is_not_known() {
    use Outlook::{Failed, Final, Late};
    use Status::{Complete, Forbidden, InternalError};
    for (points, liveness, expected) in [
        (&[("13:54", 1.0)][..], with(Complete, &[]), Final),
        (&[], with(Complete, &[("13:54", 0.0)]), Final),
        // widened, to a datapoint or to a zero: the newest one may soon be known
        (&[("13:53", 1.0)], with(Complete, &[]), Late),
        (&[], with(Complete, &[("13:53", 0.0)]), Late),
        (&[], with(Complete, &[]), Late),
        (&[("13:56", 1.0)], with(Complete, &[]), Final),
        // what failed for the liveness metric may pass; what is refused does not
        (&[("13:53", 1.0)], with(InternalError, &[]), Failed),
        (&[], with(InternalError, &[]), Failed),
        (&[("13:53", 1.0)], with(Forbidden, &[]), Final),
        (&[], with(Forbidden, &[]), Late),
    ] {
        let metrics = vec![
            hidden(sum("liveness"), "liveness"),
            sparse(metric("zero"), "liveness"),
            idle(metric("idle"), "liveness"),
        ];
        let config = one_section(metrics);
        let evidence = [liveness.clone(), once(points), once(points)];
        let evidence = evidence
            .into_iter()
            .enumerate()
            .map(|(metric, it)| (place(0, metric), it));
        for reading in &read(&config, as_of(), &evidence.collect())[1..] {
            assert_eq!(reading.outlook, expected, "{points:?} {liveness:?} {reading:?}");
        }
    }
}

#[test]
fn a_refused_metric_is_not_asked_for_again_for_its_liveness_metric() {
    let config = one_section(vec![
        hidden(sum("liveness"), "liveness"),
        sparse(metric("zero"), "liveness"),
    ]);
    for refused in [with(Status::Forbidden, &[]), stopped(ErrorKind::Invalid, "why")] {
        for liveness in [with(Status::InternalError, &[]), once(&[])] {
            let evidence = BTreeMap::from([(place(0, 0), liveness), (place(0, 1), refused.clone())]);
            assert_eq!(read(&config, as_of(), &evidence)[1].outlook, Outlook::Final);
        }
    }
}

#[test]
fn traffic_without_a_measurement_is_late() {
    let config = one_section(vec![
        hidden(sum("liveness"), "liveness"),
        idle(metric("idle"), "liveness"),
    ]);
    let evidence = BTreeMap::from([
        (place(0, 0), once(&[("13:54", 2.0)])),
        (place(0, 1), once(&[("13:52", 1.0)])),
    ]);
    assert_eq!(read(&config, as_of(), &evidence)[1].outlook, Outlook::Late);
}
