//! Conversations: chats whose service wants a sign-in before it takes a message.
//!
//! A kind says what its steps, requests and answers are ([`Step`], [`Protocol`]) and what it stores between runs
//! ([`Store`]). The loop over the steps, its retries, marks and time limits are in the [`Conversation`], and so is the
//! message itself, since Skype's servers and their successors in Teams take the same one.

mod driver;
pub mod message;
mod protocol;
pub mod step;
#[cfg(test)]
pub(super) mod tests;
pub mod token;

pub use self::{
    driver::Conversation,
    protocol::{Protocol, Run, Store},
    step::Step,
};
