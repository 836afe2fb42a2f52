//! The message of a conversation, as Skype's servers and their successors in Teams want it: everything below `/v1` is
//! equal for both, and so is the id by which they know a message that they have already.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    delivery::key::Key,
    update::message::{Format, Message},
};

/// The path of a group's messages, below the messages host. Skype's clients leave `:` and `@` of a group's id as they
/// are, those of Teams percent-encode them; the servers take both.
pub fn path(group: &str) -> [&str; 6] {
    ["v1", "users", "ME", "conversations", group, "messages"]
}

/// The JSON that is posted.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    contenttype: &'static str,
    messagetype: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    imdisplayname: Option<&'a str>,
    /// Text, and in the body, although it looks like a header. Clients of Teams do not send it.
    #[serde(rename = "Has-Mentions", skip_serializing_if = "Option::is_none")]
    has_mentions: Option<&'static str>,
    clientmessageid: String,
}

impl<'a> Body<'a> {
    /// The body of a message.
    pub fn new(message: &'a Message, key: &Key, display_name: Option<&'a str>) -> Self {
        Self {
            contenttype: "text",
            messagetype: match message.format {
                Format::Plain | Format::Json => "Text",
                Format::Html => "RichText/Html",
                Format::SkypeRich => "RichText",
            },
            content: &message.body,
            imdisplayname: display_name,
            has_mentions: None,
            clientmessageid: client_message_id(key),
        }
    }

    /// The body with the word that nobody is mentioned, as Skype's clients send it.
    pub fn without_mentions(self) -> Self {
        Self {
            has_mentions: Some("false"),
            ..self
        }
    }
}

/// The id by which the servers know a message again. Clients use the Unix milliseconds of their clock; this id is the
/// minute of as of, plus milliseconds that are a hash of report and destination. So a message has one id in every try and
/// every run, and other messages have others; a message that was asked for never has the id of the hour's own.
pub fn client_message_id(key: &Key) -> String {
    let own = hash(&[&key.report, &key.destination]) % MINUTE;
    let within = match &key.request {
        None => own,
        Some(request) => (own + 1 + hash(&[&key.report, &key.destination, request]) % (MINUTE - 1)) % MINUTE,
    };
    let within = i64::try_from(within).unwrap_or_default();
    key.as_of.as_millisecond().saturating_add(within).to_string()
}

/// In milliseconds.
const MINUTE: u64 = 60_000;

fn hash(parts: &[&str]) -> u64 {
    Sha256::digest(parts.join("\0"))[..8]
        .iter()
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// The id that the server gave a message: the last piece of a `Location` that ends with `.../messages/<id>`, or else the
/// `OriginalArrivalTime` of the answer's body, which in practice is the same number. An answer may have neither.
pub fn id(location: Option<&str>, body: &[u8]) -> Option<String> {
    let arrival = || {
        let body: Value = serde_json::from_slice(body).ok()?;
        Some(body.get("OriginalArrivalTime")?.as_u64()?.to_string())
    };
    location.and_then(last_piece).or_else(arrival)
}

fn last_piece(location: &str) -> Option<String> {
    let id = location.rsplit('/').next()?;
    let is_id = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::testing::fuzz::fuzz;

    fn key(report: &str, destination: &str, minute: i64) -> Key {
        Key {
            report: report.into(),
            as_of: Timestamp::from_second(minute * 60).unwrap_or_default(),
            destination: destination.into(),
            request: None,
        }
    }

    #[test]
    fn the_body_has_the_fields_that_clients_send() {
        let key = key("production", "ops", 28_928_160);
        let message = Message {
            format: Format::SkypeRich,
            body: "<b raw_pre=\"*\" raw_post=\"*\">x</b> ✓\n".into(),
        };
        assert_eq!(
            serde_json::to_value(Body::new(&message, &key, Some("Metrics Bot")).without_mentions()).ok(),
            Some(json!({
                "contenttype": "text",
                "messagetype": "RichText",
                "content": message.body,
                "imdisplayname": "Metrics Bot",
                "Has-Mentions": "false",
                "clientmessageid": client_message_id(&key),
            }))
        );
        let plain = Message {
            format: Format::Plain,
            ..message
        };
        let body = serde_json::to_value(Body::new(&plain, &key, None)).unwrap_or_default();
        assert_eq!(
            (
                &body["messagetype"],
                body.get("imdisplayname"),
                body.get("Has-Mentions")
            ),
            (&json!("Text"), None, None)
        );
    }

    /// The id must not change between releases either: what a run began, the next one may have to repeat.
    #[test]
    fn an_id_is_for_ever() {
        assert_eq!(
            client_message_id(&key("production", "ops", 28_928_157)),
            "1735689436813"
        );
        let asked = Key {
            request: Some("8476a536-e9f4-11e8-9739-2dfe598c3fcd".into()),
            ..key("production", "ops", 28_928_157)
        };
        assert_eq!(client_message_id(&asked), "1735689472214");
    }

    #[test]
    fn the_servers_id_is_in_the_location_or_the_body() {
        let arrival = br#"{"OriginalArrivalTime":1735689602710}"#;
        assert_eq!(
            id(
                Some("https://x/v1/users/ME/conversations/19:a/messages/173568"),
                arrival
            )
            .as_deref(),
            Some("173568")
        );
        for location in [None, Some("https://x/messages/"), Some("https://x/a?token=b")] {
            assert_eq!(id(location, arrival).as_deref(), Some("1735689602710"), "{location:?}");
            for body in [
                "",
                "<html>",
                "[]",
                r#"{"OriginalArrivalTime":"x"}"#,
                r#"{"OriginalArrivalTime":-1}"#,
            ] {
                assert_eq!(id(location, body.as_bytes()), None, "{location:?} {body}");
            }
        }
    }

    #[test]
    fn fuzz_answer_to_a_post() {
        let samples: [&[u8]; 2] = [
            br#"{"OriginalArrivalTime":1735689602710}"#,
            b"https://x/v1/users/ME/conversations/19:a/messages/1735689602710",
        ];
        fuzz("posted answer", &samples, |input| {
            let location = std::str::from_utf8(input).ok();
            for id in [id(None, input), id(location, b"")].into_iter().flatten() {
                assert!(!id.is_empty() && id.len() <= 64 && id.is_ascii(), "{id}");
            }
        });
    }

    proptest! {
        #[test]
        fn ids_of_different_hours_differ(report in ".{0,20}", destination in ".{0,20}", hour in 0_i64..1_000_000) {
            let id = client_message_id(&key(&report, &destination, hour * 60 + 57));
            prop_assert_eq!(&id, &client_message_id(&key(&report, &destination, hour * 60 + 57)));
            prop_assert_ne!(&id, &client_message_id(&key(&report, &destination, hour * 60 + 58)));
            let millis: i64 = id.parse().unwrap_or_default();
            prop_assert_eq!(millis.div_euclid(60_000), hour * 60 + 57);
        }

        #[test]
        fn what_was_asked_for_has_an_id_of_its_own(report in ".{0,20}", request in ".{0,40}", hour in 0_i64..1_000_000) {
            let own = key(&report, "ops", hour * 60 + 57);
            let asked = |request: &str| Key { request: Some(request.into()), ..own.clone() };
            let id = client_message_id(&asked(&request));
            prop_assert_ne!(&id, &client_message_id(&own));
            prop_assert_eq!(&id, &client_message_id(&asked(&request)));
            prop_assert_eq!(id.parse::<i64>().unwrap_or_default().div_euclid(60_000), hour * 60 + 57);
        }
    }
}
