//! `kind: teams_free`: a group in Teams Free, where Skype's groups have been moved to with their ids.

use url::Url;

use crate::{
    destinations::keys::{base_url, group_id, is_base_url, secret_name},
    report::{
        syntax::{LINE, is_line},
        walk::Settings,
    },
};

/// Its own keys.
pub const KEYS: &[&str] = &["group", "secret", "display_name", "hosts"];

/// Where Microsoft's services are unless the report says otherwise.
const LOGIN: &str = "https://login.microsoftonline.com";
const TEAMS: &str = "https://teams.live.com";

/// A group in Teams Free and who posts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamsFree {
    /// `19:...@thread.skype` of a group that came from Skype, `19:...@thread.v2` of a newer one.
    pub group: String,
    /// Name or ARN of the secret that holds the sign-in. The function writes it: its tokens change as they are used.
    pub secret: String,
    /// The sender's shown name.
    pub display_name: Option<String>,
    /// Where the services are.
    pub hosts: TeamsFreeHosts,
}

/// Base URLs of the services: https anywhere, plain http on loopback only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamsFreeHosts {
    /// Microsoft's sign-in: by default `https://login.microsoftonline.com`.
    pub login: Url,
    /// Teams Free itself, for its tokens and its chats: by default `https://teams.live.com`.
    pub teams: Url,
}

impl TeamsFreeHosts {
    /// Base URLs as an operator writes them, in the report or on a command line; those that are left out are the usual
    /// ones. `None` where one of them is not a base URL.
    pub fn parse(login: Option<&str>, teams: Option<&str>) -> Option<Self> {
        let base = |text: Option<&str>, usual| Url::parse(text.unwrap_or(usual)).ok().filter(is_base_url);
        Some(Self {
            login: base(login, LOGIN)?,
            teams: base(teams, TEAMS)?,
        })
    }
}

/// Reads one.
pub fn read(settings: &Settings<'_>) -> Option<TeamsFree> {
    let group = settings.required("group").and_then(group_id);
    let secret = settings.required("secret").and_then(secret_name);
    let display_name = settings
        .get("display_name")
        .and_then(|cursor| cursor.text_that(LINE, is_line));
    let hosts = settings
        .get("hosts")
        .and_then(|cursor| cursor.settings(&["login", "teams"]));
    let host = |key, usual| match hosts.as_ref().and_then(|hosts| hosts.get(key)) {
        Some(cursor) => base_url(cursor),
        None => Url::parse(usual).ok(),
    };
    let (login, teams) = (host("login", LOGIN), host("teams", TEAMS));
    Some(TeamsFree {
        group: group?,
        secret: secret?,
        display_name,
        hosts: TeamsFreeHosts {
            login: login?,
            teams: teams?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_hosts_are_base_urls() {
        assert!(TeamsFreeHosts::parse(None, None).is_some());
    }

    #[test]
    fn hosts_are_base_urls_or_none() {
        assert!(TeamsFreeHosts::parse(Some("http://127.0.0.1:1"), Some("https://teams.example")).is_some());
        for bad in [
            "",
            "teams.live.com",
            "http://teams.live.com",
            "https://teams.live.com/v1",
        ] {
            assert!(TeamsFreeHosts::parse(None, Some(bad)).is_none(), "{bad}");
            assert!(TeamsFreeHosts::parse(Some(bad), None).is_none(), "{bad}");
        }
    }
}
