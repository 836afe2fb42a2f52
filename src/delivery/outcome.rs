//! Outcomes: whether a message was posted, and if not, why.

use std::time::Duration;

use serde::Serialize;

/// The outcome of one message.
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
    /// It was posted by an earlier run.
    AlreadyPosted {
        /// The chat's id of it, where it gave one.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Another run is posting it: whether it succeeds is not known yet, so this one fails and is tried again.
    InProgress,
    /// A dry run: nothing leaves the machine.
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
    /// Whether the message was sent, and only the answer is missing.
    pub may_have_arrived: bool,
    /// Whether nothing can be posted until somebody has put right how the bot signs in.
    pub sign_in_needed: bool,
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

/// One destination's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The destination's name in report.yaml.
    pub name: String,
    /// Whether the run has failed when this message was not posted.
    #[serde(skip)]
    pub required: bool,
    /// The outcome of its message.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long after the run's start that was known.
    #[serde(skip)]
    pub after: Duration,
}

impl Delivery {
    /// Logs the delivery.
    pub fn log(&self) {
        let (stage, name, required) = ("posted", &self.name, self.required);
        let seconds = self.after.as_secs_f64();
        match &self.outcome {
            Outcome::Posted { id, repeated } => {
                let message_id = id.as_deref();
                tracing::info!(stage, destination = name, message_id, repeated, seconds, "posted");
            }
            Outcome::Failed(error) => {
                tracing::error!(
                    stage,
                    destination = name,
                    whose_move = ?error.whose_move,
                    required,
                    sign_in_needed = error.sign_in_needed,
                    seconds,
                    %error,
                    "not posted"
                );
            }
            Outcome::AlreadyPosted { id } => {
                let message_id = id.as_deref();
                tracing::info!(
                    stage,
                    destination = name,
                    message_id,
                    seconds,
                    "posted by an earlier run"
                );
            }
            Outcome::InProgress => tracing::warn!(stage, destination = name, seconds, "another run is posting it"),
            Outcome::NotTried => tracing::info!(stage, destination = name, seconds, "not posted: dry run"),
        }
    }
}
