//! Publishing to SNS on the local AWS, to everyone who has subscribed.

use std::time::Duration;

use aws_config::Region;
use aws_sdk_sns::config::SharedCredentialsProvider;
use aws_sdk_sqs::types::QueueAttributeName;
use hourly_update::{
    aws,
    clock::Clock,
    delivery::{
        outcome::{Outcome, Side},
        retry::Limits,
    },
    destinations::{Spec, sns::message::Publication},
};
use jiff::Timestamp;
use serde_json::Value;
use testkit::{
    accounts::Account,
    inbox::{Inbox, Reply},
    local_aws::LocalAws,
    sns::TOPIC,
};
use tokio::time::{Instant, sleep};

use super::{config, messages, post};
use crate::worlds::{opening::Opener, secrets::MemorySecrets};

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
        let (secrets, config) = (MemorySecrets::default(), config(topic));
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
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
    let account = Account::new(&world.aws, ACCOUNT);
    let role = account.create_function_role(&[]).await.unwrap();
    let sdk = aws::loader(aws::Limits::default())
        .credentials_provider(SharedCredentialsProvider::new(role))
        .region(Region::from_static("eu-west-1"))
        .endpoint_url(world.aws.endpoint());
    let opener = Opener::with_aws(sdk.load().await);
    let (secrets, config) = (MemorySecrets::default(), config(&topic));
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
    let topic = config.open("mails", opener.clients(&secrets, clock, Limits::USUAL));
    let outcome = topic.post(&post(messages())).await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.whose_move, Side::Operator, "{error}");
    assert!(error.text.starts_with("SNS: access is denied; "), "{error}");
}
