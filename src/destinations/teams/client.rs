//! Microsoft Teams, work or school: a Workflows webhook.
//!
//! It is a cloud flow of Power Automate that begins with "When a Teams webhook request is received" and posts the card.
//! An answer tells only that the flow has begun: 202 is no proof that anybody sees the message.
//!
//! Reference: <https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook>.

use jiff::Timestamp;
use reqwest::{RequestBuilder, header::CONTENT_TYPE};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    delivery::{key::Key, outcome::Side, retry::Hint},
    destinations::incoming_webhook::{
        address::{Address, Rules},
        client::Service,
    },
    update::message::Message,
};

/// A workflow's webhook. Its address ends with a signature, which is all that is needed to post.
pub struct Teams(Address);

/// Power Automate's, and those of the sovereign clouds. An address is not looked into any further: its path has changed
/// several times.
const RULES: Rules = Rules {
    hosts: &[
        ".environment.api.powerplatform.com",
        ".logic.azure.com",
        ".logic.azure.us",
        ".logic.azure.cn",
        "api.powerautomate.com",
        ".flow.microsoft.com",
    ],
    check: |_| Ok(()),
    retired: &[(".webhook.office.com", RETIRED), ("outlook.office.com", RETIRED)],
};

const RETIRED: &str = "Office 365 connectors were retired in 2026; create a Workflows webhook (a workflow that begins with \
                       \"When a Teams webhook request is received\") and put its address into the secret";

/// `{"error": {"code": ...}}`
#[derive(Deserialize)]
struct Answer {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    code: String,
}

impl Service for Teams {
    const NAME: &'static str = "Teams";

    fn open(secret: &SecretString, allowed_hosts: &[String]) -> Result<Self, String> {
        Address::parse(secret, &RULES, allowed_hosts).map(Self)
    }

    /// Without an `Authorization` header: a workflow that anyone may trigger refuses one.
    fn request(&self, http: &reqwest::Client, message: &Message, _key: &Key, _now: Timestamp) -> RequestBuilder {
        http.post(self.0.url().clone())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(message.body.clone())
    }

    fn read(status: u16, body: &[u8]) -> Hint {
        let answer: Option<Answer> = serde_json::from_slice(body).ok();
        let code = answer.as_ref().map_or("", |answer| answer.error.code.as_str());
        let operator = |because| Hint::Refused(Side::Operator, because);
        match (status, code) {
            (400..=499, "WorkflowTriggerIsNotEnabled") => {
                operator("the workflow is switched off or suspended; switch it on in Power Automate")
            }
            (400..=499, "WorkflowNotFound") => operator(
                "the workflow is gone or has moved; copy the webhook's address again, or create a new one, and put it \
                 into the secret",
            ),
            (400..=499, "DirectApiAuthorizationRequired") => operator(
                "the workflow asks for a sign-in: either it is not open to \"Anyone\", or the address in the secret is \
                 cut off before its \"sig\"",
            ),
            (400..=499, "MisMatchingOAuthClaims") => operator(
                "the workflow asks for somebody's token; let \"Anyone\" trigger it, and put its new address into the secret",
            ),
            (400..=499, "TriggerInputSchemaMismatch") => {
                Hint::Refused(Side::Ours, "the workflow does not take the message's form")
            }
            (401 | 403, _) => operator(
                "the workflow lets nobody without a sign-in trigger it; let \"Anyone\" do so, and put its new address into \
                 the secret",
            ),
            (404 | 410, _) => {
                operator("there is no such workflow; create a new webhook and put its address into the secret")
            }
            _ => Hint::None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn open(text: &str) -> Result<Teams, String> {
        Teams::open(&text.into(), &[])
    }

    #[test]
    fn all_generations_of_addresses_are_taken() {
        for address in [
            "https://prod-07.westeurope.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef/triggers/manual/\
             paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hunter2",
            "https://0123456789abcdef.07.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/\
             0123/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hunter2",
            "https://0123456789abcdef.07.environment.api.powerplatform.com/powerautomate/automations/direct/cu/03/workflows/\
             0123/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hunter2",
            "https://prod-1.usgovtexas.logic.azure.us/workflows/0123/triggers/manual/paths/invoke?sig=hunter2",
        ] {
            let request = |teams: &Teams| teams.0.url().to_string();
            assert_eq!(
                open(address).map(|it| request(&it)).unwrap(),
                address.replace(":443", "")
            );
        }
    }

    #[test]
    fn retired_connectors_are_refused_with_what_to_do_instead() {
        for address in [
            "https://contoso.webhook.office.com/webhookb2/hunter2@a/IncomingWebhook/b/c",
            "https://outlook.office.com/webhook/hunter2/IncomingWebhook/b/c",
        ] {
            let error = open(address).err().unwrap();
            assert!(error.contains("create a Workflows webhook"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let error = open("https://hooks.slack.com/services/hunter2").err().unwrap();
        assert!(
            error.contains("hooks.slack.com, where") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_code_says_whose_move_it_is() {
        let read = |status, code: &str| {
            let body = json!({"error": {"code": code, "message": "..."}}).to_string();
            match Teams::read(status, body.as_bytes()) {
                Hint::Refused(side, because) => Some((side, because)),
                _ => None,
            }
        };
        for (status, code, side, words) in [
            (400, "TriggerInputSchemaMismatch", Side::Ours, "form"),
            (400, "WorkflowTriggerIsNotEnabled", Side::Operator, "switch it on"),
            (401, "DirectApiAuthorizationRequired", Side::Operator, "sig"),
            (401, "MisMatchingOAuthClaims", Side::Operator, "Anyone"),
            (403, "", Side::Operator, "Anyone"),
            (404, "WorkflowNotFound", Side::Operator, "moved"),
            (404, "", Side::Operator, "no such workflow"),
        ] {
            let (found, because) = read(status, code).unwrap();
            assert_eq!(found, side, "{code}");
            assert!(because.contains(words), "{because}");
        }
        for status in [200, 202, 204, 302, 400, 413, 429, 500, 502, 503] {
            assert_eq!(read(status, "SomethingElse"), None, "{status}");
        }
        // A good answer is one whatever it says.
        assert_eq!(
            Teams::read(200, b"{\"error\":{\"code\":\"WorkflowNotFound\"}}"),
            Hint::None
        );
    }

    #[test]
    fn answers_that_are_no_json_are_judged_by_their_status() {
        for body in [&b""[..], b"1", b"<html>", b"{\"error\":null}", b"\xff\xfe"] {
            assert_eq!(Teams::read(202, body), Hint::None);
            assert!(matches!(Teams::read(404, body), Hint::Refused(Side::Operator, _)));
        }
    }
}
