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

/// How one waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The pause between two questions, when the service names none (RFC 8628 section 3.2).
    pub usual: Duration,
    /// The shortest pause.
    pub least: Duration,
    /// What is added when the service asks to slow down (section 3.5).
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

/// How long a code is good for when the service does not say; Microsoft's are for 15 minutes.
const USUAL: u64 = 15 * 60;

/// A code for a person, and one for us.
#[derive(Debug)]
pub struct DeviceCode {
    /// What is asked with.
    pub secret: SecretString,
    /// What the person types.
    pub user_code: String,
    /// Where the person types it.
    pub address: Url,
    /// The pause between two questions, if the service names one.
    pub interval: Option<Duration>,
    /// How long the codes are good for.
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
    /// Nobody has signed in in time.
    #[error("the code has expired: nobody has signed in with it in time; start again")]
    Expired,
    /// Something else, as a phrase without any token.
    #[error("{0}")]
    Failed(String),
}

/// What an answer to the question means.
#[derive(Debug)]
pub enum Next {
    /// The person has signed in.
    SignedIn(Tokens),
    /// The question is asked again, after the pause that [`Polling::pause`] tells.
    Ask,
    /// It is over.
    Over(LoginError),
}

/// Asking whether the person is done.
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

    /// How long to wait before the next question.
    pub fn pause(&self) -> Duration {
        self.pause
    }

    /// There was no answer, which may well be a sign of too many questions.
    pub fn unanswered(&mut self) {
        self.pause += self.pace.slower;
    }

    /// There was this answer.
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
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    const ANSWER: &str = r#"{"user_code":"ABCD1234","device_code":"hunter2","interval":5,"expires_in":900,
        "verification_uri":"https://www.microsoft.com/link","message":"To sign in, ..."}"#;

    fn polling() -> Polling {
        Polling::new(&device_code(ANSWER.as_bytes()).unwrap(), Pace::default())
    }

    fn error(next: Next) -> LoginError {
        match next {
            Next::Over(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn codes_address_and_times_are_read() {
        let code = device_code(ANSWER.as_bytes()).unwrap();
        assert_eq!(
            (code.user_code.as_str(), code.secret.expose_secret()),
            ("ABCD1234", "hunter2")
        );
        assert_eq!(code.address.as_str(), "https://www.microsoft.com/link");
        assert_eq!(
            (code.interval, code.life),
            (Some(Duration::from_secs(5)), Duration::from_secs(900))
        );
        assert!(!format!("{code:?}").contains("hunter2"));
    }

    #[test]
    fn times_that_are_not_told_or_absurd_are_usual_ones() {
        let read = |interval: Value, life: Value| {
            let body = json!({
                "user_code": "A", "device_code": "d", "verification_url": "https://x.example", "interval": interval,
                "expires_in": life,
            });
            device_code(body.to_string().as_bytes()).unwrap()
        };
        let code = read(json!(null), json!("soon"));
        assert_eq!((code.interval, code.life), (None, Duration::from_secs(900)));
        assert_eq!(Polling::new(&code, Pace::default()).pause(), Duration::from_secs(5));
        let code = read(json!(0), json!(u64::MAX));
        assert_eq!(code.life, Duration::from_secs(3600));
        assert_eq!(Polling::new(&code, Pace::default()).pause(), Duration::from_secs(1));
    }

    #[test]
    fn what_a_terminal_should_not_show_is_not_taken() {
        let with = |name: &str, value: &str| {
            let mut body: Value = serde_json::from_str(ANSWER).unwrap();
            body[name] = value.into();
            device_code(body.to_string().as_bytes())
        };
        assert!(with("user_code", "\u{1b}[31mRED").is_err());
        assert!(with("user_code", "").is_err());
        assert!(with("device_code", "a b").is_err());
        assert!(with("verification_uri", "javascript:alert(1)").is_err());
        let address = with("verification_uri", "https://x.example/\u{1b}[31m")
            .unwrap()
            .address;
        assert!(!address.as_str().contains('\u{1b}'), "{address}");
    }

    #[test]
    fn pending_keeps_the_pace_and_slow_down_slows_it_for_good() {
        let mut polling = polling();
        let mut ask = |error: &str, secs| {
            let next = polling.answered(400, json!({"error": error}).to_string().as_bytes());
            assert!(matches!(next, Next::Ask), "{next:?}");
            assert_eq!(polling.pause(), Duration::from_secs(secs), "{error}");
        };
        ask("authorization_pending", 5);
        ask("slow_down", 10);
        ask("authorization_pending", 10);
        ask("slow_down", 15);
        ask("temporarily_unavailable", 20);
        assert!(matches!(polling.answered(503, b"<html>"), Next::Ask));
        polling.unanswered();
        assert_eq!(polling.pause(), Duration::from_secs(30));
    }

    #[test]
    fn the_ends_are_told_apart() {
        let end = |body: Value| error(polling().answered(400, body.to_string().as_bytes()));
        assert_eq!(end(json!({"error": "authorization_declined"})), LoginError::Declined);
        assert_eq!(end(json!({"error": "access_denied"})), LoginError::Declined);
        assert_eq!(end(json!({"error": "expired_token"})), LoginError::Expired);
        assert_eq!(
            end(json!({"error": "invalid_grant", "error_codes": [70_000]})).to_string(),
            "the sign-in was refused (HTTP 400, AADSTS70000)"
        );
        assert_eq!(
            end(json!({"error": "hunter2"})).to_string(),
            "the sign-in was refused (HTTP 400)"
        );
        for (body, expected) in [
            (r#"{"access_token":"a"}"#, "no refresh token"),
            ("<html>", "not JSON"),
            ("{}", "no access token"),
        ] {
            let error = error(polling().answered(200, body.as_bytes())).to_string();
            assert!(error.contains(expected), "{error}");
        }
        let next = polling().answered(200, br#"{"access_token":"a","refresh_token":"r"}"#);
        assert!(matches!(next, Next::SignedIn(_)), "{next:?}");
    }

    #[test]
    fn fuzz_answers() {
        let samples: [&[u8]; 4] = [
            ANSWER.as_bytes(),
            br#"{"error":"authorization_pending","error_description":"hunter2"}"#,
            br#"{"error":"invalid_grant","error_codes":[70000],"error_description":"hunter2"}"#,
            br#"{"access_token":"hunter2","refresh_token":"hunter2"}"#,
        ];
        fuzz("device code answer", &samples, |body| {
            match device_code(body) {
                Err(error) => assert_tellable(error, &["hunter2"]),
                Ok(code) => {
                    assert_tellable(&code.user_code, &[]);
                    assert_tellable(code.address.as_str(), &[]);
                }
            }
            for status in [200, 400, 503] {
                if let Next::Over(error) = polling().answered(status, body) {
                    assert_tellable(&error.to_string(), &["hunter2"]);
                }
            }
        });
    }
}
