//! What to do about an answer: the one place that knows what the error codes of Teams Free mean.
//!
//! What only the status says is decided as for [every chat](crate::delivery::retry). A token that is refused is replaced
//! once, from the one that it was made of: the Skype token from the access token, that one from the refresh token.

use std::{fmt, time::Duration};

use super::oauth::Refusal;
use crate::delivery::{
    outcome::{PostError, Side},
    retry::{self, Limits, NoResponse, Response, RetryPolicy},
};

/// What a person has to do when nothing else helps.
pub const SIGN_IN_AGAIN: &str = "run `hourly login teams-free`";

/// One request on the way to a posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A refresh token for an access token, and for the next refresh token.
    Renew,
    /// The access token for a Skype token.
    Exchange,
    /// The Skype token and a message for a message in the group.
    Post,
}

impl Step {
    /// What went wrong here, as an error for people.
    pub fn failed(self, whose_move: Side, because: &str) -> PostError {
        PostError {
            whose_move,
            text: format!("Teams Free, {self}: {because}"),
            may_have_arrived: false,
            sign_in_needed: whose_move == Side::Operator && self != Self::Post,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Renew => "renewing the sign-in",
            Self::Exchange => "getting a Skype token",
            Self::Post => "posting",
        })
    }
}

/// What came of a request.
pub type Seen = Result<Answer, NoResponse>;

/// What counts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The service's own error code.
    pub code: Option<i64>,
    /// What the sign-in's refusal is about.
    pub refusal: Option<Refusal>,
    /// Whether the text speaks of the token; there is no code for that.
    pub about_token: bool,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl Response for Answer {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn refuses_token(&self) -> bool {
        self.status == 401 || self.status == 403 && self.about_token
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match self.code {
            Some(code) => write!(f, ", code {code}"),
            None => Ok(()),
        }
    }
}

/// What has been done in this run already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Got another Skype token because one was refused.
    pub exchanged_again: bool,
    /// Renewed the sign-in because an access token was refused.
    pub renewed_again: bool,
    /// What has been done for this step as for any request.
    pub usual: retry::Attempts,
}

impl Tried {
    /// Keeps what is being done.
    pub fn note(&mut self, decision: &Decision) {
        match decision {
            Decision::Exchange => self.exchanged_again = true,
            Decision::Renew => self.renewed_again = true,
            Decision::OtherToken => self.usual.waits = 0,
            Decision::Usual(decision) => self.usual.note(decision),
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Forget the Skype token, and get another.
    Exchange,
    /// Forget the access token, and renew the sign-in.
    Renew,
    /// Renew with another refresh token, if there is one.
    OtherToken,
    /// What is done about any request.
    Usual(retry::Decision),
}

impl From<retry::Decision> for Decision {
    fn from(usual: retry::Decision) -> Self {
        Self::Usual(usual)
    }
}

use Side::{Operator, Ours};
use retry::Decision::{Done, GiveUp};

/// What to do about `seen`, when `tried` has been done already and there is `left` until everything must be over.
pub fn decide(step: Step, seen: &Seen, tried: &Tried, limits: &Limits, left: Duration) -> Decision {
    let patience = RetryPolicy {
        // A lost answer may have held the successor of the refresh token that was sent: that is not risked often.
        after_fault: match step {
            Step::Renew => &limits.after_fault[..1],
            Step::Exchange | Step::Post => &limits.after_fault,
        },
        after_throttling: limits.after_throttling,
        throttles: 1,
        left,
    };
    let usual = || retry::decide(seen, step == Step::Post, &tried.usual, &patience).into();
    let Ok(answer) = seen else {
        return usual();
    };
    let give_up = |side, because| GiveUp(side, because).into();
    match (step, answer.status, answer.code) {
        // It has a message with this client id.
        (Step::Post, 409, Some(8400)) => Done.into(),
        (_, 400..=499, Some(803)) => patience.throttled(answer.retry_after, &tried.usual).into(),
        (_, 408 | 425 | 429, _) => usual(),

        (Step::Renew, 400..=499, _) => match answer.refusal {
            Some(Refusal::SignInAgain) => Decision::OtherToken,
            Some(Refusal::Client) => give_up(Operator, "the client id is not accepted any more"),
            Some(Refusal::Passing) => patience
                .wait(answer.retry_after, &tried.usual, "the sign-in has a fault")
                .into(),
            _ => give_up(Ours, "the request was refused"),
        },
        (Step::Exchange, 401, _) | (Step::Exchange, 400..=499, Some(40_120)) => match tried.renewed_again {
            false => Decision::Renew,
            true => give_up(Operator, "the access token was refused, and that of a new renewal too"),
        },
        (Step::Exchange, 403, _) => give_up(Operator, "the account may not use Teams Free; it takes a personal one"),
        (Step::Post, ..) if answer.refuses_token() => match tried.exchanged_again {
            false => Decision::Exchange,
            true => give_up(Operator, "the Skype token was refused, and a new one too"),
        },
        (Step::Post, 403, _) => give_up(Operator, "the bot may not post in the group"),
        (Step::Post, 404, _) => give_up(
            Operator,
            "the bot is not a member of the group, or the group's id is wrong",
        ),
        (Step::Post, 400..=499, Some(1003)) => give_up(Ours, "the message is too long"),
        (Step::Exchange, 400..=499, _) => give_up(Ours, "the request was refused"),
        _ => usual(),
    }
}

#[cfg(test)]
mod tests;
