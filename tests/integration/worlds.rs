//! Surroundings of the function that several folders need.

pub mod function;
pub mod opening;
pub mod report;
pub mod secrets;

use std::sync::Arc;

use hourly_update::{
    aws::names::AccountId,
    sources::cloudwatch::{account::SourceAccount, config::Place},
};
use jiff::{SignedDuration, Timestamp};

/// CloudWatch in some account and region.
pub fn place() -> Place {
    Place {
        account: Arc::new(SourceAccount {
            name: "production".into(),
            id: AccountId::parse("111111111111").unwrap(),
            role: None,
        }),
        region: "us-east-1".into(),
    }
}

/// A whole minute.
pub fn minutes_ago(minutes: i64) -> Timestamp {
    let now = Timestamp::now().as_second().div_euclid(60) * 60;
    Timestamp::from_second(now).unwrap() - SignedDuration::from_mins(minutes)
}

/// Half an hour ago: late enough that a run does not wait for data that it misses.
pub fn as_of() -> Timestamp {
    minutes_ago(30)
}
