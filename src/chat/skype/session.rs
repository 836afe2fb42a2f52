//! The tokens that a sign-in brings. Both live a day, so they are kept in a secret of their own between runs: logins
//! are what Skype throttles and locks.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use super::hosts;

/// A token this close to its end counts as expired: a run takes a few minutes, and clocks differ.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// How long a token is used at least, whatever end it claims: for the run that it was given in, but not for the next.
/// Otherwise a server without an end, or with another time of day, would be asked for tokens without end.
const LEAST_LIFE: Duration = Duration::from_secs(10 * 60);

/// How long a token is used at most, whatever end it claims.
const LONGEST_LIFE: Duration = Duration::from_secs(48 * 60 * 60);

/// What a sign-in has brought, and whose it is.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The e-mail address that signed in: with other credentials it is no session.
    pub user: String,
    /// The bot's own Skype id, without `8:`, where the sign-in told it.
    pub own_id: Option<String>,
    /// Registers endpoints.
    pub skype: Option<Token>,
    /// Posts messages.
    pub registration: Option<Registration>,
}

/// A token and its end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    #[serde(serialize_with = "exposed")]
    text: SecretString,
    expires: Timestamp,
}

/// A registration token is good only on the host that gave it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The token, without `registrationToken=`.
    pub token: Token,
    /// The host, without `/v1`.
    pub host: Url,
}

impl Session {
    /// The session in a secret's text, unless that is empty, malformed, or would have its token sent to a host that is
    /// none of Skype's.
    pub fn parse(secret: &SecretString, configured: &Url) -> Option<Self> {
        let session: Self = serde_json::from_str(secret.expose_secret()).ok()?;
        let registration = session.registration.as_ref();
        let is_sendable = session
            .skype
            .iter()
            .chain(registration.map(|it| &it.token))
            .all(Token::is_sendable);
        let is_at_home = registration.is_none_or(|it| hosts::is_allowed(&it.host, configured));
        (is_sendable && is_at_home).then_some(session)
    }

    /// As it is kept.
    pub fn to_secret(&self) -> serde_json::Result<SecretString> {
        serde_json::to_string(self).map(SecretString::from)
    }
}

impl Token {
    /// A token that has been given `now`, with the end that the server named, unless it could not stand in a header.
    pub fn given(now: Timestamp, text: &str, expires: Option<Timestamp>) -> Option<Self> {
        let after = |life| now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let least = after(LEAST_LIFE);
        let token = Self {
            text: text.into(),
            expires: expires.unwrap_or(least).max(least).min(after(LONGEST_LIFE)),
        };
        token.is_sendable().then_some(token)
    }

    fn is_sendable(&self) -> bool {
        let text = self.text.expose_secret();
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
    }

    /// Whether it can still be used in this run.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.saturating_add(MARGIN).is_ok_and(|soon| soon < self.expires)
    }

    /// A header's value that reqwest does not show, `<name>=<token>`.
    pub fn header(&self, name: &str) -> HeaderValue {
        // Graphic ASCII only, so it is always a header's value.
        let value = format!("{name}={}", self.text.expose_secret());
        let mut value = HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

fn exposed<S: Serializer>(text: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text.expose_secret())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::fuzz::fuzz;

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);
    const SKYPE: &str = "https://client-s.gateway.messenger.live.com/";

    fn session(host: &str, token: &str) -> SecretString {
        serde_json::json!({
            "user": "bot@example.com",
            "own_id": "live:bot",
            "skype": {"text": "eyJ.a.b", "expires": "2025-01-02T00:00:00Z"},
            "registration": {"token": {"text": token, "expires": "2025-01-02T00:00:00Z"}, "host": host},
        })
        .to_string()
        .into()
    }

    #[test]
    fn it_comes_back_as_it_was_kept() {
        let skype = Url::parse(SKYPE).unwrap();
        let kept = session("https://db3-client-s.gateway.messenger.live.com/", "abc=");
        let read = Session::parse(&kept, &skype).unwrap();
        assert_eq!(
            read.registration.as_ref().unwrap().token.header("registrationToken"),
            "registrationToken=abc="
        );
        let again = Session::parse(&read.to_secret().unwrap(), &skype).unwrap();
        assert_eq!(
            again.to_secret().unwrap().expose_secret(),
            read.to_secret().unwrap().expose_secret()
        );
    }

    #[test]
    fn what_is_no_session_is_none() {
        let skype = Url::parse(SKYPE).unwrap();
        for text in [
            "",
            "{}",
            "null",
            "[]",
            "not json",
            r#"{"user": 1}"#,
            r#"{"user": "a", "more": 1}"#,
        ] {
            assert!(Session::parse(&text.into(), &skype).is_none(), "{text}");
        }
        assert!(Session::parse(&session(SKYPE, "a\nb"), &skype).is_none());
        assert!(Session::parse(&session(SKYPE, ""), &skype).is_none());
        for host in [
            "https://evil.example/",
            "http://db3-client-s.gateway.messenger.live.com/",
            "http://127.0.0.1:1/",
        ] {
            assert!(Session::parse(&session(host, "abc"), &skype).is_none(), "{host}");
        }
    }

    #[test]
    fn a_token_expires_five_minutes_early() {
        let token = Token::given(NOW, "t", Some(NOW + Duration::from_secs(86_400))).unwrap();
        assert!(token.is_fresh(NOW + Duration::from_secs(86_099)));
        assert!(!token.is_fresh(NOW + Duration::from_secs(86_100)));
    }

    #[test]
    fn whatever_its_end_it_serves_this_run() {
        let hour = Duration::from_secs(3600);
        for end in [
            None,
            Some(NOW),
            Some(NOW - hour),
            Some(Timestamp::MIN),
            Some(NOW + Duration::from_secs(1)),
        ] {
            let token = Token::given(NOW, "t", end).unwrap();
            assert!(token.is_fresh(NOW) && !token.is_fresh(NOW + hour), "{end:?}");
        }
        assert!(
            !Token::given(NOW, "t", Some(Timestamp::MAX))
                .unwrap()
                .is_fresh(NOW + LONGEST_LIFE)
        );
    }

    #[test]
    fn debug_shows_no_token() {
        let session = Session::parse(&session(SKYPE, "c2VjcmV0"), &Url::parse(SKYPE).unwrap()).unwrap();
        let shown = format!("{session:?} {:?}", session.skype.as_ref().unwrap().header("skypetoken"));
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("eyJ"), "{shown}");
    }

    #[test]
    fn fuzz_secrets() {
        let skype = Url::parse(SKYPE).unwrap();
        let kept = [
            session("https://db3-client-s.gateway.messenger.live.com/", "abc="),
            session(SKYPE, "hunter2"),
        ];
        let samples = kept.each_ref().map(|kept| kept.expose_secret().as_bytes());
        fuzz("session", &samples, |secret| {
            let Ok(text) = std::str::from_utf8(secret) else { return };
            let Some(session) = Session::parse(&text.into(), &skype) else {
                return;
            };
            session.to_secret().unwrap();
            for token in session
                .skype
                .iter()
                .chain(session.registration.as_ref().map(|it| &it.token))
            {
                assert!(token.header("name").len() > "name=".len());
                let _ = token.is_fresh(NOW);
            }
            if let Some(registration) = &session.registration {
                assert!(hosts::is_allowed(&registration.host, &skype), "{}", registration.host);
            }
        });
    }
}
