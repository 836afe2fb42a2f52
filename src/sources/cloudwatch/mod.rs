//! CloudWatch in one account and region: what it is asked for, and what it answers.

pub mod client;
pub mod credentials;
mod page;
mod refusals;
