//! When a message is sent, and that it is sent once.

pub mod deliver;
pub mod destination;
pub mod key;
pub mod ledger;
pub mod outcome;
pub mod records;
pub mod retry;
pub mod secrets;
pub mod send;
