//! Publishing to SNS: to a stand-in that refuses what SNS refuses.

mod subscribers;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use hourly_update::{
    clock::Clock,
    delivery::{
        destination::Post,
        key::Key,
        outcome::{Outcome, PostError, Side},
        retry::Limits,
    },
    destinations::Spec,
    destinations::sns::message::Publication,
    update::{
        Coverage, SectionUpdate, Update,
        message::{Mark, Message},
    },
};
use testkit::{
    inbox::{Fault, Inbox, Reply, Request},
    sns::{FIFO, MESSAGE_ID, TOPIC, error, rules},
};
use tokio::time::{Instant, timeout};

use crate::worlds::{opening::Opener, place, secrets::MemorySecrets};

/// An update of one section that could not be read; `notes` tell why.
fn update(notes: Vec<String>) -> Update {
    Update {
        report: "hourly-metrics".into(),
        as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
        sections: vec![SectionUpdate {
            title: "Größe <core> *1* 🔥".into(),
            place: place().into(),
            latest: None,
            coverage: Coverage::Nothing,
            note: Some(1),
            lines: Vec::new(),
        }],
        notes,
        has_single_section: false,
        restricted: false,
        all_sections: 0,
        dashboard: Some("https://example.com/dashboard".parse().unwrap()),
    }
}

fn messages() -> [Message; 2] {
    let update = update(vec!["not read: \"quoted\" \\ and so on".into()]);
    [None, Some(Mark::Repeated)].map(|mark| hourly_update::destinations::sns::message::render(&update, mark))
}

fn post([message, repeated]: [Message; 2]) -> Post {
    Post {
        key: Key {
            report: "hourly-metrics".into(),
            as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
            destination: "mails".into(),
            request: None,
        },
        message,
        repeated,
        until: Instant::now() + Duration::from_secs(60),
    }
}

fn config(topic: &str) -> hourly_update::destinations::sns::config::Sns {
    hourly_update::destinations::sns::config::Sns {
        topic: topic.into(),
        region: "eu-west-1".into(),
    }
}

/// Set up as the function's clients are, but for the time that an answer may take. The region is another one.
fn sdk(inbox: &Inbox) -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(500))
        .build();
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::from_static("us-east-1"))
        .endpoint_url(inbox.url(""))
        .timeout_config(limits)
        .build()
}

async fn publish(inbox: &Inbox, topic: &str, messages: [Message; 2]) -> Outcome {
    let limits = Limits {
        after_fault: [Duration::from_millis(5); 3],
        ..Limits::USUAL
    };
    let opener = Opener::with_aws(sdk(inbox));
    let clock = Clock::starting_at(jiff::Timestamp::UNIX_EPOCH);
    config(topic)
        .open("mails", opener.clients(&MemorySecrets::default(), clock, limits))
        .post(&post(messages))
        .await
}

async fn failure(inbox: &Inbox, topic: &str, messages: [Message; 2]) -> PostError {
    match publish(inbox, topic, messages).await {
        Outcome::Failed(error) => error,
        outcome => panic!("{outcome:?}"),
    }
}

fn posted(repeated: bool) -> Outcome {
    Outcome::Posted {
        id: Some(MESSAGE_ID.into()),
        repeated,
    }
}

#[tokio::test]
async fn what_is_rendered_is_taken_by_topics_of_both_kinds() {
    let inbox = Inbox::start(rules).await;
    for topic in [TOPIC, FIFO] {
        assert_eq!(publish(&inbox, topic, messages()).await, posted(false), "{topic}");
    }
    let long = (0..3_000).map(|index| format!("not read: {index} \"{}\"", "\\\u{1}é🔥".repeat(60)));
    let long = [None, Some(Mark::Repeated)]
        .map(|mark| hourly_update::destinations::sns::message::render(&update(long.clone().collect()), mark));
    assert_eq!(publish(&inbox, TOPIC, long).await, posted(false));
    let sizes: Vec<_> = inbox.requests().iter().map(|it| it.form()["Message"].len()).collect();
    assert!((200_000..262_144).contains(&sizes[2]), "{sizes:?}");
}

