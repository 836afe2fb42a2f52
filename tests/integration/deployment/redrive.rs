//! `deploy/redrive` and what waits in the queue: the real script, AWS's command line and a real SQS; the stack and the
//! function are stand-ins.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{accounts::HOME_REGION, local_aws::LocalAws};
use tokio::process::Command;

const ACCOUNT: &str = "100000000001";
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The AWS command line, but for the function: it notes each event, is slow with one, cannot be invoked for another,
/// fails with a third and posts the others.
const AWS: &str = r#"#!/bin/sh
cd "${0%/*}"
case "$1 $2" in
    "sqs "*) exec ROOT/.venv/awscli/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" ;;
    "cloudformation describe-stacks") cat stack.json ;;
    "lambda invoke")
        event=${6#fileb://}
        cat "$event" >>invoked; echo >>invoked
        grep -q '"slow"' "$event" && sleep 13
        grep -q '"unreachable"' "$event" && exit 255
        if grep -q '"refused"' "$event"; then
            echo '{"errorType": "NotPosted", "errorMessage": "operations: no"}' >"$7"
            echo '{"StatusCode": 200, "FunctionError": "Unhandled"}'
        else
            echo '{"destinations": [{"name": "operations", "outcome": "posted"}]}' >"$7"
            echo '{"StatusCode": 200}'
        fi ;;
    *) echo "unexpected: $*" >&2; exit 1 ;;
esac
"#;

struct World {
    aws: LocalAws,
    sqs: aws_sdk_sqs::Client,
    queue: String,
    files: TempDir,
}

impl World {
    /// An empty queue, in which a message that was received is hidden for so many seconds.
    async fn new(visibility: u32) -> Self {
        let aws = LocalAws::start().await.unwrap();
        let sqs = aws_sdk_sqs::Client::new(&aws.sdk_config(aws.root_of(ACCOUNT), HOME_REGION));
        let queue = sqs
            .create_queue()
            .queue_name("not-posted")
            .attributes(QueueAttributeName::VisibilityTimeout, visibility.to_string());
        let queue = queue.send().await.unwrap().queue_url.unwrap();
        let files = tempfile::tempdir().unwrap();
        let output = |key: &str, value: &str| json!({"OutputKey": key, "OutputValue": value});
        let outputs = [output("FunctionName", "f"), output("NotPostedQueueUrl", &queue)];
        let stack = json!({"Stacks": [{"Outputs": outputs}]});
        fs::write(files.path().join("stack.json"), stack.to_string()).unwrap();
        fs::write(files.path().join("invoked"), "").unwrap();
        let program = files.path().join("aws");
        fs::write(&program, AWS.replace("ROOT", ROOT)).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        Self { aws, sqs, queue, files }
    }

    async fn send(&self, body: &str) {
        let send = self.sqs.send_message().queue_url(&self.queue).message_body(body);
        send.send().await.unwrap();
    }

    /// A dead letter of EventBridge Scheduler, with two of its attributes.
    async fn send_dead_letter(&self, body: &str, scheduled: &str) {
        let text = |value: &str| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value);
            value.build().unwrap()
        };
        let send = self.sqs.send_message().queue_url(&self.queue).message_body(body);
        let send = send
            .message_attributes("SCHEDULED_TIME", text(scheduled))
            .message_attributes("RETRY_ATTEMPTS", text("10"));
        send.send().await.unwrap();
    }

    /// Runs the script; its exit status, and what it says.
    async fn redrive(&self) -> (i32, String, String) {
        let output = Command::new(Path::new(ROOT).join("deploy/redrive"))
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.files.path().display()))
            .env("HOME", self.files.path())
            .env("AWS_DEFAULT_REGION", HOME_REGION)
            .envs(self.aws.environment(&self.aws.root_of(ACCOUNT), HOME_REGION))
            .env_remove("AWS_SESSION_TOKEN")
            .output()
            .await
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The events that the function was invoked with, in order.
    fn invoked(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.files.path().join("invoked")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many messages there are, hidden ones too.
    async fn waiting(&self) -> u32 {
        let get = self.sqs.get_queue_attributes().queue_url(&self.queue);
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let answer = get.set_attribute_names(Some(names.to_vec())).send().await.unwrap();
        let attributes = answer.attributes.unwrap();
        names.iter().map(|name| attributes[name].parse::<u32>().unwrap()).sum()
    }
}

