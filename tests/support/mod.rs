//! Stand-ins for everything that the update talks to. Each stops when it is dropped.

pub mod skype;
