//! Reading from each source of metrics.

// CloudWatch: accounts, roles and regions.
pub mod cloudwatch;
