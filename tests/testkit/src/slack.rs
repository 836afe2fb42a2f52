//! What Slack's incoming webhooks refuse. Limits: <https://docs.slack.dev/reference/block-kit/blocks>.

use serde_json::Value;

use super::inbox::{Reply, Request};

/// The path of the one webhook that exists.
pub const PATH: &str = "/services/T00000000/B00000000/hunter2hunter2hunter2hun";

/// The channel's side of it.
pub fn rules(request: &Request) -> Reply {
    match refusal(request) {
        None => Reply::new(200, "ok").with_header("content-type", "text/html"),
        Some((status, word)) => Reply::new(status, word).with_header("content-type", "text/html"),
    }
}

fn refusal(request: &Request) -> Option<(u16, &'static str)> {
    let is_json = |kind: &str| kind.starts_with("application/json");
    match request.path.as_str() {
        _ if request.method != "POST" => return Some((400, "invalid_payload")),
        PATH => {}
        path if path.starts_with("/services/") => return Some((404, "no_service")),
        _ => return Some((404, "not_found")),
    }
    if !request.header("content-type").is_some_and(is_json) {
        return Some((400, "invalid_payload"));
    }
    let Some(message) = request.json().filter(Value::is_object) else {
        return Some((400, "invalid_payload"));
    };
    let text = message["text"].as_str().unwrap_or_default();
    let Some(blocks) = message.get("blocks") else {
        return text.is_empty().then_some((400, "no_text"));
    };
    let Some(blocks) = blocks.as_array() else {
        return Some((400, "invalid_blocks"));
    };
    if blocks.len() > 50 || blocks.is_empty() || !blocks.iter().all(is_block) {
        return Some((400, "invalid_blocks"));
    }
    // Seen by others at about 13,200: of what it says, however it is written. Slack's own client writes all but ASCII
    // as \u....
    (message.to_string().chars().count() > 13_200).then_some((400, "msg_blocks_too_long"))
}

fn is_block(block: &Value) -> bool {
    let list = |key: &str| block[key].as_array().filter(|list| !list.is_empty());
    match block["type"].as_str() {
        Some("header") => is_text(&block["text"], "plain_text", 150),
        Some("section") => is_text(&block["text"], "mrkdwn", 3_000) || is_text(&block["text"], "plain_text", 3_000),
        Some("context") => list("elements").is_some_and(|elements| {
            elements.len() <= 10 && elements.iter().all(|element| is_text(element, "mrkdwn", 3_000))
        }),
        Some("actions") => {
            list("elements").is_some_and(|elements| elements.len() <= 25 && elements.iter().all(is_button))
        }
        Some("rich_text") => list("elements").is_some_and(|elements| elements.iter().all(is_rich)),
        Some("divider") => true,
        _ => false,
    }
}

fn is_text(text: &Value, kind: &str, limit: usize) -> bool {
    let length = text["text"].as_str().map_or(0, |text| text.chars().count());
    text["type"] == kind && (1..=limit).contains(&length)
}

fn is_button(button: &Value) -> bool {
    let url = button["url"].as_str().unwrap_or_default();
    button["type"] == "button" && is_text(&button["text"], "plain_text", 75) && url.len() <= 3_000
}

fn is_rich(element: &Value) -> bool {
    let parts = element["elements"].as_array().filter(|parts| !parts.is_empty());
    parts.is_some_and(|parts| match element["type"].as_str() {
        Some("rich_text_section") => parts
            .iter()
            .all(|part| part["type"] == "text" && part["text"].as_str().is_some_and(|text| !text.is_empty())),
        Some("rich_text_list") => {
            element["style"] == "bullet"
                && parts
                    .iter()
                    .all(|part| part["type"] == "rich_text_section" && is_rich(part))
        }
        _ => false,
    })
}
