//! The exchange of an access token for a Skype token, which Teams Free kept for its chats.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::hosts;
use crate::destinations::conversation::token::{Token, life};

/// Below the host of Teams.
pub const PATH: &str = "api/auth/v1.0/authz/consumer";

/// The longest life of a token, whatever end it claims: a refresh token lives on only by being used, about once a
/// day.
const DAY: u64 = 24 * 60 * 60;

/// A Skype token, which Teams Free calls its own, and where it is good.
#[derive(Debug, Serialize, Deserialize)]
pub struct Session {
    /// The token.
    pub token: Token,
    /// The base URL of the chat service, without `/v1`.
    pub chat_service: Url,
}

/// The result of an exchange.
#[derive(Debug)]
pub struct Granted {
    /// The session that chats are posted with.
    pub session: Session,
    /// The account's name, as people know it.
    pub signed_in_as: Option<String>,
}

/// The Skype token in an accepted answer, or a phrase that says what is wrong with it. Today's answers have it in
/// `skypeToken`, with its life and its owner; older ones in `tokens`.
pub fn granted(body: &[u8], now: Timestamp, teams: &Url) -> Result<Granted, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON")?;
    let field = |name: &str| body.pointer(&format!("/skypeToken/{name}"));
    let older = |name: &str| body.pointer(&format!("/tokens/{name}"));
    let text = field("skypetoken")
        .or_else(|| older("skypeToken"))
        .and_then(Value::as_str);
    let life = life(field("expiresIn").or_else(|| older("expiresIn")));
    let expires = life.and_then(|secs| now.checked_add(Duration::from_secs(secs.min(DAY))).ok());
    let token =
        Token::given(now, text.ok_or("the answer holds no token")?, expires).ok_or("the token cannot be one")?;
    let named = body.pointer("/regionGtms/chatServiceAfd").and_then(Value::as_str);
    let owner = field("signinname").and_then(Value::as_str);
    Ok(Granted {
        session: Session {
            token,
            chat_service: hosts::chat_service(named, teams),
        },
        signed_in_as: owner.filter(|name| is_name(name)).map(str::to_owned),
    })
}

/// Whether a name can be shown and stored.
fn is_name(text: &str) -> bool {
    (1..=320).contains(&text.len()) && !text.contains(char::is_control)
}

/// The error code of a refusal, in each of the three places where the service puts it.
pub fn error_code(body: &Value) -> Option<i64> {
    ["/status/code", "/errorCode", "/value/code"]
        .iter()
        .find_map(|place| body.pointer(place)?.as_i64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn teams() -> Url {
        Url::parse("https://teams.live.com").unwrap()
    }

    fn read(body: &Value) -> Result<Granted, &'static str> {
        granted(body.to_string().as_bytes(), NOW, &teams())
    }

    fn todays() -> Value {
        json!({
            "skypeToken": {
                "skypetoken": "eyJ.hunter2.b", "expiresIn": 86_397, "skypeid": "live:.cid.0123456789abcdef",
                "signinname": "bot@example.com", "isBusinessTenant": false,
            },
            "regionGtms": {
                "chatService": "https://msgapi.teams.live.com",
                "chatServiceAfd": "https://teams.live.com/api/chatsvc/consumer",
            },
        })
    }

    #[test]
    fn token_life_owner_and_chat_service_are_read() {
        let granted = read(&todays()).unwrap();
        assert_eq!(granted.session.token.header("skypetoken"), "skypetoken=eyJ.hunter2.b");
        assert!(granted.session.token.is_fresh(NOW + Duration::from_secs(86_000)));
        assert!(!granted.session.token.is_fresh(NOW + Duration::from_secs(86_397 - 300)));
        assert_eq!(
            granted.session.chat_service.as_str(),
            "https://teams.live.com/api/chatsvc/consumer"
        );
        assert_eq!(granted.signed_in_as.as_deref(), Some("bot@example.com"));
    }

    #[test]
    fn the_older_shape_is_read() {
        let granted = read(&json!({"tokens": {"skypeToken": "eyJ", "expiresIn": "3600"}})).unwrap();
        assert!(granted.session.token.is_fresh(NOW + Duration::from_secs(3299)));
        assert!(!granted.session.token.is_fresh(NOW + Duration::from_secs(3300)));
        assert_eq!(
            granted.session.chat_service.as_str(),
            "https://teams.live.com/api/chatsvc/consumer"
        );
        assert_eq!(granted.signed_in_as, None);
    }

    #[test]
    fn a_token_serves_a_day_at_most_and_this_run_at_least() {
        let expiring = |life: Value| {
            let mut body = todays();
            body["skypeToken"]["expiresIn"] = life;
            read(&body).unwrap().session.token
        };
        for life in [json!(604_800), json!(u64::MAX), json!("18446744073709551615")] {
            let token = expiring(life.clone());
            assert!(token.is_fresh(NOW + Duration::from_secs(86_000)), "{life}");
            assert!(!token.is_fresh(NOW + Duration::from_secs(86_400)), "{life}");
        }
        for life in [json!(null), json!(-1), json!(0), json!("soon")] {
            let token = expiring(life.clone());
            assert!(
                token.is_fresh(NOW) && !token.is_fresh(NOW + Duration::from_secs(3600)),
                "{life}"
            );
        }
    }

    #[test]
    fn a_foreign_chat_service_is_not_followed() {
        let mut body = todays();
        body["regionGtms"]["chatServiceAfd"] = "https://evil.example/api/chatsvc/consumer".into();
        let session = read(&body).unwrap().session;
        assert_eq!(
            session.chat_service.as_str(),
            "https://teams.live.com/api/chatsvc/consumer"
        );
    }

    #[test]
    fn what_holds_no_token_is_told() {
        for (body, expected) in [
            (json!([]), "holds no token"),
            (json!({"skypeToken": {"skypetoken": 7}}), "holds no token"),
            (json!({"skypeToken": {"skypetoken": "two words"}}), "cannot be one"),
            (json!({"tokens": {"skypeToken": ""}}), "cannot be one"),
        ] {
            assert!(read(&body).unwrap_err().contains(expected), "{body}");
        }
        assert_eq!(granted(b"<html>", NOW, &teams()).unwrap_err(), "the answer is not JSON");
    }

    #[test]
    fn all_three_ways_of_refusing_are_read() {
        for body in [
            json!({"status": {"code": 40_120, "text": "x"}}),
            json!({"errorCode": 40_120, "message": "x"}),
            json!({"value": {"code": 40_120}}),
        ] {
            assert_eq!(error_code(&body), Some(40_120));
        }
        assert_eq!(
            error_code(&json!({"errorCode": "UserLicenseNotPresentForbidden"})),
            None
        );
    }

    #[test]
    fn fuzz_answer_with_a_teams_free_token() {
        let samples = [
            todays().to_string(),
            json!({"tokens": {"skypeToken": "eyJ.hunter2.b", "expiresIn": 86_400}}).to_string(),
            json!({"status": {"code": 40_120, "text": "hunter2"}}).to_string(),
        ];
        let samples = samples.each_ref().map(|sample| sample.as_bytes());
        fuzz("skype token answer", &samples, |body| {
            match granted(body, NOW, &teams()) {
                Ok(granted) => {
                    assert!(granted.session.token.is_fresh(NOW));
                    assert!(hosts::is_allowed(&granted.session.chat_service, &teams()));
                }
                Err(error) => assert_tellable(error, &["hunter2"]),
            }
        });
    }
}
