//! What several kinds have under the same keys: chats' ids, names of secrets, base URLs.

use url::{Host, Url};

use crate::report::{AccountId, syntax::is_region, walk::Cursor};

/// `group`: a chat's id.
pub fn chat_id(cursor: &Cursor<'_>) -> Option<String> {
    cursor.text_that(
        "a chat's id; expected 19:...@thread.skype for a group, or 8:... for one person",
        is_chat,
    )
}

/// `group`: a group's id, where one person cannot be posted to.
pub fn group_id(cursor: &Cursor<'_>) -> Option<String> {
    cursor.text_that(
        "a group's id; expected 19:...@thread.skype or 19:...@thread.v2",
        |text| text.starts_with("19:") && is_chat(text),
    )
}

/// The chats that can be posted to: groups and threads of either generation, and one-to-one chats. Bots (`28:`) and
/// system threads (`48:`) cannot.
fn is_chat(text: &str) -> bool {
    const THREADS: [&str; 4] = ["thread.skype", "p2p.thread.skype", "thread.v2", "unq.gbl.spaces"];
    let is_word = |text: &str| {
        (1..=256).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-+=/:,".contains(&b))
    };
    match text.split_once(':') {
        Some(("8", user)) => is_word(user),
        Some(("19", thread)) => thread
            .split_once('@')
            .is_some_and(|(id, kind)| is_word(id) && THREADS.contains(&kind)),
        _ => false,
    }
}

/// The name or ARN of a secret. What stands there instead may be the secret itself.
pub fn secret_name(cursor: &Cursor<'_>) -> Option<String> {
    const WHAT: &str = "the name or ARN of a secret in Secrets Manager; expected 1 to 512 letters, digits and /_+=.@-";
    cursor.parse_unseen(WHAT, |text| is_secret_name(text).then(|| text.to_owned()))
}

/// The rule of Secrets Manager.
fn is_secret_name(text: &str) -> bool {
    let is_name = |name: &str| {
        (1..=512).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b))
    };
    match text.split(':').collect::<Vec<_>>().as_slice() {
        [name] => is_name(name),
        ["arn", partition, "secretsmanager", region, account, "secret", name] => {
            partition.starts_with("aws") && is_region(region) && AccountId::parse(account).is_some() && is_name(name)
        }
        _ => false,
    }
}

/// Where a service is.
pub fn base_url(cursor: &Cursor<'_>) -> Option<Url> {
    const WHAT: &str =
        "a base URL; expected https://host, or http:// on loopback, with nothing after the host and port";
    cursor.parse_unseen(WHAT, |text| Url::parse(text).ok().filter(is_base_url))
}

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
            assert!(is_chat(good), "{good}");
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
            assert!(!is_chat(bad), "{bad}");
        }
    }

    #[test]
    fn secrets_are_names_or_arns() {
        for good in [
            "hourly/skype",
            "a",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:hourly/skype-AbCdEf",
        ] {
            assert!(is_secret_name(good), "{good}");
        }
        for bad in [
            "",
            r#"{"user":"u","password":"p"}"#,
            "a b",
            "arn:aws:s3:::bucket",
            "arn:aws:secretsmanager:x:y:secret:z",
        ] {
            assert!(!is_secret_name(bad), "{bad}");
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
