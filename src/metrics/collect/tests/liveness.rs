//! Metrics with a liveness metric are asked for together with it.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_true_zero_is_not_asked_for_again() {
    let config = one_section(vec![hidden(metric("alive"), "alive"), sparse(metric("rare"), "alive")]);
    let (calls, readings, _) = collected(&config, as_of(), |_, batch| all_but(batch, &[place(0, 1)])).await;
    assert_eq!(calls.len(), 1);
    assert!(matches!(readings[1].provenance, Provenance::TrueZero { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_late_liveness_metric_is_asked_for_again_with_its_metric() {
    let config = one_section(vec![hidden(metric("alive"), "alive"), sparse(metric("rare"), "alive")]);
    let (calls, readings, _) = collected(&config, as_of(), |second, _| Answer {
        series: BTreeMap::from([
            (
                place(0, 0),
                series(&[(if second < 10 { "13:53" } else { "13:54" }, 1.0)]),
            ),
            (place(0, 1), series(&[])),
        ]),
        ..Answer::default()
    })
    .await;
    assert_eq!(
        calls,
        [0, 10].map(|second| call(second, "us-east-1", &["s0_m0", "s0_m1"]))
    );
    assert!(readings[1].is_newest());
}

/// FILL wrote a 0 when the errors were late. That the liveness metric then comes for another metric says nothing of it.
#[tokio::test(start_paused = true)]
async fn a_filled_value_that_is_older_than_the_liveness_metric_is_not_shown() {
    let filled = Metric {
        filled: true,
        liveness: Some("requests".into()),
        ..expression("filled", "FILL(errors,0)")
    };
    let config = one_section(vec![
        hidden(metric("requests"), "requests"),
        hidden(metric("errors"), "errors"),
        filled,
        sparse(metric("rejected"), "requests"),
    ]);
    let (calls, readings, _) = collected(&config, as_of(), |second, batch| {
        let arrived = second >= 10;
        let values = |metric: MetricRef| match (metric.metric, arrived) {
            (0, false) => series(&[("13:53", 9.0)]),
            (0, true) => series(&[("13:54", 9.0), ("13:53", 9.0)]),
            (1, true) => series(&[("13:54", 37.0)]),
            (2, true) => series(&[("13:54", 37.0), ("13:53", 0.0)]),
            (2, false) => series(&[("13:54", 0.0), ("13:53", 0.0)]),
            _ => series(&[]),
        };
        let queries = batch.queries.iter();
        Answer {
            series: queries.map(|it| (it.metric, values(it.metric))).collect(),
            ..Answer::default()
        }
    })
    .await;
    assert_eq!(calls[1], call(10, "us-east-1", &["s0_m0", "s0_m1", "s0_m3"]));
    assert!(readings[3].is_newest());
    assert!(!readings[2].is_newest(), "{:?}", readings[2].provenance);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_night_is_not_waited_for() {
    let config = one_section(vec![
        hidden(sum("requests"), "requests"),
        idle(metric("latency"), "requests"),
    ]);
    let (calls, readings, _) = collected(&config, as_of(), |_, _| Answer {
        series: BTreeMap::from([(place(0, 0), series(&[("13:54", 0.0)])), (place(0, 1), series(&[]))]),
        ..Answer::default()
    })
    .await;
    assert_eq!(calls.len(), 1);
    assert!(matches!(readings[1].provenance, Provenance::Idle { .. }));
}
