//! `kind: skype`: a group, and who posts there.

use url::Url;

use crate::{
    destinations::keys::{BASE_URL, CHAT, SECRET as SECRET_NAME},
    report::{
        form::Form,
        syntax::LINE,
        table::{
            Need::{DefaultsTo, Optional, Required},
            Settings, object,
        },
    },
};

object! {
    pub KEYS: "A Skype group.";

    GROUP: String = "group", Required, CHAT,
        "The group's id, 19:...@thread.skype, which writing /get name in the group shows; or 8:... for one person.";
    SECRET: String = "secret", Required, SECRET_NAME,
        "Name or ARN of the secret that holds the bot's {\"user\": ..., \"password\": ...}.";
    SESSION_SECRET: String = "session_secret", Optional, SECRET_NAME,
        "Name or ARN of a secret in which the function keeps its session. Without one, each run signs in.";
    DISPLAY_NAME: String = "display_name", Optional, LINE, "The sender's shown name.";
    HOSTS: SkypeHosts = "hosts", DefaultsTo("{}"), SKYPE_HOSTS, "Base URLs of Skype's services, for a stand-in or a proxy.";
}

object! {
    HOST_KEYS: "Base URLs: https anywhere, http on loopback only.";

    LOGIN: Url = "login", DefaultsTo("https://login.live.com"), BASE_URL, "The sign-in.";
    EDGE: Url = "edge", DefaultsTo("https://edge.skype.com"), BASE_URL, "The exchange of tickets.";
    MESSAGES: Url = "messages", DefaultsTo("https://client-s.gateway.messenger.live.com"), BASE_URL,
        "Endpoints and messages, without /v1.";
}

const SKYPE_HOSTS: Form<SkypeHosts> = Form::Other {
    read: |cursor| {
        let settings = cursor.settings(&HOST_KEYS)?;
        let [login, edge, messages] = [&LOGIN, &EDGE, &MESSAGES].map(|key| settings.read(key));
        Some(SkypeHosts {
            login: login?,
            edge: edge?,
            messages: messages?,
        })
    },
    schema: || HOST_KEYS.schema(),
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

/// Reads the settings of this kind.
pub fn read(settings: &Settings<'_>) -> Option<Skype> {
    let group = settings.read(&GROUP);
    let secret = settings.read(&SECRET);
    let session_secret = settings.read(&SESSION_SECRET);
    let display_name = settings.read(&DISPLAY_NAME);
    let hosts = settings.read(&HOSTS);
    Some(Skype {
        group: group?,
        secret: secret?,
        session_secret,
        display_name,
        hosts: hosts?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_hosts_are_base_urls() {
        assert!(HOSTS.default_value().is_some());
    }
}
