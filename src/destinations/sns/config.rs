//! `kind: sns`: a topic of Amazon SNS.

use crate::report::{
    form::Form,
    table::{Need::Required, Settings, object},
};

object! {
    pub KEYS: "A topic of Amazon SNS. It has no secret: IAM decides who may publish there.";

    TOPIC: Sns = "topic", Required, TOPIC_ARN, "The topic's ARN.";
}

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

/// Reads the settings of this kind.
pub fn read(settings: &Settings<'_>) -> Option<Sns> {
    settings.read(&TOPIC)
}

/// A topic's ARN. Names have 1 to 256 characters, `.fifo` included: CreateTopic of SNS's API reference.
const TOPIC_ARN: Form<Sns> = Form::parsed(
    "the ARN of an SNS topic; expected arn:aws:sns:region:account:name",
    r"arn:aws[^:]*:sns:[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}:[0-9]{12}:(?:[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo)",
    |arn| {
        Some(Sns {
            topic: arn.to_owned(),
            region: arn.split(':').nth(3)?.to_owned(),
        })
    },
);

#[cfg(test)]
mod tests {
    use super::*;

    fn region(arn: &str) -> Option<String> {
        TOPIC_ARN.parse(arn).map(|topic| topic.region)
    }

    #[test]
    fn topics_have_their_arn() {
        let long = |n: usize| format!("arn:aws:sns:us-east-1:111122223333:{}", "a".repeat(n));
        for (good, expected) in [
            ("arn:aws:sns:us-east-1:111122223333:hourly-update_1", "us-east-1"),
            ("arn:aws:sns:eu-west-1:111122223333:hourly.fifo", "eu-west-1"),
            ("arn:aws-us-gov:sns:us-gov-west-1:111122223333:a", "us-gov-west-1"),
            (&long(256), "us-east-1"),
        ] {
            assert_eq!(region(good).as_deref(), Some(expected), "{good}");
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
