//! The settings of every kind that is posted to by a webhook: a secret with its address, and where that may be.

use url::Host;

use crate::{
    destinations::keys::SECRET as SECRET_NAME,
    report::{
        form::Form,
        json_schema::list,
        table::{
            Need::{DefaultsTo, Required},
            Settings, object,
        },
    },
};

object! {
    pub KEYS: "A place that is posted to by a webhook.";

    SECRET: String = "secret", Required, SECRET_NAME, "Name or ARN of the secret that holds the webhook's address.";
    ALLOWED_HOSTS: Vec<String> = "allowed_hosts", DefaultsTo("[]"), HOSTS,
        "Hosts that the address may have besides the service's own: names, IP addresses, or .example.com for all below it.";
}

/// A webhook, whose address is a secret: whoever knows it can post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Name or ARN of the secret that holds the address.
    pub secret: String,
    /// Hosts that the address may have besides the service's own: names, IP addresses, or `.example.com` for whatever
    /// is below that. Only one on loopback may be spoken to without TLS.
    pub allowed_hosts: Vec<String>,
}

/// Reads the settings of this kind.
pub fn read(settings: &Settings<'_>) -> Option<Webhook> {
    let secret = settings.read(&SECRET);
    let allowed_hosts = settings.read(&ALLOWED_HOSTS);
    Some(Webhook {
        secret: secret?,
        allowed_hosts: allowed_hosts?,
    })
}

const HOSTS: Form<Vec<String>> = Form::Other {
    read: |cursor| {
        let hosts: Vec<_> = cursor.items()?.iter().map(|cursor| HOST.read(cursor)).collect();
        hosts.into_iter().collect()
    },
    schema: || list(HOST.schema()),
};

const HOST: Form<String> = Form::parsed(
    "a host; expected one like flows.example.com, .example.com or 192.0.2.1, without scheme and port",
    r"[^\s/?#@]+",
    host,
);

/// A host as URLs write it: in lower case, international names in ASCII, IPv6 in brackets.
fn host(text: &str) -> Option<String> {
    let (dot, name) = match text.strip_prefix('.') {
        Some(name) => (".", name),
        None => ("", text),
    };
    let host = Host::parse(name).ok()?;
    let is_of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let is_name = matches!(&host, Host::Domain(name)
        if !name.starts_with('.') && name.len() <= 253 && name.bytes().all(is_of_a_name));
    (is_name || dot.is_empty() && !matches!(host, Host::Domain(_))).then(|| format!("{dot}{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_written_as_urls_write_them() {
        for (text, expected) in [
            ("flows.example.com", Some("flows.example.com")),
            ("Flows.Example.com", Some("flows.example.com")),
            (".example.com", Some(".example.com")),
            ("127.0.0.1", Some("127.0.0.1")),
            ("[::1]", Some("[::1]")),
            ("localhost", Some("localhost")),
            ("https://example.com", None),
            ("example.com:8443", None),
            ("example.com/path", None),
            (".127.0.0.1", None),
            ("..example.com", None),
            ("größe.example", Some("xn--gre-6ka8i.example")),
            ("my_host-1.internal", Some("my_host-1.internal")),
            ("*", None),
            ("*.example.com", None),
            (".*", None),
            ("a*b.example.com", None),
            ("a,b", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(host(text).as_deref(), expected, "{text}");
        }
    }
}
