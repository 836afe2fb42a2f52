//! Purpose of a request to one of the services.

use crate::exchange::Request;

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

/// Purpose of a request.
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

impl Step {
    pub fn of(role: Role, request: &Request) -> Self {
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (role, request.method.as_str(), path.as_slice()) {
            (Role::Login, "POST", ["consumers", "oauth2", "v2.0", "devicecode"]) => Self::DeviceCode,
            (Role::Login, "POST", ["consumers", "oauth2", "v2.0", "token"]) => {
                match request.form().get("device_code") {
                    Some(_) => Self::Poll,
                    None => Self::Renew,
                }
            }
            (Role::Teams, "POST", ["api", "auth", "v1.0", "authz", "consumer"]) => Self::Exchange,
            (Role::Teams, method, ["api", "chatsvc", "consumer", "v1", "users", "ME", rest @ ..]) => {
                match (method, rest) {
                    ("GET", ["conversations"]) => Self::Chats,
                    ("POST", ["conversations", _, "messages"]) => Self::Post,
                    _ => Self::Unknown,
                }
            }
            _ => Self::Unknown,
        }
    }
}
