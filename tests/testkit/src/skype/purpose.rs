//! Purpose of a request to one of Skype's services.

use std::fmt;

use crate::exchange::Request;

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

/// Purpose of a request.
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
    pub fn of(role: Role, request: &Request) -> Self {
        let pieces: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (role, request.method.as_str(), pieces.as_slice()) {
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
