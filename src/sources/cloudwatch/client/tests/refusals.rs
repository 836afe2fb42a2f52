//! What goes wrong, and whose move it is.

use super::*;

/// The batch without its expression.
fn statistics() -> Batch {
    let batch = batch();
    batch.with(batch.queries[..2].to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn refusals_say_whose_move_it_is() {
    let place = "metrics of account 222222222222 in eu-west-1";
    let table = [
        (
            400,
            "Throttling",
            ErrorKind::Throttled,
            format!("{place} could not be read (Throttling)"),
            2,
        ),
        (
            503,
            "RequestLimitExceeded",
            ErrorKind::Throttled,
            format!("{place} could not be read (RequestLimitExceeded)"),
            2,
        ),
        (
            403,
            "AccessDenied",
            ErrorKind::Denied,
            format!("{place} may not be read (AccessDenied)"),
            1,
        ),
        (
            400,
            "ValidationError",
            ErrorKind::Invalid,
            format!("{place} could not be read (ValidationError: no)"),
            1,
        ),
        (
            400,
            "MissingParameter",
            ErrorKind::Invalid,
            format!("{place} could not be read (MissingParameter: no)"),
            1,
        ),
        (
            500,
            "InternalServiceFault",
            ErrorKind::Unavailable,
            format!("{place} could not be read (InternalServiceFault)"),
            2,
        ),
    ];
    for (status, code, cause, detail, calls) in table {
        let rule = mock!(Client::get_metric_data)
            .sequence()
            .http_response(error(status, code))
            .times(2)
            .build();
        let answer = run(&[&rule]).read(&statistics()).await;
        assert_eq!(stop_of(&answer), (cause, detail.as_str()));
        assert_eq!(answer.calls, calls, "{code}");
        assert!(answer.series.is_empty());
    }
}

#[tokio::test]
async fn worn_out_credentials_are_assumed_anew() {
    let rule = mock!(Client::get_metric_data)
        .sequence()
        .http_response(error(403, "ExpiredToken"))
        .output(|| page([], None))
        .build();
    let sts = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .output(|| testing::assumed("222222222222"))
        .times(2)
        .build();
    let run = run_with_sts(&[&rule], &sts);
    assert_eq!(
        stop_of(&run.read(&batch()).await),
        (
            ErrorKind::Unavailable,
            "the credentials for metrics of account 222222222222 in eu-west-1 stopped working (ExpiredToken)"
        )
    );
    assert_eq!(run.read(&batch()).await.stopped, None);
    assert_eq!(sts.num_calls(), 2);
}

#[tokio::test]
async fn without_credentials_cloudwatch_is_not_asked() {
    let rule = mock!(Client::get_metric_data).then_output(|| page([], None));
    let denied = mock!(aws_sdk_sts::Client::assume_role)
        .sequence()
        .http_status(403, None)
        .build();
    let answer = run_with_sts(&[&rule], &denied).read(&batch()).await;
    assert_eq!(stop_of(&answer).0, ErrorKind::Denied);
    let other = mock!(aws_sdk_sts::Client::assume_role).then_output(|| testing::assumed("333333333333"));
    let answer = run_with_sts(&[&rule], &other).read(&batch()).await;
    assert_eq!(stop_of(&answer).0, ErrorKind::WrongAccount);
    assert_eq!((answer.calls, rule.num_calls()), (0, 0));
}
