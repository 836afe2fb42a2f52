//! The Runtime API stand-in, proved by a function that does not use the product's runtime library.

use std::{path::Path, time::Duration};

use serde_json::json;
use testkit::lambda::LambdaRuntime;

const LIMIT: Duration = Duration::from_secs(20);

async fn function(environment: &[(&str, &str)]) -> LambdaRuntime {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lambda/function.py");
    let mut variables = vec![("PATH".to_owned(), std::env::var("PATH").unwrap())];
    variables.extend(
        environment
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string())),
    );
    LambdaRuntime::start(&script, variables).await.unwrap()
}

#[tokio::test]
async fn events_arrive_byte_for_byte_and_answers_come_back() {
    let mut function = function(&[]).await;
    let answer = function
        .invoke(&b"\xff\x00{"[..], Duration::from_secs(900))
        .await
        .unwrap();
    assert_eq!(answer["hex"], "ff007b");
    let left = answer["left"].as_u64().unwrap();
    assert!((800..=900).contains(&left), "the deadline was {left} s away");
    assert_eq!(function.invoke("", LIMIT).await.unwrap()["hex"], "");
    let huge = vec![b'x'; 1 << 20];
    let answer = function.invoke(huge, LIMIT).await.unwrap();
    assert_eq!(answer["hex"].as_str().unwrap().len(), 2 << 20);
}

#[tokio::test]
async fn errors_are_told_as_lambda_would() {
    let mut function = function(&[]).await;
    assert_eq!(function.invoke("fail", LIMIT).await, Err(json!({"errorType": "Asked"})));
    let timed_out = function.invoke("hang", Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(timed_out["errorType"], "Sandbox.Timedout");
    let gone = function.invoke("more", LIMIT).await.unwrap_err();
    assert_eq!(gone["errorType"], "Runtime.ExitError");
}

#[tokio::test]
async fn a_function_that_ends_leaves_its_log() {
    let mut function = function(&[]).await;
    let ended = function.invoke("exit", LIMIT).await.unwrap_err();
    assert_eq!(ended["errorMessage"], "Runtime exited: exit status: 3");
    let log = function.log();
    let log: Vec<_> = log.borrow().iter().map(|line| line.text.clone()).collect();
    assert!(
        log.contains(&"event of 4 bytes".to_owned()) && log.contains(&"ending".to_owned()),
        "{log:?}"
    );
}

#[tokio::test]
async fn a_failed_start_is_the_answer_to_the_first_event() {
    let mut function = function(&[("FAIL_TO_START", "yes")]).await;
    assert_eq!(function.invoke("{}", LIMIT).await, Err(json!({"errorType": "Start"})));
}
