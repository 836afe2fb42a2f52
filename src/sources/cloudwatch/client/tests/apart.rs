//! A request that is refused for one expression is asked for in parts.

use std::sync::{Arc, Mutex};

use super::*;

/// The ids that each request asked for: those whose datapoints it did not want in brackets.
type Asked = Arc<Mutex<Vec<String>>>;

/// Two statistics, and expressions 2 (of 0), 3 (of 2) and 4 (of 1).
fn with_expressions() -> Batch {
    let mut batch = batch();
    for (metric, text) in [(3, "m2 * 3"), (4, "m1 * 4")] {
        batch
            .queries
            .push(query(metric, Query::Expression(text.to_owned()), 60));
    }
    batch
}

/// A CloudWatch that refuses every request with one of these expressions, and what it was asked.
async fn read(refused: &'static [usize], text: &'static str, rounds: usize) -> (Vec<Answer>, Vec<String>) {
    let asked: Asked = Arc::default();
    let is_refused = |request: &GetMetricDataInput, refused: &[usize]| {
        let mut ids = request.metric_data_queries().iter().filter_map(|query| query.id());
        ids.any(|it| refused.iter().any(|metric| it == id(*metric)))
    };
    let log = Arc::clone(&asked);
    let refusing = mock!(Client::get_metric_data)
        .match_requests(move |request| {
            let refuses = is_refused(request, refused);
            if refuses {
                log.lock().unwrap().push(format!("refused {}", ids_of(request)));
            }
            refuses
        })
        .then_http_response(error_saying(400, "ValidationError", text));
    let log = Arc::clone(&asked);
    let answering = mock!(Client::get_metric_data)
        .match_requests(move |request| {
            log.lock().unwrap().push(ids_of(request));
            true
        })
        .then_compute_output(|request| {
            let wanted = request.metric_data_queries().iter();
            let wanted = wanted.filter(|query| query.return_data() == Some(true));
            let metric = |query: &aws_sdk_cloudwatch::types::MetricDataQuery| query.id().unwrap()[4..].parse().unwrap();
            page(
                wanted.map(|query| result(metric(query), StatusCode::Complete, &[])),
                None,
            )
        });
    let run = run(&[&refusing, &answering]);
    let mut answers = Vec::new();
    for _ in 0..rounds {
        answers.push(run.read(&with_expressions()).await);
    }
    let asked = asked.lock().unwrap().clone();
    (answers, asked)
}

fn ids_of(request: &GetMetricDataInput) -> String {
    let id = |query: &aws_sdk_cloudwatch::types::MetricDataQuery| match query.return_data() {
        Some(true) => query.id().unwrap()[3..].to_owned(),
        _ => format!("({})", &query.id().unwrap()[3..]),
    };
    let ids: Vec<String> = request.metric_data_queries().iter().map(id).collect();
    ids.join(" ")
}

fn answered(answer: &Answer) -> Vec<String> {
    answer.series.keys().copied().map(batch::id).collect()
}

#[tokio::test]
async fn an_expression_that_the_text_names_is_left_out_with_what_needs_it() {
    let text = "Error in expression 's0_m2': Unknown function";
    let (answers, asked) = read(&[2], text, 2).await;
    assert_eq!(
        asked,
        [
            "refused m0 m1 m2 m3 m4",
            "m0 m1",
            "(m1) m4",
            // asked for again, the batch is known without them
            "m0 m1 m4"
        ]
    );
    for answer in &answers {
        assert_eq!(answer.stopped, None);
        assert_eq!(answered(answer), ["s0_m0", "s0_m1", "s0_m4"]);
        let why = "metrics of account 222222222222 in eu-west-1 could not be read (ValidationError: \
                   Error in expression 'Line 2': Unknown function)";
        assert_eq!(
            answer.refused[&place(2)],
            ReadError {
                kind: ErrorKind::Invalid,
                detail: why.to_owned()
            }
        );
        assert_eq!(answer.refused[&place(3)].detail, format!("needs Line 2, and {why}"));
        assert_eq!(answer.refused.len(), 2);
    }
    assert_eq!((answers[0].calls, answers[0].metrics_requested), (3, 9));
}

#[tokio::test]
async fn without_a_name_no_expression_is_asked_for() {
    for text in ["no", "Error in expression 's0_m1'", "Error in expression 's9_m9'"] {
        let (answers, asked) = read(&[2], text, 2).await;
        assert_eq!(asked, ["refused m0 m1 m2 m3 m4", "m0 m1", "m0 m1"], "{text}");
        assert_eq!(answered(&answers[0]), ["s0_m0", "s0_m1"]);
        assert_eq!(answers[0].refused.len(), 3);
        assert_eq!(answers[0].refused, answers[1].refused);
    }
}

#[tokio::test]
async fn after_a_second_refusal_no_expression_is_asked_for() {
    let (answers, asked) = read(&[2, 4], "Error in expression 's0_m2'", 2).await;
    assert_eq!(asked, ["refused m0 m1 m2 m3 m4", "m0 m1", "refused (m1) m4", "m0 m1"]);
    assert_eq!(answered(&answers[0]), ["s0_m0", "s0_m1"]);
    assert_eq!(answers[0].refused.len(), 3);
}

#[tokio::test]
async fn statistics_that_are_refused_too_end_it() {
    let (answers, asked) = read(&[1], "Error in expression 's0_m2'", 1).await;
    assert_eq!(asked, ["refused m0 m1 m2 m3 m4", "refused m0 m1"]);
    assert_eq!(stop_of(&answers[0]).0, ErrorKind::Invalid);
    assert!(answers[0].series.is_empty() && answers[0].refused.is_empty());
}

#[tokio::test]
async fn a_failure_that_passes_on_the_way_is_no_refusal() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .http_response(error_saying(400, "ValidationError", "Error in expression 's0_m2'"))
        .output(|| {
            page(
                [
                    result(0, StatusCode::Complete, &[]),
                    result(1, StatusCode::Complete, &[]),
                ],
                None,
            )
        })
        .http_response(error(503, "InternalServiceFault"))
        .times(2)
        .build();
    let answer = run(&[&rule]).read(&with_expressions()).await;
    assert_eq!(stop_of(&answer).0, ErrorKind::Unavailable);
    assert_eq!(answered(&answer), ["s0_m0", "s0_m1"]);
    assert_eq!(answer.refused.len(), 2, "4 may be read at the next try");
}
