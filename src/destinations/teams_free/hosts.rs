//! Hosts that a Skype token may be sent to: an answer names the chat service, and answers are not to be trusted that far.

use url::Url;

/// The host of Teams Free.
const TEAMS: &str = "https://teams.live.com";

/// The path of the chat service below that host: `chatServiceAfd` in every answer that has been seen.
const CHAT_SERVICE: &str = "api/chatsvc/consumer";

/// The chat service that an answer names, if it may be, and otherwise the usual one; `teams` is the host in report.yaml.
pub fn chat_service(named: Option<&str>, teams: &Url) -> Url {
    named
        .and_then(|named| Url::parse(named).ok())
        .filter(|named| is_allowed(named, teams))
        .unwrap_or_else(|| below(teams, CHAT_SERVICE))
}

/// Whether a token may be sent there: to the host in report.yaml, or to Teams Free itself unless the report is one for
/// this machine only.
pub fn is_allowed(place: &Url, teams: &Url) -> bool {
    let is_teams = teams.scheme() == "https" && place.origin().ascii_serialization() == TEAMS;
    let is_bare = place.query().is_none()
        && place.fragment().is_none()
        && place.username().is_empty()
        && place.password().is_none();
    is_bare && place.as_str().len() <= 256 && (place.origin() == teams.origin() || is_teams)
}

/// A path below a base URL; the path has to be encoded already.
pub fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let whole = format!("{}/{path}", base.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "https://teams.live.com/api/chatsvc/consumer";

    fn named(named: &str, teams: &str) -> String {
        chat_service(Some(named), &Url::parse(teams).unwrap()).into()
    }

    #[test]
    fn teams_itself_and_the_configured_host_are_followed() {
        assert_eq!(
            named("https://teams.live.com/api/chatsvc/other", TEAMS),
            "https://teams.live.com/api/chatsvc/other"
        );
        assert_eq!(named(USUAL, "https://proxy.example"), USUAL);
        assert_eq!(
            named("http://127.0.0.1:9/x", "http://127.0.0.1:9"),
            "http://127.0.0.1:9/x"
        );
    }

    #[test]
    fn only_teams_may_get_a_skype_token() {
        for foreign in [
            "https://evil.example/api/chatsvc/consumer",
            "http://teams.live.com/api/chatsvc/consumer",
            "https://teams.live.com:8443/api/chatsvc/consumer",
            "https://teams.live.com@evil.example/",
            "https://user@teams.live.com/",
            "https://teams.live.com.evil.example/",
            "https://teams.live.com/?to=evil.example",
            "https://msgapi.teams.live.com",
            "//evil.example",
            "nonsense",
            "",
        ] {
            assert_eq!(named(foreign, TEAMS), USUAL, "{foreign}");
        }
        let local = "http://127.0.0.1:9";
        assert_eq!(
            named(USUAL, local),
            "http://127.0.0.1:9/api/chatsvc/consumer",
            "nothing leaves the machine"
        );
        assert_eq!(chat_service(None, &Url::parse(TEAMS).unwrap()).as_str(), USUAL);
    }
}
