//! Endpoint registration: a Skype token and a `LockAndKey` for a registration token, on the host of the user's cloud.
//!
//! No presence is announced afterwards: that shows the endpoint as online, and sending does not need it.

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use url::Url;

use super::{decision::Step, session::Registration};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::{
        conversation::{Step as _, token::Token},
        http,
    },
};

/// Below the messages host.
pub const PATH: [&str; 4] = ["v1", "users", "ME", "endpoints"];

/// Asks for a 404 where the user is in another cloud; without it the answer is a 301.
pub const BEHAVIOR_OVERRIDE: (&str, &str) = ("BehaviorOverride", "redirectAs404");

/// The endpoint that is registered: one that takes no part in calls.
pub fn body() -> Value {
    json!({"endpointFeatures": "Agent"})
}

/// The registration in an answer of `host`:
/// `Set-RegistrationToken: registrationToken=<base64>; expires=<Unix seconds>; endpointId={<guid>}`
pub fn registration(headers: &HeaderMap, host: Url, now: Timestamp) -> Result<Registration, PostError> {
    let header = http::text(headers, "set-registrationtoken").unwrap_or_default();
    let part = |name: &str| {
        let mut parts = header.split(';').filter_map(|part| part.trim().split_once('='));
        parts.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
    };
    let expires = part("expires").and_then(|secs| Timestamp::from_second(secs.parse().ok()?).ok());
    let is_base64 = |text: &&str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    };
    part("registrationToken")
        .filter(is_base64)
        .and_then(|text| Token::given(now, text, expires))
        .map(|token| Registration { token, host })
        .ok_or_else(|| Step::Register.failed(Side::Service, "it was accepted, but brought no registration token"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz_up_to};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn read(header: &'static str) -> Result<Registration, PostError> {
        let mut headers = HeaderMap::new();
        if !header.is_empty() {
            headers.insert("Set-RegistrationToken", header.parse().unwrap());
        }
        registration(
            &headers,
            Url::parse("https://db3-client-s.gateway.messenger.live.com").unwrap(),
            NOW,
        )
    }

    #[test]
    fn token_and_end_are_read_in_any_letter_case() {
        for header in [
            "registrationToken=U2ln+/bmF0dXJl==; expires=1735776000; endpointId={c1d4ecb0-c54f}",
            "REGISTRATIONTOKEN=U2ln+/bmF0dXJl==;expires=1735776000",
        ] {
            let registration = read(header).unwrap();
            let sent = registration.token.header("registrationToken");
            assert_eq!(sent, "registrationToken=U2ln+/bmF0dXJl==");
            assert!(registration.token.is_fresh(NOW + Duration::from_secs(86_000)));
            assert!(!registration.token.is_fresh(NOW + Duration::from_secs(86_400)));
        }
    }

    #[test]
    fn without_an_end_it_serves_this_run_only() {
        for header in [
            "registrationToken=abc",
            "registrationToken=abc; expires=soon",
            "registrationToken=abc; expires=1",
        ] {
            let token = read(header).unwrap().token;
            assert!(
                token.is_fresh(NOW) && !token.is_fresh(NOW + Duration::from_secs(3600)),
                "{header}"
            );
        }
    }

    #[test]
    fn no_token_is_an_error() {
        for header in [
            "",
            "expires=1735776000",
            "registrationToken=",
            "registrationToken=a b; expires=1",
            "garbage",
        ] {
            assert_eq!(read(header).unwrap_err().whose_move, Side::Service, "{header}");
        }
    }

    #[test]
    fn fuzz_answer_to_a_registration() {
        let host = Url::parse("https://db3-client-s.gateway.messenger.live.com").unwrap();
        let samples: [&[u8]; 3] = [
            b"registrationToken=U2ln+/hunter2=; expires=1735776000; endpointId={c1d4ecb0-c54f}",
            b"registrationToken=hunter2",
            b"https://db3-client-s.gateway.messenger.live.com/v1/users/ME/endpoints/%7Bc1d4ecb0-c54f%7D",
        ];
        fuzz_up_to(http::HEADER, "registration answer", &samples, |header| {
            let Ok(value) = HeaderValue::from_bytes(header) else {
                return;
            };
            let headers = HeaderMap::from_iter([(HeaderName::from_static("set-registrationtoken"), value)]);
            match registration(&headers, host.clone(), NOW) {
                Ok(registration) => assert!(registration.token.is_fresh(NOW)),
                Err(error) => assert_tellable(&error.text, &["hunter2"]),
            }
        });
    }
}
