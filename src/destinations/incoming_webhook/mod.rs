pub mod address;
pub mod client;
pub mod config;
