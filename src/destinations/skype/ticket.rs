//! The edge service: exchanges the ticket of a sign-in for a Skype token.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{decision::Step, response::error_code};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::conversation::{
        Step as _,
        token::{Token, life},
    },
};

/// The form that asks for it; the ticket goes in as it is, and is percent-encoded as any field.
pub fn form(ticket: &str) -> [(&'static str, &str); 3] {
    [("partner", "999"), ("access_token", ticket), ("scopes", "client")]
}

/// The Skype token in an answer, or why there is none.
pub fn token(body: &[u8], now: Timestamp) -> Result<Token, PostError> {
    let failed = |side, because: &str| Step::Exchange.failed(side, because);
    let body: Value = serde_json::from_slice(body).map_err(|_| failed(Side::Service, "the answer is not JSON"))?;
    let Some(text) = body.get("skypetoken").and_then(Value::as_str) else {
        // A refusal can come with HTTP 200.
        return Err(match error_code(&body) {
            Some(code) => failed(Side::Operator, &format!("the ticket was refused (code {code})")),
            None => failed(Side::Service, "the answer holds no token"),
        });
    };
    let expires =
        life(body.get("expiresIn")).map(|secs| now.saturating_add(Duration::from_secs(secs)).unwrap_or(Timestamp::MAX));
    Token::given(now, text, expires).ok_or_else(|| failed(Side::Service, "the token cannot be one"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    #[test]
    fn token_and_life_are_read() {
        let body = br#"{"skypetoken":"eyJ.a.b","expiresIn":86400,"skypeid":"live:bot","isBusinessTenant":false}"#;
        let token = token(body, NOW).unwrap();
        assert_eq!(token.header("skypetoken"), "skypetoken=eyJ.a.b");
        assert!(token.is_fresh(NOW + Duration::from_secs(86_000)));
        assert!(!token.is_fresh(NOW + Duration::from_secs(86_200)));
    }

    #[test]
    fn a_token_of_unknown_life_serves_this_run_only() {
        for life in [
            "",
            r#","expiresIn":null"#,
            r#","expiresIn":-1"#,
            r#","expiresIn":0"#,
            r#","expiresIn":"soon""#,
        ] {
            let token = token(format!(r#"{{"skypetoken":"t"{life}}}"#).as_bytes(), NOW).unwrap();
            assert!(token.is_fresh(NOW), "{life}");
            assert!(!token.is_fresh(NOW + Duration::from_secs(3600)), "{life}");
        }
    }

    #[test]
    fn an_absurd_life_is_no_obstacle() {
        let token = token(br#"{"skypetoken":"t","expiresIn":18446744073709551615}"#, NOW).unwrap();
        assert!(token.is_fresh(NOW));
    }

    #[test]
    fn refusals_say_whose_move_it_is() {
        for (body, side, expected) in [
            (
                r#"{"status":{"code":40120,"text":"Bad credentials"}}"#,
                Side::Operator,
                "code 40120",
            ),
            (r#"{"skypetoken":null}"#, Side::Service, "holds no token"),
            (r#"{"skypetoken":"two words"}"#, Side::Service, "cannot be one"),
            ("[]", Side::Service, "holds no token"),
            ("<html>", Side::Service, "not JSON"),
            ("", Side::Service, "not JSON"),
        ] {
            let error = token(body.as_bytes(), NOW).unwrap_err();
            assert_eq!(error.whose_move, side, "{error}");
            assert!(error.text.contains(expected), "{error}");
        }
    }

    #[test]
    fn fuzz_answer_with_a_skype_token() {
        let samples: [&[u8]; 4] = [
            br#"{"skypetoken":"eyJ.hunter2.b","expiresIn":86400,"skypeid":"live:bot","isBusinessTenant":false}"#,
            br#"{"skypetoken":"eyJ.hunter2.b","expiresIn":"86400"}"#,
            br#"{"status":{"code":40120,"text":"hunter2"}}"#,
            br#"{"errorCode":752,"message":"hunter2"}"#,
        ];
        fuzz("ticket answer", &samples, |body| match token(body, NOW) {
            Ok(token) => assert!(token.is_fresh(NOW) && !token.header("skypetoken").is_empty()),
            Err(error) => assert_tellable(&error.text, &["hunter2"]),
        });
    }
}
