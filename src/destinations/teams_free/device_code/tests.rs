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
fn a_code_that_a_terminal_should_not_show_is_not_taken() {
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
fn the_ends_of_a_sign_in_are_told_apart() {
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
fn fuzz_device_code_answers() {
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