fn hour(hour: u8) -> Value {
    json!({"time": format!("2026-11-22T{hour:02}:57:00Z")})
}

/// The request that EventBridge Scheduler makes to Lambda.
fn request(payload: impl Into<Value>) -> String {
    json!({"FunctionName": "f", "InvocationType": "Event", "Payload": payload.into()}).to_string()
}

fn record(event: &Value) -> String {
    let context = json!({"condition": "RetriesExhausted", "approximateInvokeCount": 3});
    json!({"version": "1.0", "requestContext": context, "requestPayload": event}).to_string()
}

#[tokio::test]
async fn every_form_of_a_lost_hour_is_run_again() {
    let world = World::new(300).await;
    let unfilled = r#"{"time": "<aws.scheduler.scheduled-time>"}"#;
    world.send_dead_letter(&request(unfilled), "2026-11-22T10:57:00Z").await;
    world.send_dead_letter("no JSON", "2026-11-22T11:57:00Z").await;
    world.send(&request(hour(12).to_string())).await;
    world.send(&request(hour(13))).await;
    world.send(&record(&hour(14))).await;
    world.send(&hour(15).to_string()).await;
    let envelope = include_str!("../../../events/rule.json");
    world.send(envelope).await;

    let (status, told, complaints) = world.redrive().await;
    assert_eq!((status, complaints.as_str()), (0, ""), "{told}");
    let mut expected: Vec<_> = (10..16).map(hour).collect();
    expected.push(serde_json::from_str(envelope).unwrap());
    assert_eq!(world.invoked(), expected);
    assert_eq!(world.waiting().await, 0);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{told}");
    assert_eq!(lines[0], r#"{"time": "2026-11-22T10:57:00Z"}: operations: posted"#);
}

#[tokio::test]
async fn what_is_not_understood_or_fails_stays_and_the_others_go_on() {
    let world = World::new(300).await;
    let long = format!("no JSON\n{}", "x".repeat(1000));
    let not_understood = [
        long,
        "[1]".into(),
        request("no JSON"),
        request("7"),
        record(&Value::Null),
    ];
    for body in &not_understood {
        world.send(body).await;
    }
    let (refused, unreachable) = (json!({"time": "refused"}), json!({"time": "unreachable"}));
    world.send(&record(&refused)).await;
    world.send(&record(&unreachable)).await;
    world.send(&record(&hour(14))).await;

    let (status, told, _) = world.redrive().await;
    assert_eq!(status, 1, "{told}");
    assert_eq!(world.invoked(), [refused, unreachable, hour(14)]);
    assert_eq!(world.waiting().await, 7, "{told}");
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 8, "{told}");
    for line in &lines[..5] {
        assert!(line.starts_with("message ") && line.len() < 400, "{line}");
        assert!(line.contains(": not understood ("), "{line}");
    }
    assert!(lines[5].contains("NotPosted: operations: no"), "{told}");
    assert!(lines[6].contains("the function could not be invoked"), "{told}");
    assert!(
        lines[..7].iter().all(|it| it.ends_with("; it stays in the queue")),
        "{told}"
    );
    assert_eq!(lines[7], r#"{"time": "2026-11-22T14:57:00Z"}: operations: posted"#);
}

/// A message that failed comes back while the others are run: it is neither run again nor does it end the work.
#[tokio::test]
async fn a_message_that_comes_back_does_not_keep_the_others_from_their_turn() {
    let world = World::new(12).await;
    let (refused, slow) = (json!({"time": "refused"}), json!({"time": "slow"}));
    world.send(&record(&refused)).await;
    world.send(&record(&slow)).await;
    world.send(&record(&hour(14))).await;

    let (status, told, _) = world.redrive().await;
    assert_eq!(status, 1, "{told}");
    assert_eq!(world.invoked(), [refused, slow, hour(14)]);
    assert_eq!(world.waiting().await, 1, "{told}");
}
