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

pub mod aws;
pub mod chat;
pub mod clock;
pub mod collect;
pub mod config;
pub mod foreign;
pub mod logging;
pub mod output;
pub mod plan;
pub mod reading;
pub mod render;
pub mod run;
pub mod series;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod trigger;
pub mod update;
pub mod value;
pub mod wiring;
