mod limits;
mod liveness;

use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::{
    metrics::{
        reading::{Provenance, Reason},
        series::Status,
    },
    report::Metric,
    sources::cloudwatch,
    testing::{
        as_of, at, config, expression, hidden, idle, metric, one_section, place, production, section, series, sparse,
        staging, sum,
    },
};

/// One call, as the source saw it: seconds since the start, region, metrics.
type Call = (u64, String, Vec<String>);

/// A source that answers by the clock.
struct Fake<F> {
    answer: F,
    started: Instant,
    calls: Mutex<Vec<Call>>,
}

#[async_trait]
impl<F: Fn(u64, &Batch) -> Answer + Send + Sync> MetricSource for Fake<F> {
    async fn read(&self, batch: &Batch) -> Answer {
        let second = self.started.elapsed().as_secs();
        let metrics = batch.queries.iter().map(|query| query.metric);
        let ids = metrics.map(|it| format!("s{}_m{}", it.section, it.metric));
        self.calls.lock().unwrap().push((second, region(batch), ids.collect()));
        let answer = (self.answer)(second, batch);
        // a call takes a while, a hanging one for ever
        sleep(Duration::from_secs(if answer.calls == HANGS { 100_000 } else { 0 })).await;
        Answer {
            calls: 1,
            metrics_requested: batch.queries.len() as u32,
            ..answer
        }
    }
}

fn region(batch: &Batch) -> String {
    cloudwatch::config::Place::of(&*batch.place).unwrap().region.clone()
}

const HANGS: u32 = u32::MAX;

/// Collects from 13:57:`second`, and gives the calls, and each reading.
async fn collected(
    config: &Config,
    start: Timestamp,
    answer: impl Fn(u64, &Batch) -> Answer + Send + Sync,
) -> (Vec<Call>, Vec<Reading>, Collected) {
    let plan = Plan::new(config, as_of(), None).unwrap();
    let source = Fake {
        answer,
        started: Instant::now(),
        calls: Mutex::default(),
    };
    let clock = Clock::starting_at(start);
    let deadlines = Deadlines::new(config, as_of(), start, None);
    let collected = collect(config, &plan, &source, &clock, deadlines, &|_| {}).await;
    let readings = reading::read(config, as_of(), &collected.evidence);
    (source.calls.into_inner().unwrap(), readings, collected)
}

/// Every metric of the batch has its newest settled bucket, except these.
fn all_but(batch: &Batch, missing: &[MetricRef]) -> Answer {
    let queries = batch.queries.iter().filter(|query| !missing.contains(&query.metric));
    let empty = missing.iter().map(|metric| (*metric, series(&[])));
    Answer {
        series: queries
            .map(|query| (query.metric, series(&[("13:54", 5.0)])))
            .chain(empty.filter(|(metric, _)| batch.query(*metric).is_some()))
            .collect(),
        ..Answer::default()
    }
}

fn stop(kind: ErrorKind) -> Answer {
    let detail = "why".into();
    Answer {
        stopped: Some(ReadError { kind, detail }),
        ..Answer::default()
    }
}

fn call(second: u64, region: &str, ids: &[&str]) -> Call {
    (second, region.into(), ids.iter().map(|id| (*id).to_owned()).collect())
}

fn three_targets() -> Config {
    config(vec![
        section("Core", production(), "us-east-1", vec![metric("a"), metric("b")]),
        section("BT", production(), "eu-west-1", vec![metric("c")]),
        section("SID", staging(), "us-east-1", vec![metric("d")]),
    ])
}

#[tokio::test(start_paused = true)]
async fn nothing_missing_is_one_call_for_each_account_and_region() {
    let (calls, readings, collected) = collected(&three_targets(), as_of(), |_, batch| all_but(batch, &[])).await;
    assert_eq!(
        calls,
        [
            call(0, "us-east-1", &["s0_m0", "s0_m1"]),
            call(0, "eu-west-1", &["s1_m0"]),
            call(0, "us-east-1", &["s2_m0"]),
        ]
    );
    assert_eq!((collected.calls, collected.retries), (3, 0));
    assert!(readings.iter().all(|r| matches!(r.provenance, Provenance::Settled(_))));
}

