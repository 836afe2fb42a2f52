//! What SNS refuses of a `Publish`: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>. The local AWS takes
//! messages without a `default` and every subject, so this is judged here.

use serde_json::Value;

use super::inbox::{Reply, Request};

/// The topics that exist.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:hourly";
pub const FIFO: &str = "arn:aws:sns:eu-west-1:111122223333:hourly.fifo";

/// The id that each message gets.
pub const MESSAGE_ID: &str = "94f20ce6-13c5-43a0-9a9e-ca52d816e90b";

/// SNS's side of AWS's query protocol.
pub fn rules(request: &Request) -> Reply {
    match refusal(request) {
        None => Reply::new(
            200,
            format!(
                "<PublishResponse><PublishResult><MessageId>{MESSAGE_ID}</MessageId></PublishResult></PublishResponse>"
            ),
        ),
        Some((status, code)) => error(status, code),
    }
    .with_header("content-type", "text/xml")
}

/// An error as SNS writes it; its text repeats what was sent.
pub fn error(status: u16, code: &str) -> Reply {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>about hunter2</Message>");
    let body = format!("<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>");
    Reply::new(status, body).with_header("content-type", "text/xml")
}

fn refusal(request: &Request) -> Option<(u16, &'static str)> {
    const INVALID: Option<(u16, &str)> = Some((400, "InvalidParameter"));
    let of_region = "Credential=test/";
    let authorization = request.header("authorization").unwrap_or_default();
    if !authorization.contains(of_region) || !authorization.contains("/eu-west-1/sns/aws4_request") {
        return Some((403, "SignatureDoesNotMatch"));
    }
    let parameters = request.form();
    let given = |name: &str| parameters.get(name).map(String::as_str);
    if given("Action") != Some("Publish") {
        return Some((400, "InvalidAction"));
    }
    let is_fifo = match given("TopicArn") {
        Some(TOPIC) => false,
        Some(FIFO) => true,
        _ => return Some((404, "NotFound")),
    };
    let group = [given("MessageGroupId"), given("MessageDeduplicationId")];
    if is_fifo && group.contains(&None) || !is_fifo && group[1].is_some() || !group.into_iter().flatten().all(is_id) {
        return INVALID;
    }
    if given("Subject").is_some_and(|subject| !is_subject(subject)) {
        return INVALID;
    }
    let message = given("Message").unwrap_or_default();
    let is_message = !message.is_empty() && message.len() <= 262_144;
    match given("MessageStructure") {
        _ if !is_message => INVALID,
        None => None,
        Some("json") if is_for_each_protocol(message) => None,
        Some(_) => INVALID,
    }
}

fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
}

fn is_subject(subject: &str) -> bool {
    let starts_well = subject.starts_with(|c: char| c.is_alphanumeric() || c.is_ascii_punctuation());
    starts_well && subject.chars().count() < 100 && !subject.contains(char::is_control)
}

/// Every protocol's message is a text; what Amazon Q does not take it drops without a word, so that is refused here.
fn is_for_each_protocol(message: &str) -> bool {
    let Ok(Value::Object(messages)) = serde_json::from_str(message) else {
        return false;
    };
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let https = messages.get("https").and_then(Value::as_str);
    messages.contains_key("default") && messages.values().all(is_text) && https.is_none_or(is_notification)
}

/// The schema of "Custom notifications" in the administrator guide of Amazon Q Developer in chat applications.
fn is_notification(text: &str) -> bool {
    const KEYS: [&str; 5] = ["version", "source", "id", "content", "metadata"];
    const CONTENT: [&str; 5] = ["textType", "title", "description", "nextSteps", "keywords"];
    const METADATA: [&str; 6] = [
        "threadId",
        "summary",
        "eventType",
        "relatedResources",
        "additionalContext",
        "enableCustomActions",
    ];
    let Ok(event) = serde_json::from_str::<Value>(text) else {
        return false;
    };
    let has_only = |value: &Value, known: &[&str]| {
        value
            .as_object()
            .is_some_and(|object| object.keys().all(|key| known.contains(&key.as_str())))
    };
    let is_short = |value: &Value, limit: usize| {
        value
            .as_str()
            .is_some_and(|text| !text.is_empty() && text.chars().count() <= limit)
    };
    let content = &event["content"];
    has_only(&event, &KEYS)
        && has_only(content, &CONTENT)
        && has_only(&event["metadata"], &METADATA)
        && event["version"] == "1.0"
        && event["source"] == "custom"
        && is_short(&event["id"], 128)
        && content["textType"] == "client-markdown"
        && is_short(&content["title"], 250)
        && is_short(&content["description"], 8_000)
        && content["nextSteps"]
            .as_array()
            .is_none_or(|steps| steps.iter().all(|step| is_short(step, 350)))
        && event["metadata"]["enableCustomActions"].is_boolean()
}
