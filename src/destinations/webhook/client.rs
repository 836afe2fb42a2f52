//! A receiver of one's own, by a signed webhook: <https://www.standardwebhooks.com>.
//!
//! The signature is over id, time and body, so that a receiver knows who has sent it, when, and that it is the whole of
//! it. The id is that of the message: it stays the same when a message is sent again, so a receiver drops what it has.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{RequestBuilder, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::error::Category;
use sha2::Sha256;
use url::{Host, Url};

use crate::{
    delivery::{key::Key, outcome::Side, retry::Hint},
    destinations::{
        http,
        incoming_webhook::{
            address::{Address, Rules},
            client::Service,
        },
    },
    update::message::Message,
};

/// The bytes that the specification allows a key to have: 192 to 512 bits.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A receiver of signed webhooks.
pub struct Webhook {
    address: Address,
    /// Set up with the key.
    mac: Hmac<Sha256>,
    /// The client that reaches every host but this machine's own; `None` for hosts that the report allows by name.
    guarded: Option<reqwest::Client>,
}

const RULES: Rules = Rules {
    hosts: &["."],
    check,
    retired: &[],
};

/// Names are checked once more when they are looked up, by the resolver.
fn check(url: &Url) -> Result<(), &'static str> {
    let Some(Host::Domain(name)) = url.host() else {
        return Err("has an IP address for a host; expected a name, or the IP address among \"allowed_hosts\"");
    };
    let name = name.trim_end_matches('.');
    let is_local = |domain| name.rsplit('.').next() == Some(domain);
    match is_local("localhost") || is_local("local") {
        true => {
            Err("has an address on its own machine or network; expected another, or the host among \"allowed_hosts\"")
        }
        false => Ok(()),
    }
}

/// The contents of the secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    url: SecretString,
    key: SecretString,
}

impl Secret {
    /// Serde's own messages quote what they found.
    fn parse(secret: &SecretString) -> Result<Self, &'static str> {
        let text = secret.expose_secret().trim();
        if text.is_empty() {
            return Err("is empty");
        }
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => "must have exactly the keys \"url\" and \"key\", both with text",
            _ => "is not JSON; expected {\"url\": \"https://...\", \"key\": \"whsec_...\"}",
        })
    }

    fn mac(&self) -> Result<Hmac<Sha256>, &'static str> {
        let text = self.key.expose_secret().trim().strip_prefix("whsec_");
        let text = text.ok_or("has a \"key\" that does not begin with whsec_")?;
        let key = STANDARD
            .decode(text)
            .map_err(|_| "has a \"key\" with something else than base64 after whsec_")?;
        let is_long_enough = KEY_BYTES.contains(&key.len());
        let mac = Hmac::new_from_slice(&key).ok().filter(|_| is_long_enough);
        mac.ok_or("has a \"key\" that is not 24 to 64 bytes long")
    }
}

impl Webhook {
    fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        let mac = self.mac.clone().chain_update(signed).finalize();
        format!("v1,{}", STANDARD.encode(mac.into_bytes()))
    }
}

impl Service for Webhook {
    const NAME: &'static str = "webhook";

    fn open(secret: &SecretString, allowed_hosts: &[String]) -> Result<Self, String> {
        let secret = Secret::parse(secret)?;
        let address =
            Address::parse(&secret.url, &RULES, allowed_hosts).map_err(|what| format!("has a \"url\" that {what}"))?;
        let guarded = match address.is_among(allowed_hosts) {
            true => None,
            false => Some(http::guarded_client().map_err(|_| "needs a connection that cannot be set up")?),
        };
        let mac = secret.mac()?;
        Ok(Self { address, mac, guarded })
    }

