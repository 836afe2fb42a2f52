//! Systems that metrics are read from.

pub mod cloudwatch;
