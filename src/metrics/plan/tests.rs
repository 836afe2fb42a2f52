use proptest::prelude::*;

use super::*;
use crate::{
    metrics::reading::window,
    testing::{
        as_of, at, config, expression, hidden, metric, one_section, place, production, section, sparse, staging,
        with_id,
    },
};

fn plan(config: &Config) -> Plan {
    Plan::new(config, as_of(), None).unwrap()
}

fn places(batch: &Batch) -> Vec<(usize, usize)> {
    let place = |query: &BatchQuery| (query.metric.section, query.metric.metric);
    batch.queries.iter().map(place).collect()
}

#[test]
fn one_batch_for_each_account_and_region() {
    let plan = plan(&config(vec![
        section("Core", production(), "us-east-1", vec![metric("a"), metric("b")]),
        section("BT", production(), "eu-west-1", vec![metric("a")]),
        section("SID", staging(), "us-east-1", vec![metric("a")]),
        section("UDP", production(), "us-east-1", vec![metric("c")]),
    ]));
    let read: Vec<_> = plan
        .batches
        .iter()
        .map(|batch| (batch.place.to_string(), places(batch)))
        .collect();
    assert_eq!(
        read,
        [
            ("account 111111111111 in us-east-1".into(), vec![(0, 0), (0, 1), (3, 0)]),
            ("account 111111111111 in eu-west-1".into(), vec![(1, 0)]),
            ("account 222222222222 in us-east-1".into(), vec![(2, 0)]),
        ]
    );
}

#[test]
fn the_window_begins_on_the_hour_and_ends_as_of() {
    let mut slow = metric("slow");
    slow.period = Period::HOUR;
    let plan = plan(&one_section(vec![metric("a"), slow]));
    // 13:57 less an hour of history, 120 s settling, 300 s widening and the period of 3600 s: 11:50
    assert_eq!((plan.batches[0].start, plan.batches[0].end), (at("11:00:00"), as_of()));
}

#[test]
fn a_retry_asks_for_an_expression_with_its_inputs_and_in_the_same_window() {
    let config = one_section(vec![
        hidden(metric("a"), "a"),
        metric("b"),
        with_id(expression("twice", "2*a"), "twice"),
        expression("thrice", "twice + a"),
    ]);
    let batch = &plan(&config).batches[0];
    let again = batch.only(&BTreeSet::from([place(0, 3)])).unwrap();
    assert_eq!(places(&again), [(0, 0), (0, 2), (0, 3)]);
    assert_eq!((again.start, again.end), (batch.start, batch.end));
    assert_eq!(batch.only(&BTreeSet::new()), None);
}

#[test]
fn more_than_500_queries_are_split_but_never_apart_from_what_they_need() {
    let mut metrics: Vec<Metric> = (0..499).map(|n| metric(&format!("m{n}"))).collect();
    metrics.push(hidden(metric("input"), "input"));
    metrics.push(expression("sum", "input * 2"));
    metrics.push(hidden(metric("alive"), "alive"));
    metrics.push(sparse(metric("rare"), "alive"));
    let plan = plan(&one_section(metrics));
    let sizes: Vec<usize> = plan.batches.iter().map(|batch| batch.queries.len()).collect();
    assert_eq!(sizes, [499, 4]);
    assert_eq!(places(&plan.batches[1]), [(0, 499), (0, 500), (0, 501), (0, 502)]);
}

#[test]
fn a_run_can_be_restricted_to_sections() {
    let config = config(vec![
        section("Core", production(), "us-east-1", vec![metric("a")]),
        section("BT", production(), "eu-west-1", vec![metric("a")]),
    ]);
    let plan = Plan::new(&config, as_of(), Some(&["BT".into()])).unwrap();
    assert_eq!(places(&plan.batches[0]), [(1, 0)]);
    let error = Plan::new(&config, as_of(), Some(&["bt".into()])).unwrap_err();
    let text = r#"there is no section "bt"; the report has "Core", "BT""#;
    assert_eq!(error.to_string(), text);
}

proptest! {
    #[test]
    fn every_bucket_that_may_be_shown_lies_in_the_window_and_on_the_grid(
        minute in 0..20_000i64,
        metrics in prop::collection::vec((prop::sample::select(&Period::ALLOWED), 0..7200u64, 0..7200u64), 1..6),
    ) {
        let as_of = Timestamp::from_second(1_795_046_400 + minute * 60).unwrap();
        let metrics: Vec<Metric> = metrics
            .into_iter()
            .map(|(period, settle, widen_by)| Metric {
                period: Period::from_secs(period).unwrap(),
                settle: Duration::from_secs(settle),
                widen_by: Duration::from_secs(widen_by),
                ..metric("m")
            })
            .collect();
        let plan = Plan::new(&one_section(metrics.clone()), as_of, None).unwrap();
        let batch = &plan.batches[0];
        for metric in &metrics {
            let period = i64::from(metric.period.secs());
            prop_assert_eq!(batch.start.as_second() % period, 0, "StartTime is on every grid");
            for bucket in window(metric, as_of) {
                prop_assert_eq!(bucket.start.as_second() % period, 0);
                prop_assert!(batch.start <= bucket.start && bucket.end() <= batch.end);
            }
        }
    }
}
