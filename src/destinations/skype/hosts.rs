//! Hosts that tokens may be sent to: Skype moves users between clouds, and says so with a `Location`.

use url::Url;

use crate::destinations::keys::is_loopback;

/// The hosts of Skype's clouds: `azwus1-client-s.gateway.messenger.live.com`, ...
const CLOUDS: &str = ".gateway.messenger.live.com";

/// The longest name of a host, in bytes (RFC 1035).
const LONGEST_HOST: usize = 253;

/// The host that a `Location` names, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer {
    /// There is none.
    Nowhere,
    /// The host that answered.
    Here,
    /// Another cloud, as a base URL.
    Elsewhere(Url),
    /// A place that no token may be sent to; what it was, for people.
    Foreign(String),
}

/// Reads the `Location` of an endpoint registration: `https://<host>/v1/users/ME/endpoints`, optionally with an
/// endpoint's id. `asked` is the host that answered, `configured` the one in report.yaml.
pub fn registration_pointer(location: Option<&str>, asked: &Url, configured: &Url) -> Pointer {
    let pointer = pointer(location, asked, configured);
    let path = location
        .and_then(|location| Url::parse(location).ok())
        .map(|url| url.path().to_owned());
    match path
        .as_deref()
        .and_then(|path| path.strip_prefix("/v1/users/ME/endpoints"))
    {
        Some("" | "/") => pointer,
        Some(id) if is_endpoint(id) => pointer,
        _ if pointer == Pointer::Nowhere => pointer,
        _ => Pointer::Foreign("an address that is not one of endpoints".into()),
    }
}

/// Reads any `Location` for its host alone.
pub fn pointer(location: Option<&str>, asked: &Url, configured: &Url) -> Pointer {
    let Some(location) = location else {
        return Pointer::Nowhere;
    };
    let base = Url::parse(location).ok().and_then(|url| url.join("/").ok());
    let Some(base) = base.filter(|url| url.host_str().is_none_or(|host| host.len() <= LONGEST_HOST)) else {
        return Pointer::Foreign("an address that cannot be read".into());
    };
    if base.origin() == asked.origin() {
        Pointer::Here
    } else if is_allowed(&base, configured) {
        Pointer::Elsewhere(base)
    } else {
        Pointer::Foreign(base.origin().ascii_serialization())
    }
}

/// Whether a token may be sent to this host: the configured one, one of Skype's clouds over https, or, only where the
/// configured one is on loopback, another on loopback.
pub fn is_allowed(base: &Url, configured: &Url) -> bool {
    let is_cloud = base.scheme() == "https"
        && base.port().is_none()
        && base
            .host_str()
            .is_some_and(|host| host.ends_with(CLOUDS) && host.len() > CLOUDS.len());
    base.origin() == configured.origin() || is_cloud || (is_loopback(configured) && is_loopback(base))
}

/// `/%7B<hex digits and dashes>%7D`
fn is_endpoint(path: &str) -> bool {
    let id = path.strip_prefix("/%7B").and_then(|path| path.strip_suffix("%7D"));
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKYPE: &str = "https://client-s.gateway.messenger.live.com/";

    fn read(location: &str, configured: &str) -> Pointer {
        let configured = Url::parse(configured).unwrap();
        registration_pointer(Some(location), &configured, &configured)
    }

    #[test]
    fn another_cloud_is_followed() {
        let elsewhere = Pointer::Elsewhere(Url::parse("https://azwus1-client-s.gateway.messenger.live.com/").unwrap());
        for path in ["/v1/users/ME/endpoints", "/v1/users/ME/endpoints/%7Bc1d4ecb0-c54f%7D"] {
            let location = format!("https://azwus1-client-s.gateway.messenger.live.com{path}");
            assert_eq!(read(&location, SKYPE), elsewhere);
        }
    }

    #[test]
    fn the_same_host_and_none_are_told_apart() {
        let skype = Url::parse(SKYPE).unwrap();
        assert_eq!(registration_pointer(None, &skype, &skype), Pointer::Nowhere);
        assert_eq!(
            read(&format!("{SKYPE}v1/users/ME/endpoints/%7Bab-1%7D"), SKYPE),
            Pointer::Here
        );
    }

    #[test]
    fn only_skype_clouds_may_get_a_token() {
        for location in [
            "http://azwus1-client-s.gateway.messenger.live.com/v1/users/ME/endpoints",
            "https://azwus1-client-s.gateway.messenger.live.com:444/v1/users/ME/endpoints",
            "https://gateway.messenger.live.com.evil.example/v1/users/ME/endpoints",
            "https://evilgateway.messenger.live.com/v1/users/ME/endpoints",
            "https://.gateway.messenger.live.com/v1/users/ME/endpoints",
            "https://evil.example/v1/users/ME/endpoints?.gateway.messenger.live.com",
            "https://a.gateway.messenger.live.com@evil.example/v1/users/ME/endpoints",
            "http://127.0.0.1/v1/users/ME/endpoints",
            "https://azwus1-client-s.gateway.messenger.live.com/v1/users/ME/somewhere",
            "https://azwus1-client-s.gateway.messenger.live.com/v1/users/ME/endpoints/../../8:me",
            "https://azwus1-client-s.gateway.messenger.live.com/v1/users/ME/endpoints/plain",
            "/v1/users/ME/endpoints",
            "",
        ] {
            assert!(matches!(read(location, SKYPE), Pointer::Foreign(_)), "{location}");
        }
    }

    #[test]
    fn loopback_points_to_loopback_only_where_it_is_configured() {
        let local = "http://127.0.0.1:4000/";
        let location = "http://127.0.0.1:4001/v1/users/ME/endpoints";
        assert_eq!(
            read(location, local),
            Pointer::Elsewhere(Url::parse("http://127.0.0.1:4001/").unwrap())
        );
        assert!(matches!(read(location, SKYPE), Pointer::Foreign(_)));
        assert!(matches!(
            read("http://192.0.2.1/v1/users/ME/endpoints", local),
            Pointer::Foreign(_)
        ));
    }
}
