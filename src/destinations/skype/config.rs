//! `kind: skype`: a group, and who posts there.

use url::Url;

use crate::{
    destinations::keys::{base_url, chat_id, secret_name},
    report::{
        syntax::{LINE, is_line},
        walk::Settings,
    },
};

/// A Skype group and who posts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skype {
    /// `19:...@thread.skype`
    pub group: String,
    /// Name or ARN of the secret that holds `{"user": ..., "password": ...}`.
    pub secret: String,
    /// Name or ARN of the secret that the session is kept in; without one each run signs in.
    pub session_secret: Option<String>,
    /// The sender's shown name.
    pub display_name: Option<String>,
    /// Where Skype's services are.
    pub hosts: SkypeHosts,
}

/// Base URLs of Skype's services: https anywhere, plain http on loopback only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkypeHosts {
    /// `RST.srf`: by default `https://login.live.com`.
    pub login: Url,
    /// Ticket exchange: by default `https://edge.skype.com`.
    pub edge: Url,
    /// Endpoints and messages, without `/v1`: by default `https://client-s.gateway.messenger.live.com`.
    pub messages: Url,
}

/// Its own keys.
pub const KEYS: &[&str] = &["group", "secret", "session_secret", "display_name", "hosts"];

/// Where Skype's services are unless the report says otherwise.
const HOSTS: [(&str, &str); 3] = [
    ("login", "https://login.live.com"),
    ("edge", "https://edge.skype.com"),
    ("messages", "https://client-s.gateway.messenger.live.com"),
];

/// Reads one.
pub fn read(settings: &Settings<'_>) -> Option<Skype> {
    let group = settings.required("group").and_then(chat_id);
    let secret = settings.required("secret").and_then(secret_name);
    let session_secret = settings.get("session_secret").and_then(secret_name);
    let display_name = settings
        .get("display_name")
        .and_then(|cursor| cursor.text_that(LINE, is_line));
    let hosts = settings
        .get("hosts")
        .and_then(|cursor| cursor.settings(&["login", "edge", "messages"]));
    let [login, edge, messages] = HOSTS.map(|(key, default)| match hosts.as_ref().and_then(|hosts| hosts.get(key)) {
        Some(cursor) => base_url(cursor),
        None => Url::parse(default).ok(),
    });
    Some(Skype {
        group: group?,
        secret: secret?,
        session_secret,
        display_name,
        hosts: SkypeHosts {
            login: login?,
            edge: edge?,
            messages: messages?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::keys::is_base_url;

    #[test]
    fn the_usual_hosts_are_base_urls() {
        assert!(
            HOSTS
                .iter()
                .all(|(_, url)| Url::parse(url).is_ok_and(|url| is_base_url(&url)))
        );
    }
}
