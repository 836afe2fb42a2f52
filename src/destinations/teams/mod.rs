pub mod client;
pub mod message;
