//! The tokens that a sign-in brings. Both live a day, so they are kept in a secret of their own between runs: logins
//! are what Skype throttles and locks.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::hosts;
use crate::destinations::conversation::token::Token;

/// A session: everything that a sign-in has brought, and whose it is. Fields of other releases do no harm.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Session {
    /// The e-mail address that signed in: with other credentials it is no session.
    pub user: String,
    /// Registers endpoints.
    pub skype: Option<Token>,
    /// Posts messages.
    pub registration: Option<Registration>,
    /// The version of the credentials' secret that was refused: it is not sent again. No part of the credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
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

    /// The text to store.
    pub fn to_secret(&self) -> serde_json::Result<SecretString> {
        serde_json::to_string(self).map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::testing::fuzz::fuzz;

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);
    const SKYPE: &str = "https://client-s.gateway.messenger.live.com/";

    fn session(host: &str, token: &str) -> SecretString {
        serde_json::json!({
            "user": "bot@example.com",
            "skype": {"text": "eyJ.a.b", "expires": "2025-01-02T00:00:00Z"},
            "registration": {"token": {"text": token, "expires": "2025-01-02T00:00:00Z"}, "host": host},
        })
        .to_string()
        .into()
    }

    #[test]
    fn a_session_comes_back_as_it_was_stored() {
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

    /// An earlier release stored the bot's own Skype id, too.
    #[test]
    fn the_session_of_another_release_saves_a_login() {
        let skype = Url::parse(SKYPE).unwrap();
        let mut stored: serde_json::Value = serde_json::from_str(session(SKYPE, "abc=").expose_secret()).unwrap();
        for own_id in [serde_json::json!("live:bot"), serde_json::Value::Null] {
            stored["own_id"] = own_id;
            let read = Session::parse(&stored.to_string().into(), &skype).unwrap();
            assert!(read.skype.is_some_and(|token| token.is_fresh(NOW)) && read.registration.is_some());
        }
    }

    #[test]
    fn a_text_that_is_no_session_is_none() {
        let skype = Url::parse(SKYPE).unwrap();
        for text in ["", "{}", "null", "[]", "not json", r#"{"user": 1}"#] {
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
