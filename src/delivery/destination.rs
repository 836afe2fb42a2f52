//! One place to post to, as delivering sees it.

use tokio::time::Instant;

use super::{key::Key, outcome::Outcome};
use crate::update::message::Message;

/// Where messages go. Implemented by `destinations`.
pub trait Destination: Sync {
    /// Signs in, if the chat needs it, and gives up at `until`. Called while metrics are still being read; what fails
    /// here is told by [`post`](Self::post).
    fn prepare(&self, until: Instant) -> impl Future<Output = ()> + Send;

    /// Posts one message, once.
    fn post(&self, post: &Post) -> impl Future<Output = Outcome> + Send;
}

/// One message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// What makes it the same message when it is sent again.
    pub key: Key,
    /// What the group reads.
    pub message: Message,
    /// What the group reads when it may have got the message already.
    pub repeated: Message,
    /// When posting is given up.
    pub until: Instant,
}