#[tokio::test(start_paused = true)]
async fn more_than_500_metrics_are_one_call_for_each_500() {
    let config = one_section((0..1001).map(|n| metric(&n.to_string())).collect());
    let (calls, ..) = collected(&config, as_of(), |_, batch| all_but(batch, &[])).await;
    let sizes: Vec<usize> = calls.iter().map(|(.., ids)| ids.len()).collect();
    assert_eq!(sizes, [500, 500, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_asked_for_three_times_more_and_nothing_else_is() {
    let (calls, readings, collected) =
        collected(&three_targets(), as_of(), |_, batch| all_but(batch, &[place(0, 1)])).await;
    assert_eq!(
        calls[3..],
        [
            call(10, "us-east-1", &["s0_m1"]),
            call(30, "us-east-1", &["s0_m1"]),
            call(70, "us-east-1", &["s0_m1"]),
        ]
    );
    assert_eq!((readings[1].tries, collected.retries), (4, 3));
    assert_eq!(readings[0].tries, 1);
}

#[tokio::test(start_paused = true)]
async fn asking_ends_when_the_data_arrive() {
    let (calls, readings, _) = collected(&three_targets(), as_of(), |second, batch| {
        let late = if second < 30 { vec![place(0, 1)] } else { vec![] };
        all_but(batch, &late)
    })
    .await;
    assert_eq!(calls.len(), 5);
    assert!(matches!(readings[1].provenance, Provenance::Settled(_)));
}

#[tokio::test(start_paused = true)]
async fn a_late_or_provisional_value_is_a_value() {
    for time in ["13:50", "13:56"] {
        let config = one_section(vec![metric("a")]);
        let (calls, ..) = collected(&config, as_of(), |_, _| Answer {
            series: [(place(0, 0), series(&[(time, 1.0)]))].into(),
            ..Answer::default()
        })
        .await;
        assert_eq!(calls.len(), 1, "{time}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_expression_is_asked_for_with_its_inputs() {
    let config = one_section(vec![hidden(metric("a"), "a"), metric("b"), expression("twice", "2*a")]);
    let (calls, ..) = collected(&config, as_of(), |_, batch| all_but(batch, &[place(0, 2)])).await;
    assert_eq!(calls[1], call(10, "us-east-1", &["s0_m0", "s0_m2"]));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_or_a_mistake_is_not_repeated() {
    for cause in [ErrorKind::Denied, ErrorKind::WrongAccount, ErrorKind::Invalid] {
        let config = one_section(vec![metric("a")]);
        let (calls, ..) = collected(&config, as_of(), |_, _| stop(cause)).await;
        assert_eq!(calls.len(), 1, "{cause:?}");
    }
    let (calls, readings, _) = collected(&three_targets(), as_of(), |_, batch| {
        let mut answer = all_but(batch, &[]);
        for series in answer.series.values_mut() {
            series.status = Status::Forbidden;
            series.points.clear();
        }
        answer
    })
    .await;
    assert_eq!(calls.len(), 3);
    assert!(matches!(
        &readings[0].provenance,
        Provenance::Missing {
            reason: Reason::Denied(_),
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_passing_is_repeated_whole_and_only_where_it_failed() {
    for cause in [ErrorKind::Throttled, ErrorKind::Unavailable] {
        let (calls, readings, _) = collected(&three_targets(), as_of(), |second, batch| {
            if region(batch) == "eu-west-1" && second == 0 {
                stop(cause)
            } else {
                all_but(batch, &[])
            }
        })
        .await;
        assert_eq!(calls[3..], [call(10, "eu-west-1", &["s1_m0"])]);
        assert!(readings.iter().all(|r| matches!(r.provenance, Provenance::Settled(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn broken_off_pages_keep_what_they_brought() {
    let config = one_section(vec![metric("a"), metric("b")]);
    let (calls, readings, _) = collected(&config, as_of(), |second, batch| match second {
        0 => Answer {
            series: [(place(0, 0), series(&[("13:54", 1.0)]))].into(),
            ..stop(ErrorKind::Unavailable)
        },
        _ => all_but(batch, &[]),
    })
    .await;
    assert_eq!(calls[1], call(10, "us-east-1", &["s0_m1"]));
    assert_eq!((readings[0].value, readings[1].value), (1.0, 5.0));
}

#[tokio::test(start_paused = true)]
async fn what_cloudwatch_says_of_a_request_is_kept_with_the_metrics_that_it_asked_for() {
    let config = one_section(vec![metric("a"), metric("b")]);
    let (_, _, collected) = collected(&config, as_of(), |second, batch| Answer {
        messages: vec![format!("Code: after {second} s")],
        ..all_but(batch, &[place(0, 1)][usize::from(second > 0)..])
    })
    .await;
    let remark = |text: &str, metrics: &[MetricRef]| Remark {
        metrics: metrics.to_vec(),
        text: text.to_owned(),
    };
    assert_eq!(
        collected.remarks,
        [
            remark("Code: after 0 s", &[place(0, 0), place(0, 1)]),
            remark("Code: after 10 s", &[place(0, 1)])
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_is_told_what_is_waited_for() {
    let config = one_section(vec![metric("a"), metric("b")]);
    let plan = Plan::new(&config, as_of(), None).unwrap();
    let source = Fake {
        answer: |_, batch: &Batch| all_but(batch, &[place(0, 1)]),
        started: Instant::now(),
        calls: Mutex::default(),
    };
    let told = Mutex::new(Vec::new());
    let watch = |progress: Progress<'_>| {
        told.lock().unwrap().push(match progress {
            Progress::Reading { batches } => format!("reading {batches}"),
            Progress::Waiting { batch, retry, delay } => {
                assert_eq!(batch.queries[0].metric, place(0, 1));
                format!("retry {retry} in {delay:?}")
            }
        });
    };
    let clock = Clock::starting_at(as_of());
    collect(
        &config,
        &plan,
        &source,
        &clock,
        Deadlines::new(&config, as_of(), as_of(), None),
        &watch,
    )
    .await;
    assert_eq!(
        told.into_inner().unwrap(),
        ["reading 1", "retry 1 in 10s", "retry 2 in 20s", "retry 3 in 40s"]
    );
}
