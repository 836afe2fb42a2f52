//! The hourly metrics update: reads CloudWatch in several accounts and regions, posts one message to each of its chats.
//!
//! Data goes one way; each stage has a type of its own, built once and never changed later:
//!
//! ```text
//! event -> Trigger -> Plan -> Series -> Reading -> Update -> Message -> Outcome
//!          Config  ----^                                      secrets ---^
//! ```
//!
//! [`run`] is the table of contents. The edges, [`aws`] and [`chat`], are the only places that know the SDK and the
//! chats' protocols; everything else is pure and takes the time from a [`clock::Clock`].

pub mod app;
pub mod aws;
pub mod clock;
pub mod delivery;
pub mod destinations;
pub mod driver_handoff;
pub mod foreign;
pub mod handler;
pub mod logging;
pub mod metrics;
pub mod report;
pub mod run;
pub mod sources;
pub mod summary;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod trigger;
pub mod update;
