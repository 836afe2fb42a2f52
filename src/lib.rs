//! The hourly metrics update: reads metrics in several accounts and regions, posts one message to each of its destinations.
//!
//! Data goes one way; each stage has a type of its own, built once and never changed later:
//!
//! ```text
//! event -> Trigger -> Plan -> Series -> Reading -> Update -> Message -> Outcome
//!          Report  ----^                                      secrets ---^
//! ```
//!
//! [`run`] is the table of contents. [`report`], [`metrics`], [`update`] and [`delivery`] are the middle: it takes the time
//! from a [`clock::Clock`] and knows no service. [`sources`] and [`destinations`] are its two wings, one folder for each kind;
//! they and [`aws`] are the only places that know the SDK and HTTP. docs/architecture.md has the layers.

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
