//! What limits waiting, and what is kept of a log line.

use testkit::log_capture;

use super::*;

#[tokio::test(start_paused = true)]
async fn no_retry_starts_after_the_deadline() {
    let config = one_section(vec![metric("a")]);
    let at_second = |time| {
        let config = config.clone();
        async move {
            let (calls, ..) = collected(&config, at(time), |_, batch| all_but(batch, &[place(0, 0)])).await;
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
        0 => all_but(batch, &[place(0, 1)]),
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
                    stop(ErrorKind::Throttled)
                } else {
                    all_but(batch, &[place(0, 0)])
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
        let mut answer = all_but(batch, &[place(0, 1)]);
        if let (Some(status), Some(series)) = (failing(second), answer.series.get_mut(&place(0, 0))) {
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
    log_capture::start(|metadata| metadata.target().contains("collect"));
    let message = format!("Code: first\n{{\"_aws\": 1}}\u{202e}{}", "x".repeat(3_000_000));
    let start = at("13:57:00");
    collected(&config, start, move |_, batch| Answer {
        messages: vec![message.clone()],
        ..all_but(batch, &[])
    })
    .await;
    let log = log_capture::take();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("says")).collect();
    assert_eq!(lines.len(), 1, "{log:.2000}");
    assert!(
        lines[0].len() < 500 && lines[0].contains("CloudWatch says"),
        "{log:.2000}"
    );
    assert!(
        lines[0].contains("said=\"Code: first {") && lines[0].contains("[U+202E]xxx"),
        "{log:.2000}"
    );
    assert!(!log.lines().any(|line| line.starts_with('{')), "{log:.2000}");
}
