//! Values that several kinds have under the same keys: chats' ids, names of secrets, base URLs.

use url::{Host, Url};

use crate::report::form::Form;

/// `group`: the id of a chat that can be posted to: a group or thread of either generation, or a one-to-one chat. Bots
/// (`28:`) and system threads (`48:`) cannot.
pub const CHAT: Form<String> = Form::text(
    "a chat's id; expected 19:...@thread.skype for a group, or 8:... for one person",
    r"8:[A-Za-z0-9._+=/:,-]{1,256}|19:[A-Za-z0-9._+=/:,-]{1,256}@(?:(?:p2p\.)?thread\.skype|thread\.v2|unq\.gbl\.spaces)",
);

/// `group`: a group's id, where one person cannot be posted to.
pub const GROUP: Form<String> = Form::text(
    "a group's id; expected 19:...@thread.skype or 19:...@thread.v2",
    r"19:[A-Za-z0-9._+=/:,-]{1,256}@(?:(?:p2p\.)?thread\.skype|thread\.v2|unq\.gbl\.spaces)",
);

/// The name or ARN of a secret, by the rule of Secrets Manager. What stands there instead may be the secret itself.
pub const SECRET: Form<String> = Form::text(
    "the name or ARN of a secret in Secrets Manager; expected 1 to 512 letters, digits and /_+=.@-",
    "(?:arn:aws[^:]*:secretsmanager:[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}",
)
.unseen();

/// The base URL of a service. URLs can be written in many ways, of which the pattern knows the beginning.
pub const BASE_URL: Form<Url> = Form::parsed(
    "a base URL; expected https://host, or http:// on loopback, with nothing after the host and port",
    r"\s*[Hh][Tt][Tt][Pp][Ss]?:[^?#]+",
    |text| Url::parse(text).ok().filter(is_base_url),
)
.unseen();

/// Credentials and tokens go there, so they may leave the machine only through TLS.
pub fn is_base_url(url: &Url) -> bool {
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_bare && (url.scheme() == "https" || url.scheme() == "http" && is_loopback(url))
}

/// Whether it leads to this machine: there alone nothing has to be kept from others on the way.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chats_that_can_be_posted_to() {
        for good in [
            "19:0123456789abcdef0123456789abcdef@thread.skype",
            "19:I2rTkxAAxy6wYk9xuQ5zwlb-X1fW@p2p.thread.skype",
            "19:uni01_abc@thread.v2",
            "19:a_b@unq.gbl.spaces",
            "8:live:.cid.0123456789abcdef",
            "8:oldname",
        ] {
            assert!(CHAT.parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "19:",
            "8:",
            "19:abc",
            "19:@thread.skype",
            "19:a b@thread.skype",
            "19:a@thread.example",
            "28:0f3e",
            "48:calls",
            "19:a/../b?c@thread.skype",
            "abc@thread.skype",
        ] {
            assert!(CHAT.parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn secrets_are_names_or_arns() {
        for good in [
            "hourly/skype",
            "a",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:hourly/skype-AbCdEf",
        ] {
            assert!(SECRET.parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            r#"{"user":"u","password":"p"}"#,
            "a b",
            "arn:aws:s3:::bucket",
            "arn:aws:secretsmanager:x:y:secret:z",
        ] {
            assert!(SECRET.parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        let is_base = |text: &str| Url::parse(text).is_ok_and(|url| is_base_url(&url));
        for good in [
            "https://edge.skype.com",
            "https://edge.skype.com:8443/",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost:80",
        ] {
            assert!(is_base(good), "{good}");
        }
        for bad in [
            "http://edge.skype.com",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "https://user@edge.skype.com",
            "https://:p@edge.skype.com",
            "https://edge.skype.com/v1",
            "https://edge.skype.com?x",
            "https://edge.skype.com#x",
            "ftp://localhost",
            "edge.skype.com",
        ] {
            assert!(!is_base(bad), "{bad}");
        }
    }
}
