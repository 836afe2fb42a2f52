//! `kind: sns`: a topic of Amazon SNS.

use crate::report::{
    AccountId,
    syntax::is_region,
    walk::{Cursor, Settings},
};

/// An SNS topic. Who may publish there is decided by IAM, so it has no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sns {
    /// Its ARN.
    pub topic: String,
    /// The region in it: SNS takes a message only there.
    pub region: String,
}

impl Sns {
    /// Whether the topic is a FIFO one: it keeps the order of its messages, and drops what it has got already.
    pub fn is_fifo(&self) -> bool {
        self.topic.ends_with(FIFO)
    }
}

/// How the names of FIFO topics end, and no others.
const FIFO: &str = ".fifo";

/// Its own keys.
pub const KEYS: &[&str] = &["topic"];

/// Reads one.
pub fn read(settings: &Settings<'_>) -> Option<Sns> {
    settings.required("topic").and_then(topic)
}

fn topic(cursor: &Cursor<'_>) -> Option<Sns> {
    const WHAT: &str = "the ARN of an SNS topic; expected arn:aws:sns:region:account:name";
    cursor.parse(WHAT, |text| {
        let region = region(text)?;
        Some(Sns {
            topic: text.to_owned(),
            region: region.to_owned(),
        })
    })
}

/// The region in a topic's ARN. Names have 1 to 256 characters, `.fifo` included: CreateTopic of SNS's API reference.
fn region(arn: &str) -> Option<&str> {
    let ["arn", partition, "sns", region, account, name] = *arn.split(':').collect::<Vec<_>>() else {
        return None;
    };
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let stem = name.strip_suffix(FIFO).unwrap_or(name);
    let is_name = name.len() <= 256 && !stem.is_empty() && stem.bytes().all(is_word);
    let is_topic = partition.starts_with("aws") && is_region(region) && AccountId::parse(account).is_some() && is_name;
    is_topic.then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_have_their_arn() {
        let long = |n: usize| format!("arn:aws:sns:us-east-1:111122223333:{}", "a".repeat(n));
        for (good, expected) in [
            ("arn:aws:sns:us-east-1:111122223333:hourly-update_1", "us-east-1"),
            ("arn:aws:sns:eu-west-1:111122223333:hourly.fifo", "eu-west-1"),
            ("arn:aws-us-gov:sns:us-gov-west-1:111122223333:a", "us-gov-west-1"),
            (&long(256), "us-east-1"),
        ] {
            assert_eq!(region(good), Some(expected), "{good}");
        }
        for bad in [
            "",
            "hourly-update",
            "arn:aws:sqs:us-east-1:111122223333:hourly",
            "arn:aws:sns::111122223333:hourly",
            "arn:aws:sns:us-east-1:1111:hourly",
            "arn:aws:sns:us-east-1:111122223333:",
            "arn:aws:sns:us-east-1:111122223333:.fifo",
            "arn:aws:sns:us-east-1:111122223333:a.b",
            // a subscription's
            "arn:aws:sns:us-east-1:111122223333:hourly:0f7e2f5c-8f5e-4b6e-9f3b-2c2b1d0e9a11",
            &long(257),
        ] {
            assert_eq!(region(bad), None, "{bad}");
        }
    }
}
