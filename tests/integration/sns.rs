//! Publishing to SNS: to a stand-in that refuses what SNS refuses, and on the local AWS to everyone who has subscribed.

use std::{sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sqs::types::QueueAttributeName;
use hourly_update::{
    aws::{self, names::AccountId},
    clock::Clock,
    delivery::{
        destination::Post,
        key::Key,
        outcome::{Outcome, PostError, Side},
        retry::Limits,
    },
    destinations::Spec,
    destinations::sns::message::Publication,
    sources::cloudwatch::{account::SourceAccount, config::Place},
    update::{
        Coverage, SectionUpdate, Update,
        message::{Mark, Message},
    },
};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    opening::Opener,
    support::{
        inbox::{Fault, Inbox, Reply},
        local_aws::LocalAws,
        secrets::MemorySecrets,
        sns::{FIFO, MESSAGE_ID, TOPIC, error, parameters, rules},
    },
};

/// CloudWatch in some account and region.
pub fn place() -> Place {
    Place {
        account: Arc::new(SourceAccount {
            name: "production".into(),
            id: AccountId::parse("111111111111").unwrap(),
            role: None,
        }),
        region: "us-east-1".into(),
    }
}

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
    let sizes: Vec<_> = inbox
        .requests()
        .iter()
        .map(|it| parameters(it)["Message"].len())
        .collect();
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
        (Fault::TakeAndHang, 2),
        (Fault::TakeAndReset, 2),
        (Fault::Hang, 1),
        (Fault::Answer(Reply::new(502, "")), 1),
    ] {
        let inbox = Inbox::start(rules).await;
        inbox.fail_next(lost.clone());
        assert_eq!(publish(&inbox, FIFO, messages()).await, posted(true), "{lost:?}");
        let requests = inbox.requests();
        assert_eq!((requests.len(), inbox.taken().len()), (2, taken), "{lost:?}");
        let [first, second] = [&requests[0], &requests[1]].map(parameters);
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

/// An account's topics, and who has subscribed: a queue, and by HTTPS.
struct Subscribed {
    aws: LocalAws,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
    queue: String,
}

const ACCOUNT: &str = "111122223333";

impl Subscribed {
    async fn new() -> Self {
        let aws = LocalAws::start().await.unwrap();
        let sdk = aws.sdk_config(aws.root_of(ACCOUNT), "eu-west-1");
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let queue = sqs.create_queue().queue_name("readers").send().await.unwrap();
        Self {
            sns: aws_sdk_sns::Client::new(&sdk),
            queue: queue.queue_url.unwrap(),
            sqs,
            aws,
        }
    }

    /// Makes a topic that the queue reads.
    async fn topic(&self, name: &str) -> String {
        let topic = self.sns.create_topic().name(name);
        let topic = match name.ends_with(".fifo") {
            true => topic.attributes("FifoTopic", "true"),
            false => topic,
        };
        let topic = topic.send().await.unwrap().topic_arn.unwrap();
        let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:readers");
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
        }]});
        self.sqs
            .set_queue_attributes()
            .queue_url(&self.queue)
            .attributes(QueueAttributeName::Policy, policy.to_string())
            .send()
            .await
            .unwrap();
        self.subscribe(&topic, "sqs", &queue).await;
        topic
    }

    async fn subscribe(&self, topic: &str, protocol: &str, endpoint: &str) {
        let subscribe = self.sns.subscribe().topic_arn(topic).protocol(protocol);
        subscribe.endpoint(endpoint).send().await.unwrap();
    }

    /// Publishes as the function does; its own region is another one.
    async fn publish(&self, topic: &str) -> Outcome {
        let sdk = self.aws.sdk_config(self.aws.root_of(ACCOUNT), "us-east-1");
        let opener = Opener::with_aws(sdk);
        let secrets = MemorySecrets::default();
        let clock = Clock::starting_at(jiff::Timestamp::UNIX_EPOCH);
        let config = config(topic);
        let topic = config.open("mails", opener.clients(&secrets, clock, Limits::USUAL));
        topic.post(&post(messages())).await
    }

    /// What is in the queue, in order.
    async fn received(&self) -> Vec<Value> {
        let mut received = Vec::new();
        loop {
            let receive = self.sqs.receive_message().queue_url(&self.queue);
            let answer = receive.max_number_of_messages(10).send().await.unwrap();
            let messages = answer.messages.unwrap_or_default();
            if messages.is_empty() {
                return received;
            }
            received.extend(
                messages
                    .iter()
                    .map(|it| serde_json::from_str(it.body().unwrap()).unwrap()),
            );
        }
    }
}

