use aws_sdk_sns::operation::publish::{PublishInput, PublishOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::{
    delivery::outcome::PostError,
    update::message::{Format, Message},
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:hourly";

/// A topic in front of an SNS that follows `rule`.
fn topic(arn: &str, rule: &Rule) -> Topic {
    let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [rule], |config| config
        .retry_config(RetryConfig::disabled()));
    let config = Sns {
        topic: arn.into(),
        region: "eu-west-1".into(),
    };
    Topic::with("mails".into(), config, client)
}

fn message(text: &str) -> Message {
    let publication = Publication {
        subject: "Hourly".into(),
        default: text.into(),
        https: serde_json::Map::new(),
    };
    Message {
        format: Format::Json,
        body: serde_json::to_string(&publication).unwrap(),
    }
}

fn post() -> Post {
    Post {
        key: Key {
            report: "hourly-metrics".into(),
            as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
            destination: "mails".into(),
            request: None,
        },
        message: message("first"),
        repeated: message("(repeated)"),
        until: Instant::now() + Duration::from_secs(45),
    }
}

fn published() -> PublishOutput {
    PublishOutput::builder().message_id("0f7e2f5c").build()
}

/// Refuses with this code, whose text repeats what was sent.
fn refusing(status: u16, code: &str) -> (u16, Option<String>) {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>about hunter2</Message>");
    let body = format!("<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>");
    (status, Some(body))
}

fn posted(repeated: bool) -> Outcome {
    Outcome::Posted {
        id: Some("0f7e2f5c".into()),
        repeated,
    }
}

async fn failure(topic: &Topic, post: &Post) -> PostError {
    match topic.post(post).await {
        Outcome::Failed(error) => error,
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn one_publish_has_a_subject_and_a_text_for_each_protocol() {
    let expected = |request: &PublishInput| {
        request.topic_arn() == Some(TOPIC)
            && request.subject() == Some("Hourly")
            && request.message_structure() == Some("json")
            && request.message() == Some(&Publication::of(&message("first")).unwrap().message(&post().key.id()))
            && request.message_group_id().is_none()
            && request.message_deduplication_id().is_none()
    };
    let rule = mock!(Client::publish).match_requests(expected).then_output(published);
    assert_eq!(topic(TOPIC, &rule).post(&post()).await, posted(false));
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn a_fifo_topic_is_told_what_makes_it_the_same_message() {
    let expected = |request: &PublishInput| {
        request.message_group_id() == Some("hourly-metrics")
            && request.message_deduplication_id() == Some(&post().key.id())
    };
    let rule = mock!(Client::publish).match_requests(expected).then_output(published);
    let fifo = format!("{TOPIC}.fifo");
    assert_eq!(topic(&fifo, &rule).post(&post()).await, posted(false));
}

#[tokio::test(start_paused = true)]
async fn each_refusal_says_whose_move_it_is_and_is_not_repeated() {
    let mut told = String::new();
    for (status, code) in [
        (403, "AuthorizationError"),
        (403, "AccessDenied"),
        (403, "InvalidSecurity"),
        (403, "InvalidClientTokenId"),
        (403, "SignatureDoesNotMatch"),
        (404, "NotFound"),
        (400, "InvalidParameter"),
        (400, "ParameterValueInvalid"),
        (400, "ValidationException"),
        (400, "EndpointDisabled"),
        (400, "KMSAccessDenied"),
        (400, "KMSDisabled"),
        (400, "KMSInvalidState"),
        (400, "KMSNotFound"),
        (403, "KMSOptInRequired"),
        (413, "RequestEntityTooLarge"),
    ] {
        let (status, body) = refusing(status, code);
        let rule = mock!(Client::publish).sequence().http_status(status, body).build();
        let error = failure(&topic(TOPIC, &rule), &post()).await;
        assert!(!error.may_have_arrived, "{error:?}");
        assert_eq!(rule.num_calls(), 1);
        told += &format!("{status} {code}\n  {:?}: {error}\n", error.whose_move);
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_waited_for() {
    for (status, code) in [
        (400, "Throttling"),
        (400, "KMSThrottling"),
        (429, "ThrottledException"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (400, "RequestTimeout"),
    ] {
        let (status, body) = refusing(status, code);
        let rule = mock!(Client::publish)
            .sequence()
            .http_status(status, body.clone())
            .output(published)
            .build();
        assert_eq!(topic(TOPIC, &rule).post(&post()).await, posted(false), "{code}");
        assert_eq!(rule.num_calls(), 2);

        let rule = mock!(Client::publish)
            .sequence()
            .http_status(status, body)
            .times(9)
            .build();
        let error = failure(&topic(TOPIC, &rule), &post()).await;
        assert_eq!(
            (error.whose_move, error.may_have_arrived),
            (Side::Service, false),
            "{code}"
        );
        assert!(error.text.contains(code) && !error.text.contains("hunter2"), "{error}");
        assert!((3..=4).contains(&rule.num_calls()), "{code}: {}", rule.num_calls());
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_gateway_may_have_passed_on_is_repeated_once_and_marked() {
    let expected = |request: &PublishInput| request.message().unwrap().contains("(repeated)");
    let lost = mock!(Client::publish)
        .match_requests(move |request| !expected(request))
        .sequence()
        .http_status(504, None)
        .build();
    let again = mock!(Client::publish).match_requests(expected).then_output(published);
    let client = mock_client!(aws_sdk_sns, RuleMode::Sequential, [&lost, &again], |config| config
        .retry_config(RetryConfig::disabled()));
    let config = topic(TOPIC, &lost).config;
    let topic = Topic::with("mails".into(), config, client);
    assert_eq!(topic.post(&post()).await, posted(true));
}

#[tokio::test]
async fn a_taken_message_without_its_id_is_never_sent_again() {
    let rule = mock!(Client::publish)
        .sequence()
        .http_status(200, Some("<html>".into()))
        .build();
    let outcome = topic(TOPIC, &rule).post(&post()).await;
    assert_eq!(
        outcome,
        Outcome::Posted {
            id: None,
            repeated: false
        }
    );
}

#[tokio::test]
async fn nothing_is_sent_without_time_or_with_a_message_of_another_kind() {
    let rule = mock!(Client::publish).then_output(published);
    let late = Post {
        until: Instant::now(),
        ..post()
    };
    let error = failure(&topic(TOPIC, &rule), &late).await;
    assert_eq!(error.text, "SNS: there is no time left");
    let mut foreign = post();
    foreign.message.body = "Healthy Hosts: 5".into();
    let error = failure(&topic(TOPIC, &rule), &foreign).await;
    assert_eq!((error.whose_move, rule.num_calls()), (Side::Ours, 0));
}

/// Without a code of AWS's own, as a gateway on the way answers.
#[tokio::test(start_paused = true)]
async fn every_bare_status_is_answered_as_the_table_says() {
    for status in 200..=599 {
        let rule = mock!(Client::publish)
            .sequence()
            .http_status(status, None)
            .times(8)
            .build();
        let outcome = topic(TOPIC, &rule).post(&post()).await;
        let tries = match status {
            502 | 504 => 2,
            429 => 3, // a fourth would be too late
            408 | 425 | 500..=599 => 4,
            _ => 1,
        };
        assert_eq!(rule.num_calls(), tries, "{status} {outcome:?}");
        assert_eq!(
            matches!(outcome, Outcome::Posted { .. }),
            status < 300,
            "{status} {outcome:?}"
        );
    }
}
