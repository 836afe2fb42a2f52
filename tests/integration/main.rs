//! One binary for all integration tests: linking the SDK once is enough.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "helpers may panic, and real services and programs need the real time and environment"
)]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod config;
mod crash;
mod documented_commands;
mod e2e;
mod faults;
mod flood;
mod hook;
mod hourly;
mod layers;
mod ledger;
mod local_aws;
mod opening;
mod output;
mod pipeline;
mod redrive;
mod report_schema;
mod secrecy;
mod skpy;
mod skype;
mod skype_secrecy;
mod slack;
mod sns;
mod stand_in_of_aws;
mod stand_in_of_lambda;
mod teams;
mod teams_browser;
mod teams_free;
mod telemetry;
mod template;
mod webhook;
