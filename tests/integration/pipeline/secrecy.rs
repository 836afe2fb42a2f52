//! No secret leaves the function but to whom it is for: the real binary is run at trace level in both log formats, when
//! all is well and when it is not, and all that it says is searched.

mod credential_recorder;

use serde_json::{Value, json};
use testkit::{
    accounts::{SESSION_SECRET, SKYPE_SECRET},
    skype::{Fault, PASSWORD, Step, USER},
};

use crate::worlds::function::{EXTERNAL_ID, FunctionWorld, Said, WRONG_EXTERNAL_ID, event};
use credential_recorder::CredentialRecorder;

/// A password that Skype does not take.
const WRONG_PASSWORD: &str = "hunter2-is-the-wrong-password";

/// As it is, and as it is written in XML, JSON, forms and Rust.
fn spellings(secret: &str) -> Vec<String> {
    let quoted = |text: String| text.trim_matches('"').to_owned();
    vec![
        secret.to_owned(),
        secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        quoted(Value::from(secret).to_string()),
        quoted(Value::from(Value::from(secret).to_string()).to_string()),
        quoted(format!("{secret:?}")),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
    ]
}

#[track_caller]
fn search(what: &str, said: &Said, secrets: &[String]) {
    let text = said.text();
    for secret in secrets.iter().flat_map(|secret| spellings(secret)) {
        if let Some(at) = text.find(&secret) {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let line: String = text[line..]
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(600)
                .collect();
            panic!("{what}: {secret} is in: {line}");
        }
    }
}

#[tokio::test]
async fn no_secret_is_in_anything_that_the_function_says() {
    let world = FunctionWorld::new().await;
    let recorder = CredentialRecorder::before(world.aws.endpoint()).await;
    for format in ["JSON", "Text"] {
        for (what, proof) in [
            ("a new bot", "signed in"),
            ("a kept session", "posted"),
            ("a refused token", "signed in"),
            ("an answer that repeats its tokens", "not posted"),
            ("a wrong password", "FailedAuthentication"),
            ("a secret that is none", "is not JSON"),
            ("an external id that is none", "external id"),
            ("a bad event", "BadEvent"),
        ] {
            let mut event = event();
            let mut more = vec![
                ("RUST_LOG", "trace"),
                ("AWS_LAMBDA_LOG_FORMAT", format),
                // With these the SDK prints whole requests at trace level.
                ("LOG_SENSITIVE_BODIES", "true"),
                ("LOG_SIGNABLE_BODY", "true"),
            ];
            match what {
                "a new bot" => {
                    world.put_secret(SKYPE_SECRET, &world.skype.credentials()).await;
                    world.put_secret(SESSION_SECRET, "{}").await;
                }
                "a refused token" => world.skype.revoke_tokens(),
                "an answer that repeats its tokens" => {
                    let tokens = format!("{} {PASSWORD}", world.skype.issued().join(" "));
                    let body = json!({"errorCode": 0, "message": tokens}).to_string();
                    let fault = Fault::answer(404, body).with_header(
                        "location",
                        format!("https://evil.example/{}", world.skype.issued().join("/")),
                    );
                    world.skype.fail_next(Step::Post, fault);
                }
                "a wrong password" => {
                    let wrong = json!({"user": USER, "password": WRONG_PASSWORD});
                    world.put_secret(SKYPE_SECRET, &wrong.to_string()).await;
                    world.put_secret(SESSION_SECRET, "{}").await;
                }
                "a secret that is none" => world.put_secret(SKYPE_SECRET, WRONG_PASSWORD).await,
                "an external id that is none" => more.push(("PRODUCTION_EXTERNAL_ID", "two words of a secret")),
                "a bad event" => event["time"] = json!("yesterday"),
                _ => {}
            }
            let said = world.invoke_by_way_of(Some(recorder.endpoint()), &event, &more).await;
            let what = format!("{what}, {format}");
            assert!(said.text().contains(proof), "{what}: {}", said.text());
            assert!(
                said.text().contains("TRACE") && said.emf().len() == 1,
                "{what}: {}",
                said.text()
            );

            let mut secrets: Vec<String> = [PASSWORD, WRONG_PASSWORD, EXTERNAL_ID, WRONG_EXTERNAL_ID]
                .map(str::to_owned)
                .to_vec();
            secrets.push("two words of a secret".into());
            secrets.push(world.role.secret_access_key().into());
            secrets.push(world.role.session_token().unwrap().into());
            secrets.extend(world.skype.issued());
            secrets.extend(recorder.assumed());
            search(&what, &said, &secrets);
        }
    }
    // Had nothing been issued, nothing could have been found.
    assert!(world.skype.issued().len() > 6 && recorder.assumed().len() > 6);
    assert!(world.secret(SESSION_SECRET).await.len() > 1);
}
