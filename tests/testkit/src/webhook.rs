//! A receiver of signed webhooks as somebody would write it: with a library of Standard Webhooks, and our schema.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{
    inbox::{Reply, Request},
    schema::violations,
};

/// The path that messages are taken at.
pub const PATH: &str = "/hourly/hunter2?token=hunter2";

/// The key that sender and receiver share.
pub const KEY: &str = "whsec_hunter2hunter2hunter2hunter2hunt";

/// The schema for receivers.
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/webhook.schema.json");

/// What the secret holds for a receiver at `url`.
pub fn secret(url: &str) -> String {
    json!({"url": url, "key": KEY}).to_string()
}

/// The receiver's side of it.
pub fn rules(request: &Request) -> Reply {
    match refusal(request) {
        None => Reply::new(202, ""),
        Some((status, why)) => Reply::new(status, why),
    }
}

fn refusal(request: &Request) -> Option<(u16, String)> {
    let refuse = |status, why: &str| Some((status, why.to_owned()));
    if format!("{}?{}", request.path, request.query.as_deref().unwrap_or_default()) != PATH {
        return refuse(404, "no such receiver");
    }
    if request.method != "POST" {
        return refuse(405, "not a POST");
    }
    if request.header("content-type") != Some("application/json") {
        return refuse(415, "not JSON");
    }
    // Also looks at the time: five minutes are tolerated.
    if let Err(error) = Webhook::new(KEY).unwrap().verify(&request.body, &headers(request)) {
        return refuse(401, &error.to_string());
    }
    let Some(body) = request.json() else {
        return refuse(400, "not JSON");
    };
    match is_valid(&body) {
        false => refuse(422, "not of the schema"),
        true if !is_id_of(request.header("webhook-id").unwrap_or_default(), &body) => refuse(400, "no such id"),
        true => None,
    }
}

fn headers(request: &Request) -> HeaderMap {
    let header = |(name, value): &(String, String)| {
        let name = HeaderName::try_from(name).unwrap();
        (name, HeaderValue::try_from(value).unwrap())
    };
    request.headers.iter().map(header).collect()
}

/// The update's minute, and 32 hexadecimal digits.
fn is_id_of(id: &str, body: &Value) -> bool {
    let as_of = body["as_of"].as_str().unwrap_or_default().replace(['-', ':'], "");
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    id.split_once('-')
        .is_some_and(|(minute, digits)| minute == as_of && digits.len() == 32 && digits.chars().all(is_digit))
}

/// A body that comes again is not looked at again: each look starts a validator.
fn is_valid(body: &Value) -> bool {
    static SEEN: LazyLock<Mutex<HashMap<String, bool>>> = LazyLock::new(Mutex::default);
    let mut seen = SEEN.lock().unwrap();
    let look = || violations(SCHEMA, std::slice::from_ref(body)).concat().is_empty();
    *seen.entry(body.to_string()).or_insert_with(look)
}
