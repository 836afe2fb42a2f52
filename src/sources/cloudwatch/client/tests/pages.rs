//! What is asked for, and what an answer's pages come to.

use super::*;

#[tokio::test]
async fn asks_for_exactly_what_the_batch_says() {
    let rule = mock!(Client::get_metric_data)
        .match_requests(|request: &GetMetricDataInput| {
            let queries = request.metric_data_queries();
            let stat = queries[1].metric_stat().unwrap();
            let dimensions: Vec<_> = stat
                .metric()
                .unwrap()
                .dimensions()
                .iter()
                .map(|d| (d.name(), d.value()))
                .collect();
            assert_eq!(request.start_time().unwrap().secs(), at("12:00").as_second());
            assert_eq!(request.end_time().unwrap().secs(), at("13:57").as_second());
            assert_eq!(request.scan_by(), Some(&ScanBy::TimestampDescending));
            assert_eq!(request.next_token(), None);
            assert_eq!(
                queries.iter().map(|query| query.id().unwrap()).collect::<Vec<_>>(),
                ["s0_m0", "s0_m1", "s0_m2"]
            );
            assert!(
                queries
                    .iter()
                    .all(|query| query.return_data() == Some(true) && query.account_id().is_none())
            );
            assert_eq!(stat.metric().unwrap().namespace(), Some("AWS/ApplicationELB"));
            assert_eq!(stat.metric().unwrap().metric_name(), Some("TargetResponseTime"));
            assert_eq!(
                (stat.stat(), stat.period(), stat.unit()),
                (Some("p99"), Some(300), None)
            );
            assert_eq!(
                dimensions,
                [
                    (Some("LoadBalancer"), Some("app/core/1")),
                    (Some("TargetGroup"), Some("targetgroup/api/2")),
                ]
            );
            let expression = &queries[2];
            assert_eq!(
                (expression.expression(), expression.period()),
                (Some("s0_m0 / 2"), Some(60))
            );
            assert!(expression.metric_stat().is_none() && queries[1].expression().is_none());
            true
        })
        .then_output(|| page([], None));
    let answer = run(&[&rule]).read(&batch()).await;
    assert_eq!(
        answer,
        Answer {
            calls: 1,
            metrics_requested: 3,
            ..Answer::default()
        }
    );
}

#[tokio::test]
async fn merges_three_pages_by_id() {
    let first = mock!(Client::get_metric_data)
        .match_requests(|request| request.next_token().is_none())
        .then_output(|| {
            page(
                [result(0, StatusCode::PartialData, &[("13:56", 5.0), ("13:55", 4.0)])],
                Some("two"),
            )
        });
    let second = mock!(Client::get_metric_data)
        .match_requests(|request| request.next_token() == Some("two"))
        .then_output(|| {
            let results = [
                result(0, StatusCode::Complete, &[("13:54", 3.0)]),
                result(1, StatusCode::PartialData, &[("13:50", 0.25)]),
            ];
            page(results, Some("three"))
        });
    let third = mock!(Client::get_metric_data)
        .match_requests(|request| request.next_token() == Some("three"))
        .then_output(|| page([result(2, StatusCode::Complete, &[("13:54", 1.5)])], Some("")));
    let answer = run(&[&first, &second, &third]).read(&batch()).await;

    assert_eq!((answer.stopped, answer.calls), (None, 3));
    assert_eq!(
        points(&answer.series[&place(0)]),
        [(at("13:54"), 3.0), (at("13:55"), 4.0), (at("13:56"), 5.0)]
    );
    let statuses = [0, 1, 2].map(|metric| answer.series[&place(metric)].status);
    assert_eq!(statuses, [Status::Complete, Status::Partial, Status::Complete]);
    assert_eq!(answer.series[&place(0)].labels, BTreeSet::from(["label 0".to_owned()]));
}

#[tokio::test]
async fn an_internal_error_may_be_complete_next_time() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([result(0, StatusCode::InternalError, &[])], None))
        .output(|| page([result(0, StatusCode::Complete, &[("13:54", 5.0)])], None))
        .build();
    let run = run(&[&rule]);
    let (first, second) = (run.read(&batch()).await, run.read(&batch()).await);
    assert_eq!(first.series[&place(0)].status, Status::InternalError);
    assert_eq!(second.series[&place(0)].status, Status::Complete);
    assert_eq!(points(&second.series[&place(0)]), [(at("13:54"), 5.0)]);
    assert_eq!((first.calls, second.calls), (1, 1), "each read counts its own requests");
}