    fn request(&self, http: &reqwest::Client, message: &Message, key: &Key, now: Timestamp) -> RequestBuilder {
        let (id, timestamp) = (key.id(), now.as_second());
        let http = self.guarded.as_ref().unwrap_or(http);
        http.post(self.address.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-signature", self.signature(&id, timestamp, &message.body))
            .header("webhook-timestamp", timestamp)
            .header("webhook-id", id)
            .body(message.body.clone())
    }

    /// Any 2xx is a receiver's word; 410 means that it wants no more. Whatever it refuses is for those to look into whose
    /// receiver it is.
    fn read(status: u16, _body: &[u8]) -> Hint {
        let because = match status {
            400 | 401 | 403 | 422 => "the receiver refuses it; does it have the same key? Its log knows more",
            410 => "the receiver wants no more; take the destination out of the report, or give it another address",
            413 => "the receiver takes shorter messages only; let it take 240 KiB",
            404 | 408 | 425 | 429 => return Hint::None,
            400..=499 => "the receiver refuses it; is the address right? Its log knows more",
            _ => return Hint::None,
        };
        Hint::Refused(Side::Operator, because)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn open(url: &str, key: &str, allowed: &[&str]) -> Result<Webhook, String> {
        let secret = serde_json::json!({"url": url, "key": key}).to_string();
        let allowed: Vec<String> = allowed.iter().map(|host| (*host).to_owned()).collect();
        Webhook::open(&secret.into(), &allowed)
    }

    /// The example of the specification's own libraries.
    #[test]
    fn it_signs_as_the_others_do() {
        let webhook = open("https://example.com", KEY, &[]).unwrap();
        assert_eq!(
            webhook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn any_host_will_do_but_those_next_to_the_function() {
        for (url, allowed) in [
            ("https://receiver.example.com/a?b=c", &[][..]),
            ("https://receiver.internal:8443/", &[]),
            ("https://receiver", &[]),
            ("https://localhost.example.com", &[]),
            ("https://127.0.0.1/", &["127.0.0.1"]),
            ("http://localhost:8080/", &["localhost"]),
            ("https://printer.local/", &[".local"]),
        ] {
            let webhook = open(url, KEY, allowed).unwrap();
            assert_eq!(webhook.guarded.is_some(), allowed.is_empty(), "{url}");
        }
        for (url, what) in [
            ("", "that is empty"),
            ("receiver", "that is not an address"),
            ("http://receiver.example.com/hunter2", "without TLS"),
            ("ftp://receiver.example.com/hunter2", "without TLS"),
            ("https://hunter2@receiver.example.com/", "user's name"),
            ("https://127.0.0.1/hunter2", "IP address"),
            ("https://[::1]/hunter2", "IP address"),
            ("https://10.0.0.1/hunter2", "IP address"),
            ("https://2130706433/hunter2", "IP address"),
            ("https://0x7f.1/hunter2", "IP address"),
            ("https://localhost/hunter2", "its own machine"),
            ("https://LOCALHOST./hunter2", "its own machine"),
            ("https://a.localhost/hunter2", "its own machine"),
            ("https://printer.local/hunter2", "its own machine"),
        ] {
            let error = open(url, KEY, &[]).err().unwrap();
            assert!(error.contains(what) && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn keys_and_secrets_are_refused_without_being_repeated() {
        let long = format!("whsec_{}", STANDARD.encode([7; 64]));
        assert!(open("https://example.com", &long, &[]).is_ok());
        for (key, what) in [
            (String::new(), "begin with whsec_"),
            ("hunter2".into(), "begin with whsec_"),
            ("whsec_".into(), "24 to 64 bytes"),
            ("whsec_hunter2!".into(), "base64"),
            (format!("whsec_{}", STANDARD.encode([7; 23])), "24 to 64 bytes"),
            (format!("whsec_{}", STANDARD.encode([7; 65])), "24 to 64 bytes"),
            (format!("whsk_{}", STANDARD.encode([7; 32])), "begin with whsec_"),
        ] {
            let error = open("https://example.com", &key, &[]).err().unwrap();
            assert!(error.contains(what) && !error.contains("hunter2"), "{key}: {error}");
        }
        for (secret, what) in [
            (" \n", "is empty"),
            ("hunter2", "is not JSON"),
            (r#""hunter2""#, "exactly the keys"),
            (r#"{"url": "https://hunter2.example"}"#, "exactly the keys"),
            (r#"{"url": "https://hunter2.example", "key": 2}"#, "exactly the keys"),
            (
                r#"{"url": "https://a.example", "key": "whsec_", "hunter2": ""}"#,
                "exactly the keys",
            ),
        ] {
            let error = Webhook::open(&secret.into(), &[]).err().unwrap();
            assert!(error.contains(what) && !error.contains("hunter2"), "{secret}: {error}");
        }
    }
}