fn id(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Posted {
            id: Some(id),
            repeated: false,
        } => id,
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn each_subscriber_gets_its_protocols_text() {
    let world = Subscribed::new().await;
    let topic = world.topic("hourly").await;
    // Amazon Q's end; a service that is subscribed confirms first.
    let amazon_q = Inbox::start(|_| Reply::new(200, "")).await;
    world.subscribe(&topic, "https", &amazon_q.url("/")).await;
    let confirmation = first(&amazon_q, 0).await;
    let token = confirmation["Token"].as_str().unwrap();
    let confirm = world.sns.confirm_subscription().topic_arn(&topic).token(token);
    confirm.send().await.unwrap();

    let outcome = world.publish(&topic).await;
    let publication = Publication::of(&messages()[0]).unwrap();
    let received = world.received().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0]["Message"], publication.default);
    assert_eq!(received[0]["Subject"], publication.subject);
    assert_eq!(received[0]["MessageId"], id(&outcome));

    let envelope = first(&amazon_q, 1).await;
    let notification: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    let mut expected = publication.https.clone();
    expected.insert("id".into(), post(messages()).key.id().into());
    assert_eq!(notification, Value::from(expected));
}

/// The request with this number, as soon as it has come.
async fn first(inbox: &Inbox, number: usize) -> Value {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(request) = inbox.requests().get(number) {
            return request.json().unwrap();
        }
        assert!(Instant::now() < limit, "nothing has come");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_fifo_topic_hands_a_message_on_once() {
    let world = Subscribed::new().await;
    let topic = world.topic("hourly.fifo").await;
    let [first, second] = [world.publish(&topic).await, world.publish(&topic).await];
    assert_eq!(id(&first), id(&second));
    assert_eq!(world.received().await.len(), 1);

    let standard = world.topic("hourly").await;
    world.publish(&standard).await;
    world.publish(&standard).await;
    assert_eq!(world.received().await.len(), 2, "a standard topic does not");
}

#[tokio::test]
async fn a_topic_that_is_not_there_or_forbids_it_is_the_operators_move() {
    let world = Subscribed::new().await;
    let outcome = world.publish(TOPIC).await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (error.whose_move, error.text.as_str()),
        (Side::Operator, "SNS: there is no such topic (NotFound)")
    );

    let topic = world.topic("hourly").await;
    let account = crate::support::world::Account::new(&world.aws, ACCOUNT);
    let role = account.create_function_role(&[]).await.unwrap();
    let sdk = aws::loader(aws::Limits::default())
        .credentials_provider(SharedCredentialsProvider::new(role))
        .region(Region::from_static("eu-west-1"))
        .endpoint_url(world.aws.endpoint());
    let opener = Opener::with_aws(sdk.load().await);
    let (secrets, config) = (MemorySecrets::default(), config(&topic));
    let clients = opener.clients(&secrets, Clock::starting_at(jiff::Timestamp::UNIX_EPOCH), Limits::USUAL);
    let topic = config.open("mails", clients);
    let outcome = topic.post(&post(messages())).await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.whose_move, Side::Operator, "{error}");
    assert!(error.text.starts_with("SNS: access is denied; "), "{error}");
}
