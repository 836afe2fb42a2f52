//! Reading answers: the headers and the body may be in any state.

use jiff::Timestamp;
use reqwest::header::LOCATION;
use serde_json::Value;

use super::{
    decision::{SkypeResponse, Step},
    hosts::{self, Pointer},
};
use crate::destinations::http::{self, Reply};
use url::Url;

/// Reads an answer of the host `asked`; `configured` is the one in report.yaml.
pub fn read(step: Step, reply: &Reply, now: Timestamp, asked: &Url, configured: &Url) -> SkypeResponse {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let location = http::text(&reply.headers, LOCATION.as_str());
    SkypeResponse {
        status: reply.status.as_u16(),
        code: error_code(&body),
        registration_expired: is_registration_expired(&body),
        retry_after: http::retry_after(&reply.headers, now),
        pointer: match step {
            Step::Register => hosts::registration_pointer(location, asked, configured),
            Step::Post => hosts::pointer(location, asked, configured),
            Step::SignIn | Step::Exchange => Pointer::Nowhere,
        },
    }
}

/// The messages host says `{"errorCode": 752, ...}`, the edge service `{"status": {"code": 40120, ...}}`.
pub fn error_code(body: &Value) -> Option<i64> {
    body.get("errorCode").or_else(|| body.pointer("/status/code"))?.as_i64()
}

/// A 403 of this kind has no code of its own, but its text speaks of the registration token and of its expiry.
fn is_registration_expired(body: &Value) -> bool {
    let message = body
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_ascii_lowercase();
    message.contains("registration") && message.contains("expired")
}

#[cfg(test)]
mod tests {
    use reqwest::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    };

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn read_post(status: u16, body: &str, headers: &[(&'static str, &'static str)]) -> SkypeResponse {
        let host = Url::parse("https://client-s.gateway.messenger.live.com").unwrap();
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.into(),
            broken_off: false,
        };
        read(Step::Post, &reply, NOW, &host, &host)
    }

    #[test]
    fn codes_of_both_services_are_read() {
        assert_eq!(
            read_post(404, r#"{"errorCode":752,"message":"x"}"#, &[]).code,
            Some(752)
        );
        assert_eq!(
            read_post(401, r#"{"status":{"code":40120,"text":"x"}}"#, &[]).code,
            Some(40120)
        );
        for body in [
            "",
            "<html>",
            "[]",
            "null",
            "7",
            r#"{"errorCode":"752"}"#,
            r#"{"status":401}"#,
        ] {
            assert_eq!(read_post(500, body, &[]).code, None, "{body}");
        }
    }

    #[test]
    fn an_expired_registration_is_known_by_its_text() {
        let expired = |message: &str| {
            read_post(
                403,
                &serde_json::json!({"errorCode": 0, "message": message}).to_string(),
                &[],
            )
            .registration_expired
        };
        assert!(expired("Registration token expired, and no skype token was provided"));
        assert!(!expired("User is not a member of the thread"));
        assert!(!expired("Invitation expired"));
    }

    #[test]
    fn fuzz_responses_of_skype() {
        let host = Url::parse("https://client-s.gateway.messenger.live.com").unwrap();
        let samples: [&[u8]; 5] = [
            br#"{"errorCode":752,"message":"User is in a different cloud"}"#,
            br#"{"status":{"code":40120,"text":"Authentication failed"}}"#,
            br#"{"errorCode":0,"message":"Registration token expired, and no skype token was provided"}"#,
            b"https://db3-client-s.gateway.messenger.live.com/v1/users/ME/endpoints/%7Bc1d4ecb0-c54f%7D",
            b"Wed, 01 Jan 2025 00:01:30 GMT",
        ];
        fuzz("endpoint answer", &samples, |input| {
            let value = HeaderValue::from_bytes(&input[..input.len().min(http::HEADER)]).ok();
            let headers = value
                .iter()
                .flat_map(|value| [(LOCATION, value.clone()), (RETRY_AFTER, value.clone())]);
            let reply = Reply {
                status: StatusCode::NOT_FOUND,
                headers: headers.collect(),
                body: input.to_vec(),
                broken_off: false,
            };
            for step in [Step::SignIn, Step::Exchange, Step::Register, Step::Post] {
                let answer = read(step, &reply, NOW, &host, &host);
                if let Pointer::Elsewhere(place) = &answer.pointer {
                    assert!(hosts::is_allowed(place, &host), "{place}");
                }
                assert_tellable(&answer.to_string(), &[]);
            }
        });
    }
}
