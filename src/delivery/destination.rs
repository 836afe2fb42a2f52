//! One place to post to, as delivering sees it.

use async_trait::async_trait;
use tokio::time::Instant;

use super::{key::Key, outcome::Outcome};
use crate::{
    report,
    update::{
        Update,
        message::{Mark, Message},
    },
};

/// A destination that messages can be posted to during one run. Implemented by the clients in `destinations`.
#[async_trait]
pub trait Destination: Send + Sync {
    /// Signs in, if the destination needs it, and gives up at `until`. Called while metrics are still being read; what
    /// fails here is told by [`post`](Self::post).
    async fn prepare(&self, until: Instant);

    /// Posts one message, once.
    async fn post(&self, post: &Post) -> Outcome;
}

/// Renders an update for one kind of destination; the mark is what is said about the message itself. Pure.
pub type Render = fn(&Update, Option<Mark>) -> Message;

/// A destination of the report, with all that delivering needs of it.
pub struct Recipient<'a> {
    /// Its name, and whether a run fails without it.
    pub of: &'a report::Destination,
    /// How its messages look.
    pub render: Render,
    /// The client that posts to it.
    pub client: Box<dyn Destination + 'a>,
}

/// One message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The key that stays the same when the message is sent again.
    pub key: Key,
    /// The message that the group reads.
    pub message: Message,
    /// The message that the group reads when it may have got the first one.
    pub repeated: Message,
    /// When posting is given up.
    pub until: Instant,
}
