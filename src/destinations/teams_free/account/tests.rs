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
fn an_account_comes_back_as_it_was_stored() {
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
fn a_malformed_field_that_is_not_needed_does_no_harm() {
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
fn a_bad_account_is_told_without_quoting_the_secret() {
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
fn the_debug_form_of_an_account_shows_no_token() {
    let shown = format!("{:?}", parse(&kept()).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn fuzz_accounts() {
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