#[tokio::test]
async fn one_forbidden_metric_leaves_the_others() {
    let rule = mock!(Client::get_metric_data).then_output(|| {
        let message = MessageData::builder().code("Forbidden").value("not this one").build();
        let mut forbidden = result(1, StatusCode::Forbidden, &[]);
        forbidden.messages = Some(vec![message.clone()]);
        let mut page = page([result(0, StatusCode::Complete, &[("13:54", 5.0)]), forbidden], None);
        page.messages = Some(vec![message.clone(), message]);
        page
    });
    let answer = run(&[&rule]).read(&batch()).await;
    assert_eq!(answer.stopped, None);
    assert_eq!(answer.series[&place(0)].status, Status::Complete);
    assert_eq!(answer.series[&place(1)].status, Status::Forbidden);
    assert_eq!(answer.series[&place(1)].messages, ["Forbidden: not this one"]);
    assert_eq!(answer.messages, ["Forbidden: not this one"]);
    assert!(!answer.series.contains_key(&place(2)), "nothing was said of it");
}

#[tokio::test]
async fn a_repeated_token_ends_the_reading() {
    for tokens in [["one", "one", "one"], ["one", "two", "one"]] {
        let [first, second, third] = tokens;
        let rule = mock!(Client::get_metric_data)
            .sequence()
            .output(move || page([result(0, StatusCode::PartialData, &[("13:54", 5.0)])], Some(first)))
            .output(move || page([], Some(second)))
            .output(move || page([], Some(third)))
            .build();
        let answer = run(&[&rule]).read(&batch()).await;
        assert_eq!(
            stop_of(&answer),
            (
                ErrorKind::Unavailable,
                "CloudWatch sent a page of account 222222222222 in eu-west-1 twice instead of the next one"
            )
        );
        assert_eq!(points(&answer.series[&place(0)]), [(at("13:54"), 5.0)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_third_page_keeps_the_first_two() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .output(|| page([result(0, StatusCode::Complete, &[("13:54", 5.0)])], Some("two")))
        .output(|| page([result(1, StatusCode::PartialData, &[("13:50", 0.25)])], Some("three")))
        .http_status(503, None)
        .times(2)
        .build();
    let answer = run(&[&rule]).read(&batch()).await;
    assert_eq!(
        stop_of(&answer),
        (
            ErrorKind::Unavailable,
            "metrics of account 222222222222 in eu-west-1 could not be read (HTTP 503)"
        )
    );
    assert_eq!(answer.series.len(), 2);
    assert_eq!(answer.calls, 4, "the SDK's second attempt counts");
}

#[tokio::test]
async fn what_cannot_be_right_is_left_out_and_said() {
    let rule = mock!(Client::get_metric_data).then_output(|| {
        let strays = [
            ("13:54", 5.0),
            ("13:53", f64::NAN),
            ("13:52", f64::INFINITY),
            ("13:57", 9.0),
            ("11:59", 9.0),
        ];
        let mut unpaired = result(1, StatusCode::Complete, &[("13:50", 0.25), ("13:45", 0.5)]);
        unpaired.values = Some(vec![0.25]);
        let off_grid = result(1, StatusCode::Complete, &[("13:51", 0.25)]);
        let far = MetricDataResult::builder()
            .id("s0_m2")
            .timestamps(DateTime::from_secs(i64::MAX))
            .values(1.0)
            .build();
        let unknown = MetricDataResult::builder().id("s9_m9").build();
        page(
            [
                result(0, StatusCode::Complete, &strays),
                off_grid,
                unpaired,
                far,
                unknown,
            ],
            None,
        )
    });
    let answer = run(&[&rule]).read(&batch()).await;
    let [ends, middle, far] = [0, 1, 2].map(|metric| &answer.series[&place(metric)]);
    assert_eq!(points(ends), [(at("13:54"), 5.0)]);
    assert_eq!(ends.defects, ["2 datapoints with unexpected times were left out"]);
    assert!(middle.points.is_empty());
    assert_eq!(middle.status, Status::InternalError);
    assert_eq!(
        middle.defects,
        [
            "a datapoint with an unexpected time was left out",
            "2 times came with 1 values"
        ]
    );
    assert!(far.points.is_empty());
    assert_eq!(far.status, Status::InternalError, "no status is nothing to rely on");
    assert!(answer.messages.is_empty());
}

#[tokio::test]
async fn two_values_for_one_time_are_noticed_on_one_page_and_on_several() {
    for later_page in [false, true] {
        let first = mock!(Client::get_metric_data)
            .match_requests(|request| request.next_token().is_none())
            .then_output(move || {
                let once = result(0, StatusCode::Complete, &[("13:54", 5.0)]);
                let again = result(1, StatusCode::Complete, &[("13:50", 1.0)]);
                let other = result(0, StatusCode::Complete, &[("13:54", 9.0)]);
                match later_page {
                    true => page([once, again], Some("two")),
                    false => page([once, again.clone(), again, other], None),
                }
            });
        let second = mock!(Client::get_metric_data)
            .match_requests(|request| request.next_token().is_some())
            .then_output(|| page([result(0, StatusCode::Complete, &[("13:54", 9.0)])], None));
        let answer = run(&[&first, &second]).read(&batch()).await;
        let contradictory = [0, 1].map(|metric| answer.series[&place(metric)].contradictory);
        assert_eq!(contradictory, [true, false], "the same value twice is no contradiction");
    }
}