#[tokio::test]
async fn the_stand_in_refuses_what_sns_refuses() {
    let inbox = Inbox::start(rules).await;
    let whole = Publication::of(&messages()[0]).unwrap();
    let changed = |change: &dyn Fn(&mut Publication)| {
        let mut publication = whole.clone();
        change(&mut publication);
        let body = serde_json::to_string(&publication).unwrap();
        messages().map(|message| Message {
            body: body.clone(),
            ..message
        })
    };
    let bad: [&dyn Fn(&mut Publication); 9] = [
        &|it| it.subject = "x".repeat(100),
        &|it| it.subject = "two\nlines".into(),
        &|it| it.subject = " spaced".into(),
        &|it| it.default.clear(),
        &|it| it.default = "x".repeat(262_144),
        &|it| it.https["source"] = "aws.cloudwatch".into(),
        &|it| it.https["content"]["description"] = "x".repeat(8_001).into(),
        &|it| it.https["content"]["title"] = "x".repeat(251).into(),
        &|it| it.https["content"]["tilte"] = "x".into(),
    ];
    for (index, change) in bad.into_iter().enumerate() {
        let error = failure(&inbox, TOPIC, changed(change)).await;
        assert_eq!(error.whose_move, Side::Ours, "{index}: {error}");
    }
    let nowhere = "arn:aws:sns:eu-west-1:111122223333:another";
    let error = failure(&inbox, nowhere, messages()).await;
    assert_eq!(error.text, "SNS: there is no such topic (NotFound)");
    assert!(inbox.taken().is_empty());
    let requests = inbox.requests();
    assert_eq!(requests.len(), 10, "none was sent again");
}

#[tokio::test]
async fn an_unknown_outcome_is_repeated_once_and_marked() {
    for (lost, taken) in [
        (Fault::ServeAndHang, 2),
        (Fault::ServeAndReset, 2),
        (Fault::Hang, 1),
        (Fault::Answer(Reply::new(502, "")), 1),
    ] {
        let inbox = Inbox::start(rules).await;
        inbox.fail_next(lost.clone());
        assert_eq!(publish(&inbox, FIFO, messages()).await, posted(true), "{lost:?}");
        let requests = inbox.requests();
        assert_eq!((requests.len(), inbox.taken().len()), (2, taken), "{lost:?}");
        let [first, second] = [&requests[0], &requests[1]].map(Request::form);
        assert!(!first["Message"].contains("(repeated)") && second["Message"].contains("(repeated)"));
        // A FIFO topic drops the second one.
        assert_eq!(first["MessageDeduplicationId"], second["MessageDeduplicationId"]);

        let inbox = Inbox::start(rules).await;
        (0..3).for_each(|_| inbox.fail_next(lost.clone()));
        let error = failure(&inbox, TOPIC, messages()).await;
        assert_eq!(
            (error.whose_move, error.may_have_arrived),
            (Side::Service, true),
            "{error}"
        );
        assert!(error.text.ends_with("the message may have got there"), "{error}");
        assert_eq!(inbox.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_refused_connection_is_known_to_have_sent_nothing() {
    let inbox = Inbox::start(rules).await;
    let sdk = sdk(&inbox);
    drop(inbox);
    let opener = Opener::with_aws(sdk);
    let (secrets, config) = (MemorySecrets::default(), config(TOPIC));
    let clients = opener.clients(&secrets, Clock::starting_at(jiff::Timestamp::UNIX_EPOCH), Limits::USUAL);
    let topic = config.open("mails", clients);
    let until = Instant::now() + Duration::from_millis(500);
    let post = Post {
        until,
        ..post(messages())
    };
    let Outcome::Failed(error) = topic.post(&post).await else {
        panic!("nobody listens");
    };
    assert_eq!(
        (error.whose_move, error.may_have_arrived),
        (Side::Service, false),
        "{error}"
    );
}

#[tokio::test]
async fn time_is_kept_and_nothing_of_a_refusal_is_repeated() {
    let inbox = Inbox::start(rules).await;
    (0..9).for_each(|_| inbox.fail_next(Fault::Answer(error(500, "InternalError"))));
    let opener = Opener::with_aws(sdk(&inbox));
    let (secrets, config) = (MemorySecrets::default(), config(TOPIC));
    let clients = opener.clients(&secrets, Clock::starting_at(jiff::Timestamp::UNIX_EPOCH), Limits::USUAL);
    let topic = config.open("mails", clients);
    let post = Post {
        until: Instant::now() + Duration::from_millis(1500),
        ..post(messages())
    };
    let outcome = timeout(Duration::from_secs(3), topic.post(&post)).await.unwrap();
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(error.text.starts_with("SNS: there is no time left"), "{error}");
    assert!(!error.text.contains("hunter2"), "{error}");
}
