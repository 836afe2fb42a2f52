//! The secret of a bot that posts to Teams Free: who it is for Microsoft's sign-in, in one JSON object.
//!
//! Each renewal replaces the refresh token, so the function writes this secret. Losing a token means that a person has to
//! sign in again; therefore the one before is kept until its successor has worked, and what else is in the secret may
//! be missing, malformed or new without any harm to the tokens.
//!
//! An error tells what is wrong with the secret, never a part of it: serde's own messages quote what they found.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use url::Url;

use super::{authz::Granted, hosts};
use crate::destinations::conversation::token::{Token, exposed};

/// Secrets Manager's own limit; what is larger is no account.
const LARGEST: usize = 64 * 1024;

/// Of a token, in bytes: Microsoft's are one to three thousand. With several it still fits into a secret.
const LONGEST_TOKEN: usize = 16 * 1024;

/// Who the bot is, and its tokens.
#[derive(Debug, Serialize, Deserialize)]
pub struct Account {
    /// The program that Microsoft takes the bot for; refresh tokens are good for the one that signed in only.
    client_id: String,
    #[serde(serialize_with = "exposed")]
    refresh_token: SecretString,
    /// The one that brought `refresh_token`.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    previous_refresh_token: Option<SecretString>,
    /// What chats are posted with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    session: Option<Session>,
    /// The version of the secret whose refresh tokens were refused; they are not sent again while it is this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    refused: Option<String>,
    /// Who signed in, for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    signed_in_as: Option<String>,
}

/// A Skype token, which Teams Free calls its own, and where it is good.
#[derive(Debug, Serialize, Deserialize)]
pub struct Session {
    /// The token.
    pub token: Token,
    /// The base URL of the chat service, without `/v1`.
    pub chat_service: Url,
}

impl Account {
    /// An account whose first refresh token has just been given.
    pub fn new(client_id: &str, refresh_token: SecretString) -> Self {
        Self {
            client_id: client_id.to_owned(),
            refresh_token,
            previous_refresh_token: None,
            session: None,
            refused: None,
            signed_in_as: None,
        }
    }

    /// The account in a secret's text, or a phrase that says what is wrong with it. A session that would have its token
    /// sent to a foreign host is left out; `teams` is the host in report.yaml.
    pub fn parse(secret: &SecretString, teams: &Url) -> Result<Self, &'static str> {
        let text = secret.expose_secret();
        if text.trim().is_empty() {
            return Err("is empty");
        }
        if text.len() > LARGEST {
            return Err("is larger than 64 KiB");
        }
        let mut account: Self = serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => "must have the keys \"client_id\" and \"refresh_token\", both with text",
            _ => "is not JSON",
        })?;
        if !is_client_id(&account.client_id) {
            return Err("has a \"client_id\" that cannot be one");
        }
        if !is_token(&account.refresh_token) {
            return Err("has a \"refresh_token\" that cannot be one");
        }
        account.previous_refresh_token = account.previous_refresh_token.filter(is_token);
        account.session = account
            .session
            .filter(|session| session.token.is_sendable() && hosts::is_allowed(&session.chat_service, teams));
        Ok(account)
    }

    /// As it is kept.
    pub fn to_secret(&self) -> serde_json::Result<SecretString> {
        serde_json::to_string(self).map(SecretString::from)
    }

    /// The client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The refresh tokens that are worth trying, the best first.
    pub fn refresh_tokens(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.refresh_token).chain(&self.previous_refresh_token)
    }

    /// Keeps what a renewal with `used` has brought. `used` has worked, so what came before it is not needed any more;
    /// whether its successor works is not known yet.
    pub fn renewed(&mut self, used: SecretString, new: SecretString) {
        self.refresh_token = new;
        self.previous_refresh_token = Some(used);
        self.refused = None;
    }

    /// Keeps that the refresh tokens were refused, in the version of the secret that this is written as. Whoever puts the
    /// same text again makes another version of it.
    pub fn refuse(&mut self, version: &str) {
        self.refused = Some(version.to_owned());
    }

    /// Whether this version of the secret says that its refresh tokens were refused.
    pub fn is_refused(&self, version: Option<&str>) -> bool {
        version.is_some() && self.refused.as_deref() == version
    }

    /// The session, while it lasts.
    pub fn session(&self, now: Timestamp) -> Option<&Session> {
        self.session.as_ref().filter(|session| session.token.is_fresh(now))
    }

    /// Keeps what an exchange has brought.
    pub fn granted(&mut self, granted: Granted) {
        self.session = Some(granted.session);
        self.signed_in_as = granted.signed_in_as.or(self.signed_in_as.take());
    }

    /// Forgets a session that was refused.
    pub fn forget_session(&mut self) {
        self.session = None;
    }

    /// Who signed in, if that is known.
    pub fn signed_in_as(&self) -> Option<&str> {
        self.signed_in_as.as_deref()
    }
}

