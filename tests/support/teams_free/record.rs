//! What the stand-in remembers of a request.

use std::collections::HashMap;

use axum::http::{HeaderMap, Method, Uri};
use url::form_urlencoded;

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// login.microsoftonline.com
    Login,
    /// teams.live.com
    Teams,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Login, Self::Teams];
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A code for a person.
    DeviceCode,
    /// Tokens, with a device code.
    Poll,
    /// Tokens, with a refresh token.
    Renew,
    /// A Skype token.
    Exchange,
    /// The list of chats.
    Chats,
    Post,
    Unknown,
}

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub role: Role,
    pub step: Step,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

impl Recorded {
    pub fn new(role: Role, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut request = Self {
            role,
            step: Step::Unknown,
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: body.to_vec(),
            status: None,
        };
        request.step = request.what_for();
        request
    }

    fn what_for(&self) -> Step {
        let path: Vec<&str> = self.path.trim_start_matches('/').split('/').collect();
        match (self.role, self.method.as_str(), path.as_slice()) {
            (Role::Login, "POST", ["consumers", "oauth2", "v2.0", "devicecode"]) => Step::DeviceCode,
            (Role::Login, "POST", ["consumers", "oauth2", "v2.0", "token"]) => match self.form().get("device_code") {
                Some(_) => Step::Poll,
                None => Step::Renew,
            },
            (Role::Teams, "POST", ["api", "auth", "v1.0", "authz", "consumer"]) => Step::Exchange,
            (Role::Teams, method, ["api", "chatsvc", "consumer", "v1", "users", "ME", rest @ ..]) => {
                match (method, rest) {
                    ("GET", ["conversations"]) => Step::Chats,
                    ("POST", ["conversations", _, "messages"]) => Step::Post,
                    _ => Step::Unknown,
                }
            }
            _ => Step::Unknown,
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The fields of a form.
    pub fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }
}
