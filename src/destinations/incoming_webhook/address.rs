//! The address of a webhook: a secret, since whoever knows it can post, and taken as it is.
//!
//! Services change the form of their addresses, so nothing of it is looked at but scheme, host and, where a service has
//! other addresses under the same host, the beginning of the path.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::destinations::keys::is_loopback;

/// The address of a webhook. Only its host is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Which addresses a service has.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Its hosts; `.example.com` stands for whatever is below that, `.` for every host.
    pub hosts: &'static [&'static str],
    /// Checks an address of one of these hosts; the error is a phrase.
    pub check: fn(&Url) -> Result<(), &'static str>,
    /// Addresses that people have from before, or from somewhere else: the end of the host, and a phrase that says what
    /// to do instead.
    pub retired: &'static [(&'static str, &'static str)],
}

impl Address {
    /// The address in a secret's text, with or without spaces around it.
    ///
    /// # Errors
    /// The fault, as a phrase that goes on from "the secret ...": never more of it than the host.
    pub fn parse(secret: &SecretString, rules: &Rules, allowed: &[String]) -> Result<Self, String> {
        let text = secret.expose_secret().trim();
        if text.is_empty() {
            return Err("is empty".into());
        }
        let url = Url::parse(text).map_err(|_| "is not an address; expected https://...")?;
        let host = url.host_str().unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user's name in its address; expected none".into());
        }
        if let Some((_, instead)) = rules.retired.iter().find(|(end, _)| is_below(host, end)) {
            return Err(format!("has an address on {host}: {instead}"));
        }
        let is_allowed = allowed.iter().any(|allowed| is_below(host, allowed));
        let is_own = rules.hosts.iter().any(|own| is_below(host, own));
        if !is_own && !is_allowed {
            return Err(format!(
                "has an address on {host}, where this kind of webhook does not live; expected {}, or the host among \
                 \"allowed_hosts\"",
                rules.hosts.join(" or ")
            ));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_allowed && is_loopback(&url)) {
            return Err("has an address without TLS; expected https://...".into());
        }
        if is_own && !is_allowed {
            (rules.check)(&url)?;
        }
        Ok(Self(url))
    }

    /// Whether its host is one of these.
    pub fn is_among(&self, hosts: &[String]) -> bool {
        let own = self.0.host_str().unwrap_or_default();
        hosts.iter().any(|host| is_below(own, host))
    }

    /// Where requests are sent.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// Whether a host is the one meant, or, where that begins with a dot, below it.
fn is_below(host: &str, meant: &str) -> bool {
    match meant.strip_prefix('.') {
        Some("") => true,
        Some(_) => host.len() > meant.len() && host.ends_with(meant),
        None => host == meant,
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, ...)", self.0.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        hosts: &["hooks.example.com", ".flows.example"],
        check: |url| match url.path().starts_with("/services/") {
            true => Ok(()),
            false => Err("is for something else"),
        },
        retired: &[(".old.example", "create a new one")],
    };

    fn parse(text: &str, allowed: &[&str]) -> Result<Address, String> {
        let allowed: Vec<String> = allowed.iter().map(|host| (*host).to_owned()).collect();
        Address::parse(&text.into(), &RULES, &allowed)
    }

    #[test]
    fn addresses_of_the_service_and_of_allowed_hosts_are_taken_as_they_are() {
        for (text, allowed) in [
            ("https://hooks.example.com/services/T0/B0/hunter2", &[][..]),
            (
                " https://a.b.flows.example:443/services/?sig=hunter2&sp=%2Ftriggers%2Fmanual%2Frun\n",
                &[],
            ),
            ("https://elsewhere.example/hunter2", &["elsewhere.example"]),
            ("https://x.elsewhere.example/hunter2", &[".elsewhere.example"]),
            ("http://127.0.0.1:8080/hunter2", &["127.0.0.1"]),
            ("http://[::1]:8080/hunter2", &["[::1]"]),
            ("http://localhost/hunter2", &["localhost"]),
        ] {
            let address = parse(text, allowed).unwrap();
            assert_eq!(*address.url(), Url::parse(text.trim()).unwrap());
            assert!(!format!("{address:?}").contains("hunter2"));
        }
    }

    #[test]
    fn addresses_of_other_hosts_are_refused_without_being_repeated() {
        for (text, allowed, expected) in [
            ("", &[][..], "is empty"),
            ("  \n", &[], "is empty"),
            ("hunter2", &[], "is not an address"),
            ("{\"url\": \"hunter2\"}", &[], "is not an address"),
            ("https://user:hunter2@hooks.example.com/services/", &[], "user's name"),
            (
                "https://hooks.example.com/workflows/hunter2",
                &[],
                "is for something else",
            ),
            ("http://hooks.example.com/services/hunter2", &[], "without TLS"),
            (
                "http://elsewhere.example/hunter2",
                &["elsewhere.example"],
                "without TLS",
            ),
            ("http://127.0.0.1/hunter2", &[], "127.0.0.1, where"),
            ("https://flows.example/hunter2", &[], "flows.example, where"),
            ("https://evilhooks.example.com/hunter2", &[], "where this kind"),
            ("https://hooks.example.com.evil.example/hunter2", &[], "where this kind"),
            ("https://x.old.example/hunter2", &[], "create a new one"),
            ("https://x.old.example/hunter2", &["x.old.example"], "create a new one"),
            ("file:///hunter2", &[], "where this kind"),
        ] {
            let error = parse(text, allowed).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
