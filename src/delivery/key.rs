//! The key by which a message is known as the same one.

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

/// A message is posted once per key. A chat that drops what it has already got knows it by the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The report's name.
    pub report: String,
    /// The instant that it is about.
    pub as_of: Timestamp,
    /// The destination's name.
    pub destination: String,
    /// The request that it is posted for, if it is not the hour's own message but a forced or a restricted one, or a test.
    pub request: Option<String>,
}

impl Key {
    /// The key as one word, `20261122T135700Z-` and 32 hexadecimal digits, for services that drop what they have got
    /// under the same word. Names may be long and of any script; their hash fits into URLs and headers, and into the
    /// 128 letters, digits and punctuation marks of an SNS FIFO topic's deduplication id.
    ///
    /// Receivers keep it: it must never change.
    pub fn id(&self) -> String {
        let as_of = self.as_of.to_string();
        let request = self.request.as_deref().map_or_else(Vec::new, |request| vec![request]);
        let parts = [self.report.as_str(), &as_of, &self.destination];
        let mut hash = Sha256::new();
        for part in parts.into_iter().chain(request) {
            // with its length, so that no two keys run into the same bytes
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let time = self.as_of.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ");
        let digits: String = hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{time}-{digits}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(report: &str, destination: &str, request: Option<&str>) -> Key {
        Key {
            report: report.into(),
            as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
            destination: destination.into(),
            request: request.map(str::to_owned),
        }
    }

    /// The expected words are from another program, Python's hashlib.
    #[test]
    fn its_word_never_changes() {
        for (key, id) in [
            (
                key("hourly-metrics", "operations", None),
                "20261122T135700Z-de2d6a95d261a738aa69a3fcf4506f07",
            ),
            (
                key("hourly-metrics", "operations", Some("8f5e")),
                "20261122T135700Z-5740d52f600491190d6da9e2c48dd9d1",
            ),
            (
                key("Stündlich 毎時", "Betrieb 運用", None),
                "20261122T135700Z-9ccbc929b7a8963e87caf9330d12cef4",
            ),
        ] {
            assert_eq!(key.id(), id);
        }
    }

    #[test]
    fn every_part_counts() {
        let later = Key {
            as_of: "2026-11-22T14:57:00Z".parse().unwrap(),
            ..key("a", "b", None)
        };
        let keys = [
            key("a", "b", None),
            key("ab", "", None),
            key("", "ab", None),
            key("a", "b", Some("")),
            key("a", "b", Some("c")),
            later,
        ];
        let mut ids: Vec<_> = keys.iter().map(Key::id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), keys.len());
    }

    proptest! {
        #[test]
        fn it_goes_into_urls_headers_and_queues(report in "\\PC{1,128}", destination in "\\PC{1,128}") {
            let id = key(&report, &destination, None).id();
            prop_assert_eq!(id.len(), 49);
            prop_assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        }
    }
}
