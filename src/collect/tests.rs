#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use super::*;
use crate::{
    reading::{Provenance, Reason},
    series::Status,
    testing::{
        as_of, at, config,
        ear::{heard, listen},
        expression, hidden, id, idle, metric, one_section, place, production, section, series, sparse, staging, sum,
    },
};

/// One call, as the source saw it: seconds since the start, region, ids.
type Call = (u64, String, Vec<String>);

/// A source that answers by the clock.
struct Fake<F> {
    answer: F,
    started: Instant,
    calls: Mutex<Vec<Call>>,
}

impl<F: Fn(u64, &Batch) -> Answer + Sync> MetricSource for Fake<F> {
    async fn read(&self, batch: &Batch) -> Answer {
        let second = self.started.elapsed().as_secs();
        let ids = batch.queries.iter().map(|query| query.id.to_string()).collect();
        self.calls.lock().unwrap().push((second, batch.region.clone(), ids));
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

const HANGS: u32 = u32::MAX;

/// Collects from 13:57:`second`, and gives the calls, and each reading.
async fn collected(
    config: &Config,
    start: Timestamp,
    answer: impl Fn(u64, &Batch) -> Answer + Sync,
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
fn all_but(batch: &Batch, missing: &[QueryId]) -> Answer {
    let queries = batch.queries.iter().filter(|query| !missing.contains(&query.id));
    let empty = missing.iter().map(|id| (id.clone(), series(&[])));
    Answer {
        series: queries
            .map(|query| (query.id.clone(), series(&[("13:54", 5.0)])))
            .chain(empty.filter(|(id, _)| batch.queries.iter().any(|query| query.id == *id)))
            .collect(),
        ..Answer::default()
    }
}

fn stop(cause: Cause) -> Answer {
    let detail = "why".into();
    Answer {
        stopped: Some(Stop { cause, detail }),
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
        collected(&three_targets(), as_of(), |_, batch| all_but(batch, &[id(0, 1)])).await;
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
        let late = if second < 30 { vec![id(0, 1)] } else { vec![] };
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
            series: [(id(0, 0), series(&[(time, 1.0)]))].into(),
            ..Answer::default()
        })
        .await;
        assert_eq!(calls.len(), 1, "{time}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_true_zero_is_not_asked_for_again() {
    let config = one_section(vec![hidden(metric("alive"), "alive"), sparse(metric("rare"), "alive")]);
    let (calls, readings, _) = collected(&config, as_of(), |_, batch| all_but(batch, &[id(0, 1)])).await;
    assert_eq!(calls.len(), 1);
    assert!(matches!(readings[1].provenance, Provenance::TrueZero { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_expression_is_asked_for_with_its_inputs() {
    let config = one_section(vec![hidden(metric("a"), "a"), metric("b"), expression("twice", "2*a")]);
    let (calls, ..) = collected(&config, as_of(), |_, batch| all_but(batch, &[id(0, 2)])).await;
    assert_eq!(calls[1], call(10, "us-east-1", &["s0_m0", "s0_m2"]));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_or_a_mistake_is_not_repeated() {
    for cause in [Cause::Denied, Cause::WrongAccount, Cause::Invalid] {
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
    for cause in [Cause::Throttled, Cause::Unavailable] {
        let (calls, readings, _) = collected(&three_targets(), as_of(), |second, batch| {
            if batch.region == "eu-west-1" && second == 0 {
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
            series: [(id(0, 0), series(&[("13:54", 1.0)]))].into(),
            ..stop(Cause::Unavailable)
        },
        _ => all_but(batch, &[]),
    })
    .await;
    assert_eq!(calls[1], call(10, "us-east-1", &["s0_m1"]));
    assert_eq!((readings[0].value, readings[1].value), (1.0, 5.0));
}

#[tokio::test(start_paused = true)]
async fn no_retry_starts_after_the_deadline() {
    let config = one_section(vec![metric("a")]);
    let at_second = |time| {
        let config = config.clone();
        async move {
            let (calls, ..) = collected(&config, at(time), |_, batch| all_but(batch, &[id(0, 0)])).await;
            calls.iter().map(|(second, ..)| *second).collect::<Vec<_>>()
        }
    };
    // waiting ends at 13:59:30
    assert_eq!(at_second("13:58:20").await, [0, 10, 30, 70]);
    assert_eq!(at_second("13:58:21").await, [0, 10, 30]);
    assert_eq!(at_second("13:59:21").await, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_hangs_is_cut_off_at_the_deadline() {
    let config = one_section(vec![metric("a"), metric("b")]);
    let (_, readings, collected) = collected(&config, as_of(), |second, batch| match second {
        0 => all_but(batch, &[id(0, 1)]),
        _ => Answer {
            calls: HANGS,
            ..Answer::default()
        },
    })
    .await;
    assert_eq!(collected.retries, 1);
    assert_eq!(readings[0].value, 5.0);
    assert!(matches!(
        &readings[1].provenance,
        Provenance::Missing { reason: Reason::Unavailable(why), .. } if why.contains("due")
    ));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_starts_late_does_not_wait_for_data_but_repeats_what_failed() {
    // as of 13:20, so that the deadline is not what ends it
    let config = one_section(vec![metric("a")]);
    let plan = Plan::new(&config, at("13:20:00"), None).unwrap();
    for (start, failing, expected) in [("13:30:00", false, 4), ("13:30:01", false, 1), ("13:30:01", true, 4)] {
        let source = Fake {
            answer: |_, batch: &Batch| {
                if failing {
                    stop(Cause::Throttled)
                } else {
                    all_but(batch, &[id(0, 0)])
                }
            },
            started: Instant::now(),
            calls: Mutex::default(),
        };
        let clock = Clock::starting_at(at(start));
        collect(
            &config,
            &plan,
            &source,
            &clock,
            Deadlines::new(&config, plan.as_of, at(start), None),
            &|_| {},
        )
        .await;
        assert_eq!(source.calls.into_inner().unwrap().len(), expected, "{start} {failing}");
    }
}

#[test]
fn late_data_are_waited_for_until_the_full_hour_and_failures_until_the_retries_are_over() {
    let config = three_targets();
    let deadlines = |as_of, start, time_over| {
        let Deadlines { late, failed, .. } = Deadlines::new(&config, at(as_of), at(start), time_over);
        (late, failed)
    };
    let same = |time| (at(time), at(time));
    assert_eq!(deadlines("13:57:00", "13:57:02", None), same("13:59:30"));
    assert_eq!(
        deadlines("13:57:00", "13:57:02", Some(at("13:59:40"))),
        same("13:59:10")
    );
    assert_eq!(
        deadlines("13:57:00", "13:57:02", Some(at("14:30:00"))),
        same("13:59:30")
    );
    assert_eq!(deadlines("14:00:00", "14:00:00", None), same("14:59:30"));
    // 10, 20 and 40 s, and 30 s for the calls
    assert_eq!(
        deadlines("13:57:00", "13:59:20", None),
        (at("13:59:30"), at("14:01:00"))
    );
    // nobody waits for an old hour, and its late data had their time
    assert_eq!(
        deadlines("09:57:00", "13:00:00", None),
        (at("13:00:00"), at("13:01:40"))
    );
    assert_eq!(
        deadlines("09:57:00", "13:00:00", Some(at("13:02:00"))),
        (at("13:00:00"), at("13:01:30"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_hour_that_is_run_later_gets_its_retries_for_what_failed() {
    let failing = |second: u64| if second < 30 { Some(Status::InternalError) } else { None };
    let config = one_section(vec![metric("a"), metric("b")]);
    let (calls, readings, _) = collected(&config, at("16:00:00"), |second, batch| {
        let mut answer = all_but(batch, &[id(0, 1)]);
        if let (Some(status), Some(series)) = (failing(second), answer.series.get_mut(&id(0, 0))) {
            series.status = status;
            series.points.clear();
        }
        answer
    })
    .await;
    // b has no data: it had its time
    assert_eq!(
        calls[1..],
        [call(10, "us-east-1", &["s0_m0"]), call(30, "us-east-1", &["s0_m0"])]
    );
    assert!(matches!(readings[0].provenance, Provenance::Settled(_)));
    assert_eq!(readings[1].tries, 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_liveness_metric_is_asked_for_again_with_its_metric() {
    let config = one_section(vec![hidden(metric("alive"), "alive"), sparse(metric("rare"), "alive")]);
    let (calls, readings, _) = collected(&config, as_of(), |second, _| Answer {
        series: BTreeMap::from([
            (id(0, 0), series(&[(if second < 10 { "13:53" } else { "13:54" }, 1.0)])),
            (id(0, 1), series(&[])),
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

#[tokio::test(start_paused = true)]
async fn a_quiet_night_is_not_waited_for() {
    let config = one_section(vec![
        hidden(sum("requests"), "requests"),
        idle(metric("latency"), "requests"),
    ]);
    let (calls, readings, _) = collected(&config, as_of(), |_, _| Answer {
        series: BTreeMap::from([(id(0, 0), series(&[("13:54", 0.0)])), (id(0, 1), series(&[]))]),
        ..Answer::default()
    })
    .await;
    assert_eq!(calls.len(), 1);
    assert!(matches!(readings[1].provenance, Provenance::Idle { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_cloudwatch_says_of_a_request_is_kept_with_the_metrics_that_it_asked_for() {
    let config = one_section(vec![metric("a"), metric("b")]);
    let (_, _, collected) = collected(&config, as_of(), |second, batch| Answer {
        messages: vec![format!("Code: after {second} s")],
        ..all_but(batch, &[id(0, 1)][usize::from(second > 0)..])
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
        answer: |_, batch: &Batch| all_but(batch, &[id(0, 1)]),
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

#[test]
fn the_first_answer_is_waited_for_as_long_as_the_function_can_still_post() {
    let config = three_targets();
    for (now, time_over, expected) in [
        // a good start: until the deadline
        ("13:57:00", None, "13:59:30"),
        ("13:57:00", Some("14:12:00"), "13:59:30"),
        // a late one: as long as what has failed is asked for again
        ("13:59:20", None, "14:01:00"),
        ("14:30:00", Some("14:33:00"), "14:31:40"),
        // the function is stopped before
        ("13:57:00", Some("13:58:30"), "13:58:00"),
        ("14:30:00", Some("14:30:50"), "14:30:25"),
        ("14:30:00", Some("14:30:20"), "14:30:10"),
        ("14:30:00", Some("14:30:00"), "14:30:00"),
        ("14:30:00", Some("14:29:59"), "14:30:00"),
    ] {
        let ends = Deadlines::new(&config, as_of(), at(now), time_over.map(at)).first_answer;
        assert_eq!(ends, at(expected), "{now} {time_over:?}");
    }
    let without_retries = Config {
        retry_delays: Vec::new(),
        ..config
    };
    let ends = Deadlines::new(&without_retries, as_of(), at("14:30:00"), None).first_answer;
    assert_eq!(ends, at("14:30:30"));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_source_leaves_a_short_function_time_to_post() {
    let config = one_section(vec![metric("a")]);
    let plan = Plan::new(&config, as_of(), None).unwrap();
    let source = Fake {
        answer: |_, _: &Batch| Answer {
            calls: HANGS,
            ..Answer::default()
        },
        started: Instant::now(),
        calls: Mutex::default(),
    };
    let clock = Clock::starting_at(at("13:57:00"));
    let deadlines = Deadlines::new(&config, as_of(), clock.now(), Some(at("13:57:20")));
    let collected = collect(&config, &plan, &source, &clock, deadlines, &|_| {}).await;
    assert_eq!((source.started.elapsed().as_secs(), collected.calls), (10, 1));
}

#[tokio::test(start_paused = true)]
async fn what_cloudwatch_says_is_one_short_line_of_the_log() {
    let config = one_section(vec![metric("a")]);
    listen(|metadata| metadata.target().contains("collect"));
    let message = format!("Code: first\n{{\"_aws\": 1}}\u{202e}{}", "x".repeat(3_000_000));
    let start = at("13:57:00");
    collected(&config, start, move |_, batch| Answer {
        messages: vec![message.clone()],
        ..all_but(batch, &[])
    })
    .await;
    let heard = heard();
    let lines: Vec<_> = heard.lines().filter(|line| line.contains("says")).collect();
    assert_eq!(lines.len(), 1, "{heard:.2000}");
    assert!(
        lines[0].len() < 500 && lines[0].contains("CloudWatch says"),
        "{heard:.2000}"
    );
    assert!(
        lines[0].contains("said=\"Code: first {") && lines[0].contains("[U+202E]xxx"),
        "{heard:.2000}"
    );
    assert!(!heard.lines().any(|line| line.starts_with('{')), "{heard:.2000}");
}
