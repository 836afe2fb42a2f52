//! The ledger, as a run sees it: claims, and how they end.

use std::time::Duration;

use super::{
    key::Key,
    outcome::{Outcome, PostError},
};

/// Where it is kept what has been posted. Implemented by `aws::ledger`.
pub trait Ledger: Sync {
    /// Claims a message for `lease`, unless it is posted or another run's claim still holds.
    fn claim(&self, key: &Key, lease: Duration) -> impl Future<Output = Claim> + Send;

    /// Ends the claim, or records without one what is posted or doubtful: the claim may not have got through.
    ///
    /// # Errors
    /// Why that could not be recorded, as a phrase.
    fn close(&self, key: &Key, ending: Ending) -> impl Future<Output = Result<(), String>> + Send;
}

/// The ledger's answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It has not been posted; this run may.
    Granted,
    /// This run may post it, but an earlier one may have done so without telling.
    Unsure,
    /// It has been posted.
    Posted {
        /// The chat's id of it, where it gave one.
        id: Option<String>,
    },
    /// Another run is posting it.
    InProgress,
    /// The ledger cannot be asked: why, as a phrase.
    OutOfReach(String),
}

/// How a claim ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The chat took the message.
    Posted {
        /// The chat's id of it, where it gave one.
        id: Option<String>,
    },
    /// It did not: the next run may post it.
    NotPosted,
    /// Whether it arrived is unknown: the next run may post it, and has to say so.
    Unsure,
}

impl Ending {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Posted { id, .. } => Self::Posted { id: id.clone() },
            Outcome::Failed(PostError {
                may_have_arrived: true, ..
            }) => Self::Unsure,
            Outcome::Failed(_) | Outcome::AlreadyPosted { .. } | Outcome::InProgress | Outcome::NotTried => {
                Self::NotPosted
            }
        }
    }
}
