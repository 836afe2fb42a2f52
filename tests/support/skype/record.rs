//! What the stand-in remembers.

use std::fmt;

use axum::http::{HeaderMap, Method, Uri};

/// One of Skype's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Login,
    Edge,
    Api,
    Gateway,
    OtherGateway,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Login, Self::Edge, Self::Api, Self::Gateway, Self::OtherGateway];

    /// The name that the real service has.
    pub fn host(self) -> &'static str {
        match self {
            Self::Login => "login.live.com",
            Self::Edge => "edge.skype.com",
            Self::Api => "api.skype.com",
            Self::Gateway => "client-s.gateway.messenger.live.com",
            Self::OtherGateway => "azwus1-client-s.gateway.messenger.live.com",
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    SignIn,
    Exchange,
    Profile,
    Register,
    Presence,
    LookUp,
    Post,
    Unknown,
}

impl Step {
    pub fn of(role: Role, method: &Method, path: &str) -> Self {
        let pieces: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (role, method.as_str(), pieces.as_slice()) {
            (Role::Login, "POST", ["RST.srf"]) => Self::SignIn,
            (Role::Edge, "POST", ["rps", "v1", "rps", "skypetoken"]) => Self::Exchange,
            (Role::Api, "GET", ["users", "self", "profile"]) => Self::Profile,
            (Role::Gateway | Role::OtherGateway, method, ["v1", rest @ ..]) => match (method, rest) {
                ("POST", ["users", "ME", "endpoints"]) => Self::Register,
                ("PUT", ["users", "ME", "endpoints", _, "presenceDocs", "messagingService"]) => Self::Presence,
                ("GET", ["users", "ME", "presenceDocs", "messagingService"]) => Self::Presence,
                ("GET", ["users", "ME", "conversations", _] | ["threads", _]) => Self::LookUp,
                ("POST", ["users", "ME", "conversations", _, "messages"]) => Self::Post,
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn => "signed in",
            Self::Exchange => "exchanged the ticket",
            Self::Profile => "asked for the profile",
            Self::Register => "registered an endpoint",
            Self::Presence => "announced its presence",
            Self::LookUp => "looked the group up",
            Self::Post => "posted",
            Self::Unknown => "asked for something unknown",
        })
    }
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
        Self {
            role,
            step: Step::of(role, method, uri.path()),
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: body.to_vec(),
            status: None,
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A message in the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMessage {
    /// `Text` or `RichText`.
    pub format: String,
    pub content: String,
    /// The sender's shown name.
    pub from: Option<String>,
    /// `clientmessageid`
    pub client_id: String,
    /// The id that the group knows it by.
    pub id: String,
}
