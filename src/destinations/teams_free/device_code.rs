//! Signing in on another device (RFC 8628): what Microsoft answers to the request for a code, and how often to ask
//! whether the person is done.

use std::{cmp, time::Duration};

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::{
    account::is_token,
    oauth::{self, Refusal, Tokens},
};

/// The pace of asking while a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The pause between two questions, when the service names none (RFC 8628 section 3.2).
    pub usual: Duration,
    /// The shortest pause.
    pub least: Duration,
    /// The time that is added when the service asks to slow down (section 3.5).
    pub slower: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            usual: Duration::from_secs(5),
            least: Duration::from_secs(1),
            slower: Duration::from_secs(5),
        }
    }
}

/// The longest that a code is waited for, whatever its end.
const LONGEST: u64 = 60 * 60;

/// The life of a code when the service does not say it; Microsoft's live 15 minutes.
const USUAL: u64 = 15 * 60;

/// The two codes of a sign-in: one for a person, and one for this program.
#[derive(Debug)]
pub struct DeviceCode {
    /// The code that this program asks with.
    pub secret: SecretString,
    /// The code that the person types.
    pub user_code: String,
    /// The address where the person types it.
    pub address: Url,
    /// The pause between two questions, if the service names one.
    pub interval: Option<Duration>,
    /// The life of both codes.
    pub life: Duration,
}

/// The codes in an accepted answer, or a phrase that says what is wrong with it. What a terminal is to show cannot hold
/// anything that would control it.
pub fn device_code(body: &[u8]) -> Result<DeviceCode, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let is_code =
        |code: &&str| (1..=32).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_address = |url: &Url| matches!(url.scheme(), "https" | "http") && url.as_str().len() <= 200;
    let secret = text("device_code").map(SecretString::from).filter(is_token);
    let address = text("verification_uri").or_else(|| text("verification_url"));
    let address = address.and_then(|address| Url::parse(address).ok()).filter(is_address);
    let secs = |name: &str| body.get(name).and_then(Value::as_u64);
    Ok(DeviceCode {
        secret: secret.ok_or("the answer holds no device code")?,
        user_code: text("user_code")
            .filter(is_code)
            .ok_or("the answer holds no code for a person")?
            .to_owned(),
        address: address.ok_or("the answer holds no address for a person")?,
        interval: secs("interval").map(|secs| Duration::from_secs(secs.min(LONGEST))),
        life: Duration::from_secs(secs("expires_in").unwrap_or(USUAL).min(LONGEST)),
    })
}

/// Why there is no sign-in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The person has said no.
    #[error("the sign-in was declined")]
    Declined,
    /// The time to sign in is over.
    #[error("the code has expired: nobody has signed in with it in time; start again")]
    Expired,
    /// Something else, as a phrase without any token.
    #[error("{0}")]
    Failed(String),
}

/// The meaning of an answer to the question.
#[derive(Debug)]
pub enum Next {
    /// The person has signed in.
    SignedIn(Tokens),
    /// The question is asked again, after the pause that [`Polling::pause`] tells.
    Ask,
    /// The sign-in is over.
    Over(LoginError),
}

/// The questions whether the person is done.
#[derive(Debug)]
pub struct Polling {
    pace: Pace,
    pause: Duration,
}

impl Polling {
    /// Begins, with the pause that the service wants.
    pub fn new(code: &DeviceCode, pace: Pace) -> Self {
        let pause = cmp::max(code.interval.unwrap_or(pace.usual), pace.least);
        Self { pace, pause }
    }

    /// The pause before the next question.
    pub fn pause(&self) -> Duration {
        self.pause
    }

    /// Slows down after no answer, which may well be a sign of too many questions.
    pub fn unanswered(&mut self) {
        self.pause += self.pace.slower;
    }

    /// Decides about an answer.
    pub fn answered(&mut self, status: u16, body: &[u8]) -> Next {
        let failed = |text: String| Next::Over(LoginError::Failed(text));
        if (200..300).contains(&status) {
            return match oauth::tokens(body) {
                Ok(tokens) if tokens.refresh.is_some() => Next::SignedIn(tokens),
                Ok(_) => failed("the sign-in brought no refresh token".into()),
                Err(because) => failed(because.into()),
            };
        }
        match oauth::refusal(body) {
            Some(Refusal::Pending) => Next::Ask,
            Some(Refusal::SlowDown | Refusal::Passing) => {
                self.unanswered();
                Next::Ask
            }
            Some(Refusal::Expired) => Next::Over(LoginError::Expired),
            Some(Refusal::Declined) => Next::Over(LoginError::Declined),
            _ if status == 429 || status >= 500 => {
                self.unanswered();
                Next::Ask
            }
            Some(Refusal::SignInAgain | Refusal::Client) | None => {
                let number = oauth::error_number(body).map(|number| format!(", AADSTS{number}"));
                failed(format!(
                    "the sign-in was refused (HTTP {status}{})",
                    number.unwrap_or_default()
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests;
