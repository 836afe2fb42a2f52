//! A request as a stand-in records it, and a reply as it gives it.

use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, Uri},
    response::Response,
};
use serde_json::{Value, json};
use url::form_urlencoded;

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = headers.iter();
        Self {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: body.to_vec(),
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Changes a header, or takes it away.
    pub fn set_header(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(found, _)| found != name);
        self.headers
            .extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Replaces a text that the body holds.
    pub fn replace_in_body(&mut self, from: &str, to: &str) {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        assert!(body.contains(from), "{body}");
        self.body = body.replace(from, to).into_bytes();
    }

    /// The token of a header that has the form `scheme` and token.
    pub fn token(&self, name: &str, scheme: &str) -> Option<&str> {
        self.header(name)?.strip_prefix(scheme)
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The fields of a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// One reply.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_ref().to_vec(),
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).with_header("content-type", "application/json; charset=utf-8")
    }

    /// An error of Skype's chat service, which Teams Free has kept.
    pub fn error(status: u16, code: i64, message: &str) -> Self {
        Self::json(status, &json!({"errorCode": code, "message": message}))
    }

    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn into_response(self) -> Response {
        let response = Response::builder().status(self.status);
        let headers = self.headers.into_iter();
        let response = headers.fold(response, |response, (name, value)| response.header(name, value));
        response.body(Body::from(self.body)).unwrap()
    }
}
