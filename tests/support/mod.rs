//! Stand-ins for everything that the update talks to. Each stops when it is dropped.

// The integration tests and the demo compile this module separately; neither uses all of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod adaptive_card;
#[path = "../../src/testing/ear.rs"]
pub mod ear;
pub mod faulty;
pub mod gate;
pub mod inbox;
pub mod lambda;
pub mod local_aws;
pub mod process;
pub mod schema;
pub mod secrets;
pub mod skype;
pub mod slack;
pub mod sns;
pub mod teams;
pub mod teams_free;
pub mod webhook;
pub mod world;
