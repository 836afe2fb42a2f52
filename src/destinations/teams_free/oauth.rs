//! Microsoft's sign-in (OAuth 2.0, v2.0 endpoints for personal accounts): its forms, and what it answers.
//!
//! Paths and grant types are those of Microsoft's identity platform and of RFC 8628 (device code) and RFC 6749. Client id
//! and scope are those of Microsoft's own programs, since none are given out to others for Teams Free.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::account::is_token;

/// A program of Microsoft's own that may ask for the scope below with a device code; clients of Teams Free use it.
pub const CLIENT_ID: &str = "4b3e8f46-56d3-427f-b1e2-d239b2ea6bca";

/// The scope that is asked for: an access token that Teams Free takes, a refresh token, and who signed in.
pub const SCOPE: &str = "service::api.fl.spaces.skype.com::MBI_SSL openid profile offline_access";

/// Below the login host, where device codes are asked for.
pub const DEVICE_CODE_PATH: &str = "consumers/oauth2/v2.0/devicecode";

/// Below the login host, where tokens are asked for.
pub const TOKEN_PATH: &str = "consumers/oauth2/v2.0/token";

/// Asks for tokens with a refresh token.
pub fn renewal<'a>(client_id: &'a str, refresh_token: &'a SecretString) -> [(&'static str, &'a str); 4] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", refresh_token.expose_secret()),
        ("scope", SCOPE),
    ]
}

/// The tokens that a sign-in or a renewal brings.
#[derive(Debug)]
pub struct Tokens {
    /// For Teams Free, once.
    pub access: SecretString,
    /// For the next renewal; a server may leave the one that was used in force.
    pub refresh: Option<SecretString>,
}

/// The tokens in an accepted answer, or a phrase that says what is wrong with it.
pub fn tokens(body: &[u8]) -> Result<Tokens, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON")?;
    let token = |name: &str| {
        let token = SecretString::from(body.get(name)?.as_str()?);
        is_token(&token).then_some(token)
    };
    Ok(Tokens {
        access: token("access_token").ok_or("the answer holds no access token")?,
        refresh: token("refresh_token"),
    })
}

/// The reason of a refusal (RFC 6749 section 5.2, RFC 8628 section 3.5, and Microsoft's own words).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The refresh token is not good any more, or a person has to do something at the sign-in.
    SignInAgain,
    /// The program that Microsoft takes the bot for is not accepted.
    Client,
    /// The service has a fault that may pass.
    Passing,
    /// The person has not finished signing in.
    Pending,
    /// The person has not finished, and the question comes too often.
    SlowDown,
    /// The device code has expired.
    Expired,
    /// The person has said no.
    Declined,
}

/// The refusal in an answer, if it names one that is known.
pub fn refusal(body: &[u8]) -> Option<Refusal> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(match body.get("error")?.as_str()? {
        "invalid_grant"
        | "interaction_required"
        | "login_required"
        | "consent_required"
        | "account_selection_required" => Refusal::SignInAgain,
        "invalid_client" | "unauthorized_client" => Refusal::Client,
        "temporarily_unavailable" | "server_error" => Refusal::Passing,
        "authorization_pending" => Refusal::Pending,
        "slow_down" => Refusal::SlowDown,
        "expired_token" | "code_expired" => Refusal::Expired,
        "access_denied" | "authorization_declined" => Refusal::Declined,
        _ => return None,
    })
}

/// The number of Microsoft's own error, as in `AADSTS70000`: it is what people search for.
pub fn error_number(body: &[u8]) -> Option<i64> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.pointer("/error_codes/0")?.as_i64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::fuzz::fuzz;

    #[test]
    fn tokens_are_read() {
        let body = json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "EwA", "refresh_token": "M.C5"});
        let read = tokens(body.to_string().as_bytes()).unwrap();
        assert_eq!(read.access.expose_secret(), "EwA");
        assert_eq!(read.refresh.unwrap().expose_secret(), "M.C5");
    }

    #[test]
    fn a_refresh_token_may_stay_in_force() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
            r#"{"access_token":"a","refresh_token":7}"#,
        ] {
            assert!(tokens(body.as_bytes()).unwrap().refresh.is_none(), "{body}");
        }
    }

    #[test]
    fn an_answer_without_an_access_token_is_none() {
        for body in ["", "<html>"] {
            assert_eq!(tokens(body.as_bytes()).unwrap_err(), "the answer is not JSON");
        }
        for body in [
            "[]",
            "{}",
            r#"{"access_token":null}"#,
            r#"{"access_token":"a b"}"#,
            r#"{"refresh_token":"M"}"#,
        ] {
            assert_eq!(
                tokens(body.as_bytes()).unwrap_err(),
                "the answer holds no access token",
                "{body}"
            );
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let read = |error: &str| {
            refusal(
                json!({"error": error, "error_description": "AADSTS"})
                    .to_string()
                    .as_bytes(),
            )
        };
        assert_eq!(read("invalid_grant"), Some(Refusal::SignInAgain));
        assert_eq!(read("interaction_required"), Some(Refusal::SignInAgain));
        assert_eq!(read("unauthorized_client"), Some(Refusal::Client));
        assert_eq!(read("temporarily_unavailable"), Some(Refusal::Passing));
        assert_eq!(read("authorization_pending"), Some(Refusal::Pending));
        assert_eq!(read("slow_down"), Some(Refusal::SlowDown));
        assert_eq!(read("code_expired"), Some(Refusal::Expired));
        assert_eq!(read("authorization_declined"), Some(Refusal::Declined));
        assert_eq!(read("invalid_request"), None);
        assert_eq!(refusal(b"<html>"), None);
        assert_eq!(
            error_number(br#"{"error":"invalid_grant","error_codes":[70000]}"#),
            Some(70_000)
        );
        assert_eq!(error_number(br#"{"error":"invalid_grant","error_codes":[]}"#), None);
    }

    #[test]
    fn fuzz_answer_with_oauth_tokens() {
        let samples: [&[u8]; 3] = [
            br#"{"token_type":"Bearer","expires_in":3600,"access_token":"EwA","refresh_token":"M.C5","id_token":"e.y"}"#,
            br#"{"error":"invalid_grant","error_description":"AADSTS70000","error_codes":[70000]}"#,
            br#"{"error":"authorization_pending"}"#,
        ];
        fuzz("sign-in answer", &samples, |body| {
            let _ = (refusal(body), error_number(body));
            if let Ok(tokens) = tokens(body) {
                assert!(is_token(&tokens.access) && tokens.refresh.iter().all(is_token));
            }
        });
    }
}
