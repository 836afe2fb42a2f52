//! Stand-ins for everything that the update talks to. Each stops when it is dropped.

#![expect(
    clippy::disallowed_methods,
    reason = "the stand-ins of real services have the real time and environment"
)]

pub mod accounts;
pub mod adaptive_card;
mod background;
pub mod exchange;
mod fault;
pub mod faulty;
pub mod inbox;
pub mod intercept;
pub mod lambda;
pub mod local_aws;
pub mod log_capture;
pub mod process;
pub mod schema;
pub mod skype;
pub mod slack;
pub mod sns;
pub mod stand_in;
pub mod teams;
pub mod teams_free;
pub mod webhook;

use std::path::Path;

/// The root of this repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
