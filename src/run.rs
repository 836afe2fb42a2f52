//! One run, from trigger to outcomes: the table of contents of the program.

use jiff::Timestamp;
use serde::Serialize;

use crate::render::Message;

/// Where messages go. Implemented by `chat`.
pub trait Destination: Sync {
    /// What report.yaml calls it.
    fn name(&self) -> &str;

    /// Signs in, if the chat needs it. Called while metrics are still being read; what fails here is told by
    /// [`post`](Self::post).
    fn prepare(&self) -> impl Future<Output = ()> + Send;

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
}

/// A message is posted once per key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The report's name.
    pub report: String,
    /// The instant that it is about.
    pub as_of: Timestamp,
    /// The destination's name.
    pub destination: String,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The chat took it.
    Posted {
        /// The chat's id of it, where it gives one.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Whether it was sent a second time because the first one's fate is unknown.
        repeated: bool,
    },
    /// The chat did not take it, or may not have.
    Failed(PostError),
    /// A dry run: nothing was sent.
    NotTried,
}

/// Why a message was not posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{text}")]
pub struct PostError {
    /// Whose move it is.
    pub whose_move: Side,
    /// One sentence for people. No secrets, no URLs with queries.
    pub text: String,
}

/// Whose move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A mistake in this program.
    Ours,
    /// Somebody has to sign in, change a secret, invite the bot, ...
    Operator,
    /// The chat's service; it may work later.
    Service,
}
