//! Slack: an incoming webhook. It answers in one word, and only `ok` means that the message is in the channel.
//!
//! Reference: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, which lists the words.

use jiff::Timestamp;
use reqwest::{RequestBuilder, header::CONTENT_TYPE};
use secrecy::SecretString;
use url::Url;

use crate::{
    delivery::{key::Key, outcome::Side, retry::Hint},
    destinations::incoming_webhook::{
        address::{Address, Rules},
        client::Service,
    },
    update::message::Message,
};

/// A channel's incoming webhook.
pub struct Slack(Address);

const RULES: Rules = Rules {
    hosts: &["hooks.slack.com", "hooks.slack-gov.com"],
    check,
    retired: &[],
};

/// Addresses of Workflow Builder look alike, but take flat variables only.
fn check(url: &Url) -> Result<(), &'static str> {
    match url.path().split('/').nth(1) {
        Some("services") => Ok(()),
        Some("workflows" | "triggers") => Err(
            "has the address of a Workflow Builder workflow, which takes no blocks; expected an incoming webhook's, \
             https://hooks.slack.com/services/...",
        ),
        _ => {
            Err("has an address on Slack that is no incoming webhook's; expected https://hooks.slack.com/services/...")
        }
    }
}

impl Service for Slack {
    const NAME: &'static str = "Slack";

    fn open(secret: &SecretString, allowed_hosts: &[String]) -> Result<Self, String> {
        Address::parse(secret, &RULES, allowed_hosts).map(Self)
    }

    fn request(&self, http: &reqwest::Client, message: &Message, _key: &Key, _now: Timestamp) -> RequestBuilder {
        http.post(self.0.url().clone())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(message.body.clone())
    }

    fn read(status: u16, body: &[u8]) -> Hint {
        let word = std::str::from_utf8(body).unwrap_or_default().trim();
        let operator = |because| Hint::Refused(Side::Operator, because);
        match (status, word) {
            (200..=299, "ok") => Hint::None,
            (200..=299, _) => Hint::Unexpected("the answer is not Slack's \"ok\""),
            (400..=499, "invalid_token" | "no_service" | "no_active_hooks" | "no_service_id" | "no_team") => {
                operator("the webhook is gone; create a new one and put its address into the secret")
            }
            (400..=499, "channel_not_found" | "channel_is_archived") => {
                operator("the webhook's channel is gone or archived; create a webhook for another one")
            }
            (400..=499, "action_prohibited" | "posting_to_general_channel_denied" | "user_not_found") => {
                operator("the workspace forbids the webhook to post there; ask its administrator")
            }
            (400..=499, "team_disabled") => operator("the workspace is disabled"),
            (404 | 410, _) => {
                operator("there is no such webhook; create a new one and put its address into the secret")
            }
            (403, _) => operator("the webhook may not post there"),
            (
                400,
                "invalid_payload" | "invalid_blocks" | "no_text" | "msg_blocks_too_long" | "too_many_attachments",
            ) => Hint::Refused(Side::Ours, "Slack does not take the message's form"),
            _ => Hint::None,
        }
    }

    fn error_code(body: &[u8]) -> Option<String> {
        let word = std::str::from_utf8(body).ok()?.trim();
        let is_plain = (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_plain.then(|| word.to_owned())
    }
}
