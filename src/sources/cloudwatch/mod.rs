//! CloudWatch in one account and region: what it is asked for, and what it answers.

pub mod account;
mod batch;
pub mod client;
pub mod config;
pub mod credentials;
mod expression;
mod page;
pub mod query;
mod reader;
mod refusals;
mod statistic;
#[cfg(test)]
pub(crate) mod testing;