/// Whether it could be a refresh token: what cannot is not worth a request.
pub fn is_token(token: &SecretString) -> bool {
    let text = token.expose_secret();
    (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A GUID, or another of Microsoft's older ids.
pub fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn exposed_if_any<S: Serializer>(text: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => exposed(text, to),
        None => to.serialize_none(),
    }
}

/// What cannot be read is not there.
fn lenient<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(T::deserialize(value).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn teams() -> Url {
        Url::parse("https://teams.live.com").unwrap()
    }

    fn kept() -> Value {
        json!({
            "client_id": "4b3e8f46-56d3-427f-b1e2-d239b2ea6bca",
            "refresh_token": "M.C5_hunter2.new",
            "previous_refresh_token": "M.C5_hunter2.old",
            "session": {
                "token": {"text": "eyJ.hunter2.b", "expires": "2025-01-02T00:00:00Z"},
                "chat_service": "https://teams.live.com/api/chatsvc/consumer",
            },
            "signed_in_as": "bot@example.com",
        })
    }

    fn parse(value: &Value) -> Result<Account, &'static str> {
        Account::parse(&value.to_string().into(), &teams())
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut kept = kept();
        *kept.pointer_mut(pointer).unwrap() = value;
        kept
    }

    fn tokens(account: &Account) -> Vec<&str> {
        account.refresh_tokens().map(ExposeSecret::expose_secret).collect()
    }

    #[test]
    fn it_comes_back_as_it_was_kept() {
        let account = parse(&kept()).unwrap();
        let written: Value = serde_json::from_str(account.to_secret().unwrap().expose_secret()).unwrap();
        assert_eq!(written, kept());
        assert_eq!(tokens(&account), ["M.C5_hunter2.new", "M.C5_hunter2.old"]);
        assert!(account.session(NOW).is_some());
        assert!(account.session(NOW + std::time::Duration::from_secs(86_100)).is_none());
    }

    #[test]
    fn a_refresh_token_is_enough() {
        let account = parse(&json!({"client_id": "a-1", "refresh_token": "t", "of_a_later_release": 1})).unwrap();
        assert_eq!(tokens(&account), ["t"]);
        assert!(account.session(NOW).is_none());
    }

    #[test]
    fn a_new_account_is_one_that_can_be_read() {
        let mut account = Account::new("a-1", "t".into());
        let session = parse(&kept()).unwrap().session.unwrap();
        account.granted(Granted {
            session,
            signed_in_as: Some("bot@example.com".into()),
        });
        let read = Account::parse(&account.to_secret().unwrap(), &teams()).unwrap();
        assert_eq!(
            (tokens(&read), read.signed_in_as()),
            (vec!["t"], Some("bot@example.com"))
        );
        assert!(read.session(NOW).is_some());
    }

    #[test]
    fn a_renewal_keeps_the_token_that_has_worked() {
        let mut account = parse(&kept()).unwrap();
        account.renewed("M.C5_hunter2.new".into(), "newest".into());
        assert_eq!(tokens(&account), ["newest", "M.C5_hunter2.new"]);
        // The newest was refused, and the one before it worked once more.
        account.renewed("M.C5_hunter2.new".into(), "another".into());
        assert_eq!(tokens(&account), ["another", "M.C5_hunter2.new"]);
    }

    #[test]
    fn what_is_not_needed_does_no_harm() {
        for broken in [
            with("/session", json!("hunter2")),
            with("/session/token", json!({"text": 1})),
            with("/session/token/text", json!("two words")),
            with("/session/chat_service", json!("https://evil.example/api")),
            with("/session/chat_service", json!("nonsense")),
        ] {
            let account = parse(&broken).unwrap();
            assert!(account.session(NOW).is_none(), "{broken}");
            assert_eq!(tokens(&account).len(), 2);
        }
        assert_eq!(
            tokens(&parse(&with("/previous_refresh_token", json!(""))).unwrap()).len(),
            1
        );
        assert!(parse(&with("/signed_in_as", json!(7))).is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_without_quoting_the_secret() {
        let huge = json!({"client_id": "a", "refresh_token": "hunter2".repeat(10_000)}).to_string();
        for (secret, expected) in [
            ("".to_owned(), "is empty"),
            (" \n".to_owned(), "is empty"),
            (huge, "larger than 64 KiB"),
            ("hunter2".to_owned(), "is not JSON"),
            (r#"{"refresh_token": "hunter2"#.to_owned(), "is not JSON"),
            (r#""hunter2""#.to_owned(), "must have the keys"),
            (json!({"refresh_token": "hunter2"}).to_string(), "must have the keys"),
            (
                with("/refresh_token", json!(["hunter2"])).to_string(),
                "must have the keys",
            ),
            (
                with("/refresh_token", json!("hunter2 ")).to_string(),
                "\"refresh_token\"",
            ),
            (with("/refresh_token", json!("")).to_string(), "\"refresh_token\""),
            (with("/client_id", json!("hunter2&x=y")).to_string(), "\"client_id\""),
        ] {
            let error = Account::parse(&secret.into(), &teams()).unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", parse(&kept()).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn fuzz_secrets() {
        let samples = [
            kept().to_string(),
            json!({"client_id": "a", "refresh_token": "hunter2"}).to_string(),
        ];
        let samples = samples.each_ref().map(|sample| sample.as_bytes());
        fuzz("teams free account", &samples, |secret| {
            let Ok(text) = std::str::from_utf8(secret) else { return };
            match Account::parse(&text.into(), &teams()) {
                Err(error) => assert_tellable(error, &["hunter2"]),
                Ok(account) => {
                    assert!(account.refresh_tokens().all(is_token));
                    if let Some(session) = account.session(NOW) {
                        assert!(hosts::is_allowed(&session.chat_service, &teams()));
                    }
                    let kept = account.to_secret().unwrap();
                    assert!(Account::parse(&kept, &teams()).is_ok());
                }
            }
        });
    }
}
