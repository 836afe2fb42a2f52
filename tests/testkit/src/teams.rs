//! What a workflow that begins "when a Teams webhook request is received" refuses, if anyone may trigger it, and what
//! people then see in the channel.
//!
//! Reference: <https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook>.

use serde_json::{Value, json};

use super::{
    adaptive_card,
    inbox::{Reply, Request},
};

/// The address of the one workflow that exists, behind scheme and host.
pub const PATH: &str = "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/\
                        invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hunter2hunter2hunter2hunter2hunter2hunter2h";

/// About what Teams takes of one message, in bytes.
const LIMIT: usize = 28 * 1024;

const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// The workflow's side of it.
pub fn rules(request: &Request) -> Reply {
    trigger(request, true)
}

/// The same workflow, switched off.
pub fn switched_off(request: &Request) -> Reply {
    trigger(request, false)
}

/// How the service says no.
pub fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({"error": {"code": code, "message": message}});
    Reply::new(status, body.to_string()).with_header("content-type", "application/json; charset=utf-8")
}

fn trigger(request: &Request, is_on: bool) -> Reply {
    let (path, query) = PATH.split_once('?').unwrap_or_default();
    let sig = |query: &str| {
        let mut fields = url::form_urlencoded::parse(query.as_bytes());
        fields
            .find(|(key, _)| key == "sig")
            .map(|(_, value)| value.into_owned())
    };
    if request.method != "POST" || request.path != path {
        return refusal(404, "WorkflowNotFound", "The workflow could not be found.");
    }
    if request.header("authorization").is_some() {
        return refusal(
            401,
            "MisMatchingOAuthClaims",
            "The token does not match the trigger's policy.",
        );
    }
    if request.query.as_deref().and_then(sig) != sig(query) {
        return refusal(
            401,
            "DirectApiAuthorizationRequired",
            "The request must be authenticated.",
        );
    }
    if !is_on {
        return refusal(
            400,
            "WorkflowTriggerIsNotEnabled",
            "The workflow's trigger is not enabled.",
        );
    }
    if request.body.len() > LIMIT {
        return refusal(413, "RequestEntityTooLarge", "The request is too large.");
    }
    let is_json = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    match cards(&request.json().filter(|_| is_json).unwrap_or(Value::Null)) {
        Ok(_) => Reply::new(202, ""),
        Err(problem) => refusal(400, "TriggerInputSchemaMismatch", &problem),
    }
}

/// The trigger's own schema: a message whose attachments have a type, a content, and a `contentUrl` that is null.
fn cards(message: &Value) -> Result<Vec<&Value>, String> {
    if message["type"] != "message" {
        return Err(format!("type: expected message, found {}", message["type"]));
    }
    let card = |attachment: &'_ Value| match attachment {
        _ if attachment["contentType"] != CARD => Err(format!("contentType: expected {CARD}")),
        _ if attachment.get("contentUrl") != Some(&Value::Null) => Err("contentUrl: expected null".to_owned()),
        _ if !attachment["content"].is_object() => Err("content: expected an object".to_owned()),
        _ => Ok(()),
    };
    let attachments = message["attachments"]
        .as_array()
        .ok_or("attachments: expected an array")?;
    attachments
        .iter()
        .map(|attachment| card(attachment).map(|()| &attachment["content"]))
        .collect()
}

/// What people see in the channel of a message that the workflow has taken: a text for each card. The sender is not
/// told when that is only that the card could not be displayed.
pub fn channel(message: &[u8]) -> Vec<String> {
    let message: Value = serde_json::from_slice(message).unwrap_or_default();
    let cards = cards(&message).unwrap_or_default();
    let seen = cards.into_iter().map(|card| match adaptive_card::shown(card) {
        Ok(lines) => lines.join("\n"),
        Err(why) => format!("This card couldn't be displayed ({why})"),
    });
    seen.collect()
}
