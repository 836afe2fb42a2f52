//! A token that is kept between runs, with its end: Skype's tokens, which Teams Free uses too, live a day.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// A token this close to its end counts as expired: a run takes a few minutes, and clocks differ.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The shortest time that a token is used, whatever end it claims: for the run that it was given in, but not for the next.
/// Otherwise a server without an end, or with another time of day, would be asked for tokens without end.
const LEAST_LIFE: Duration = Duration::from_secs(10 * 60);

/// The longest time that a token is used, whatever end it claims.
const LONGEST_LIFE: Duration = Duration::from_secs(48 * 60 * 60);

/// A token and its end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    #[serde(serialize_with = "exposed")]
    text: SecretString,
    expires: Timestamp,
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

    /// Whether it can stand in a header: one that was read from a secret may not.
    pub fn is_sendable(&self) -> bool {
        let text = self.text.expose_secret();
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
    }

    /// Whether it can still be used in this run.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.saturating_add(MARGIN).is_ok_and(|soon| soon < self.expires)
    }

    /// The value of a header, `<name>=<token>`.
    pub fn header(&self, name: &str) -> HeaderValue {
        secret_header(&format!("{name}={}", self.text.expose_secret()))
    }
}

/// A header's value that reqwest does not show.
pub fn secret_header(value: &str) -> HeaderValue {
    // Tokens are graphic ASCII only, so it is always a header's value.
    let mut value = HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The seconds that a service gives a token to live: a number, or a text with one.
pub fn life(named: Option<&Value>) -> Option<u64> {
    named?.as_u64().or_else(|| named?.as_str()?.parse().ok())
}

/// Writes a secret down, to be kept in a store of secrets.
pub(crate) fn exposed<S: Serializer>(text: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

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
        let token = Token::given(NOW, "c2VjcmV0", None).unwrap();
        let shown = format!("{token:?} {:?}", token.header("skypetoken"));
        assert!(!shown.contains("c2VjcmV0"), "{shown}");
    }
}
