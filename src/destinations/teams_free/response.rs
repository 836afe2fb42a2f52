//! Reading answers: the headers and the body may be in any state.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    authz,
    decision::{Step, TeamsFreeResponse},
    oauth,
};
use crate::destinations::http::{self, Reply};

/// Reads the answer to a step's request.
pub fn read(step: Step, reply: &Reply, now: Timestamp) -> TeamsFreeResponse {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let is_renewal = step == Step::Renew;
    TeamsFreeResponse {
        status: reply.status.as_u16(),
        code: match is_renewal {
            true => oauth::error_number(&reply.body),
            false => authz::error_code(&body),
        },
        refusal: oauth::refusal(&reply.body).filter(|_| is_renewal),
        about_token: step == Step::Post && is_about_token(&body),
        retry_after: http::retry_after(&reply.headers, now),
    }
}

/// `{"errorCode": ..., "message": "... token ..."}`
fn is_about_token(body: &Value) -> bool {
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
    message.to_ascii_lowercase().contains("token")
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::RETRY_AFTER};

    use super::*;
    use crate::{
        destinations::teams_free::oauth::Refusal,
        testing::fuzz::{assert_tellable, fuzz},
    };

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn reply(status: u16, body: &[u8]) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: [(RETRY_AFTER, "7".parse().unwrap())].into_iter().collect(),
            body: body.to_vec(),
            broken_off: false,
        }
    }

    #[test]
    fn each_services_words_are_read_where_they_belong() {
        let refused = br#"{"error":"invalid_grant","error_codes":[70000]}"#;
        let read = |step, body: &[u8]| read(step, &reply(400, body), NOW);
        let answer = read(Step::Renew, refused);
        assert_eq!(
            (answer.refusal, answer.code),
            (Some(Refusal::SignInAgain), Some(70_000))
        );
        assert_eq!(answer.retry_after, Some(std::time::Duration::from_secs(7)));
        assert_eq!(read(Step::Post, refused).refusal, None);
        assert_eq!(read(Step::Exchange, br#"{"status":{"code":40120}}"#).code, Some(40_120));
        assert_eq!(read(Step::Post, br#"{"errorCode":803,"message":"x"}"#).code, Some(803));
    }

    #[test]
    fn a_refused_token_is_known_by_its_text() {
        let is_about = |text: &str| {
            let body = serde_json::json!({"errorCode": 0, "message": text}).to_string();
            read(Step::Post, &reply(403, body.as_bytes()), NOW).about_token
        };
        assert!(is_about("SkypeToken has expired") && is_about("Invalid token"));
        assert!(!is_about("User is not a member of the thread"));
    }

    #[test]
    fn fuzz_responses_of_teams_free() {
        let samples: [&[u8]; 3] = [
            br#"{"errorCode":803,"message":"hunter2"}"#,
            br#"{"error":"invalid_grant","error_description":"hunter2","error_codes":[70000]}"#,
            br#"{"value":{"code":40120}}"#,
        ];
        fuzz("teams free answer", &samples, |body| {
            for step in [Step::Renew, Step::Exchange, Step::Post] {
                let answer = read(step, &reply(403, body), NOW);
                assert_tellable(&answer.to_string(), &["hunter2"]);
            }
        });
    }
}
