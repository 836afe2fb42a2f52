//! The secret that the bot signs in with: `{"user": "...", "password": "..."}`.
//!
//! An error names the secret and what is wrong with it, never a part of it: serde's own messages quote what they found.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Secrets Manager's own limit; a larger one is no credentials.
const LARGEST: usize = 64 * 1024;

/// The credentials that the bot signs in with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    user: SecretString,
    password: SecretString,
}

impl Credentials {
    /// The credentials in a secret's text, or a phrase that says what is wrong with it.
    pub fn parse(secret: &SecretString) -> Result<Self, &'static str> {
        let text = secret.expose_secret();
        if text.trim().is_empty() {
            return Err("is empty");
        }
        if text.len() > LARGEST {
            return Err("is larger than 64 KiB");
        }
        let found: Self = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => "must have exactly the keys \"user\" and \"password\", both with text",
            _ => "is not JSON; expected {\"user\": \"...\", \"password\": \"...\"}",
        })?;
        Self::new(found.user(), found.password.expose_secret())
    }

    /// Credentials that can be sent: this way of signing in knows e-mail addresses only, and XML has no control
    /// characters.
    pub fn new(user: &str, password: &str) -> Result<Self, &'static str> {
        let unsendable =
            |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
        if !user.contains('@') {
            return Err("needs an e-mail address as its user: phone numbers and Skype names cannot sign in this way");
        }
        if password.is_empty() {
            return Err("has an empty password");
        }
        if user.contains(unsendable) || password.contains(unsendable) {
            return Err("holds a control character");
        }
        Ok(Self {
            user: user.into(),
            password: password.into(),
        })
    }

    /// Whether both would sign in in the same way.
    pub fn are(&self, other: &Self) -> bool {
        self.user() == other.user() && self.password.expose_secret() == other.password.expose_secret()
    }

    /// The e-mail address.
    pub fn user(&self) -> &str {
        self.user.expose_secret()
    }

    /// The password, or an app password.
    pub fn password(&self) -> &SecretString {
        &self.password
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    #[test]
    fn user_and_password_are_read() {
        let secret = SecretString::from(r#" {"user": "bot@example.com", "password": "p&<>\"'é"} "#);
        let credentials = Credentials::parse(&secret).unwrap();
        assert_eq!(credentials.user(), "bot@example.com");
        assert_eq!(credentials.password().expose_secret(), "p&<>\"'é");
    }

    #[test]
    fn what_is_wrong_is_told_without_quoting_the_secret() {
        let huge = format!(
            r#"{{"user": "hunter2@example.com", "password": "{}"}}"#,
            "hunter2".repeat(10_000)
        );
        for (secret, expected) in [
            ("", "is empty"),
            (" \n", "is empty"),
            (huge.as_str(), "larger than 64 KiB"),
            ("hunter2", "is not JSON"),
            (r#"{"user": "hunter2"#, "is not JSON"),
            (r#""hunter2""#, "exactly the keys"),
            (r#"{"user": "hunter2@example.com"}"#, "exactly the keys"),
            (r#"{"user": "a@b", "password": 4711}"#, "exactly the keys"),
            (r#"{"user": "a@b", "password": "x", "hunter2": 1}"#, "exactly the keys"),
            (r#"{"user": "hunter2", "password": "x"}"#, "e-mail address"),
            (r#"{"user": "a@b", "password": ""}"#, "empty password"),
            (r#"{"user": "a@b", "password": "hunter2\u0001"}"#, "control character"),
        ] {
            let error = Credentials::parse(&SecretString::from(secret)).unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_shows_neither() {
        let shown = format!("{:?}", Credentials::new("a@b.example", "hunter2").unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("a@b.example"), "{shown}");
    }

    #[test]
    fn fuzz_secrets() {
        let samples: [&[u8]; 3] = [
            br#"{"user": "bot@hunter2.example", "password": "hunter2"}"#,
            r#"{"user": "bot@hunter2.example", "password": "hunter2&<>\"'é"}"#.as_bytes(),
            br#"{"user": "hunter2", "password": ["hunter2"]}"#,
        ];
        fuzz("credentials", &samples, |secret| {
            let Ok(text) = std::str::from_utf8(secret) else { return };
            match Credentials::parse(&text.into()) {
                Ok(credentials) => assert!(credentials.user().contains('@')),
                Err(error) => assert_tellable(error, &["hunter2"]),
            }
        });
    }
}
