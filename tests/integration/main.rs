//! One binary for all integration tests: linking the SDK once is enough.

#[path = "../support/mod.rs"]
mod support;

mod config;
mod skpy;
mod skype;
mod skype_secrecy;
