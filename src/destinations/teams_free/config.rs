//! `kind: teams_free`: a group in Teams Free, where Skype's groups have been moved to with their ids.

use url::Url;

use crate::{
    destinations::keys::{BASE_URL, GROUP as GROUP_ID, SECRET as SECRET_NAME, is_base_url},
    report::{
        form::Form,
        syntax::LINE,
        table::{
            Key,
            Need::{DefaultsTo, Optional, Required},
            Settings, object,
        },
    },
};

object! {
    pub KEYS: "A group in Teams Free, where Skype's groups have been moved to.";

    GROUP: String = "group", Required, GROUP_ID,
        "The group's id: 19:...@thread.skype of a group that came from Skype, 19:...@thread.v2 of a newer one.";
    SECRET: String = "secret", Required, SECRET_NAME,
        "Name or ARN of the secret that holds the sign-in, for this destination alone: the function writes it.";
    DISPLAY_NAME: String = "display_name", Optional, LINE, "The sender's shown name.";
    HOSTS: TeamsFreeHosts = "hosts", DefaultsTo("{}"), TEAMS_FREE_HOSTS,
        "Base URLs of the services, for a stand-in or a proxy.";
}

object! {
    HOST_KEYS: "Base URLs: https anywhere, http on loopback only.";

    LOGIN: Url = "login", DefaultsTo("https://login.microsoftonline.com"), BASE_URL, "Microsoft's sign-in.";
    TEAMS: Url = "teams", DefaultsTo("https://teams.live.com"), BASE_URL, "Teams Free itself: its tokens and its chats.";
}

const TEAMS_FREE_HOSTS: Form<TeamsFreeHosts> = Form::Other {
    read: |cursor| {
        let settings = cursor.settings(&HOST_KEYS)?;
        let [login, teams] = [&LOGIN, &TEAMS].map(|key| settings.read(key));
        Some(TeamsFreeHosts {
            login: login?,
            teams: teams?,
        })
    },
    schema: || HOST_KEYS.schema(),
};

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
        let base = |text: Option<&str>, key: &Key<Url>| match text {
            Some(text) => Url::parse(text).ok().filter(is_base_url),
            None => key.default_value(),
        };
        Some(Self {
            login: base(login, &LOGIN)?,
            teams: base(teams, &TEAMS)?,
        })
    }
}

/// Reads the settings of this kind.
pub fn read(settings: &Settings<'_>) -> Option<TeamsFree> {
    let group = settings.read(&GROUP);
    let secret = settings.read(&SECRET);
    let display_name = settings.read(&DISPLAY_NAME);
    let hosts = settings.read(&HOSTS);
    Some(TeamsFree {
        group: group?,
        secret: secret?,
        display_name,
        hosts: hosts?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_hosts_are_base_urls() {
        assert!(TeamsFreeHosts::parse(None, None).is_some());
        assert_eq!(HOSTS.default_value(), TeamsFreeHosts::parse(None, None));
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
