//! What to do about an answer: the one place that knows what Skype's error codes mean.
//!
//! What only the status says is decided as for [every chat](crate::delivery::retry). Signing in is what Skype throttles
//! and locks, so it is renewed at most once in a run.

use std::{fmt, time::Duration};

use url::Url;

use super::hosts::Pointer;
use crate::delivery::{
    outcome::{PostError, Side},
    retry::{self, Decision::GiveUp, Limits, NoResponse, Response, RetryPolicy},
};

/// One request on the way to a posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// E-mail address and password for a ticket.
    SignIn,
    /// The ticket for a Skype token.
    Exchange,
    /// The Skype token for a registration token.
    Register,
    /// The registration token and a message for a message in the group.
    Post,
}

impl Step {
    /// What went wrong here, as an error for people.
    pub fn failed(self, whose_move: Side, because: &str) -> PostError {
        PostError {
            whose_move,
            text: format!("Skype, {self}: {because}"),
            may_have_arrived: false,
            sign_in_needed: whose_move == Side::Operator && matches!(self, Self::SignIn | Self::Exchange),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn => "signing in",
            Self::Exchange => "exchanging the sign-in's ticket",
            Self::Register => "registering",
            Self::Post => "posting",
        })
    }
}

/// What came of a request.
pub type Seen = Result<Answer, NoResponse>;

/// What counts of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Skype's own `errorCode`, or the edge service's `status.code`.
    pub code: Option<i64>,
    /// Whether the text says that the registration token has expired; there is no code for that.
    pub registration_expired: bool,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `Location`.
    pub pointer: Pointer,
}

impl Response for Answer {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if let Some(code) = self.code {
            write!(f, ", code {code}")?;
        }
        match &self.pointer {
            Pointer::Elsewhere(host) => write!(f, ", pointing to {}", host.host_str().unwrap_or_default()),
            Pointer::Foreign(place) => write!(f, ", pointing to {place}"),
            Pointer::Nowhere | Pointer::Here => Ok(()),
        }
    }
}

/// What has been done in this run already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Signed in anew because a token was refused.
    pub renewed_sign_in: bool,
    /// Registered anew because a registration was refused.
    pub renewed_registration: bool,
    /// How often Skype has named another cloud.
    pub moves: u8,
    /// What has been done for this step as for any request.
    pub usual: retry::Attempts,
}

impl Tried {
    /// Three clouds are ample: real users are moved once.
    const MOVES: u8 = 3;

    /// Keeps what is being done.
    pub fn note(&mut self, decision: &Decision) {
        match decision {
            Decision::SignIn => self.renewed_sign_in = true,
            Decision::Register => self.renewed_registration = true,
            Decision::Move(_) => self.moves += 1,
            Decision::Usual(decision) => self.usual.note(decision),
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Forget both tokens, and sign in.
    SignIn,
    /// Forget the registration token, and register.
    Register,
    /// Register at this host.
    Move(Url),
    /// What is done about any request.
    Usual(retry::Decision),
}

impl From<retry::Decision> for Decision {
    fn from(usual: retry::Decision) -> Self {
        Self::Usual(usual)
    }
}

use Side::{Operator, Service};
use retry::Decision::Done;

/// What to do about `seen`, when `tried` has been done already and there is `left` until everything must be over.
pub fn decide(step: Step, seen: &Seen, tried: &Tried, limits: &Limits, left: Duration) -> Decision {
    let patience = RetryPolicy {
        // A login that failed is not hammered.
        after_fault: if step == Step::SignIn {
            &limits.after_fault[..1]
        } else {
            &limits.after_fault
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
    let go_to = |host: &Url| match tried.moves < Tried::MOVES {
        true => Decision::Move(host.clone()),
        false => give_up(Service, "it points from one host to the next without end"),
    };
    let register = || match tried.renewed_registration {
        false => Decision::Register,
        true => give_up(Service, "the registration was refused, and a new one too"),
    };
    let sign_in = || match tried.renewed_sign_in {
        false => Decision::SignIn,
        // A proof of knowledge that holds the time goes with it.
        true if step == Step::Register && answer.status == 403 => give_up(
            Operator,
            "it was refused, and with the token of a new sign-in too; or the function's clock is wrong",
        ),
        true => give_up(Operator, "the token was refused, and that of a new sign-in too"),
    };
    let case = (step, answer.status, answer.code);
    // A registration counts only on the host that it ends on, even if this answer brought one.
    if let Pointer::Elsewhere(host) = &answer.pointer
        && matches!(
            case,
            (Step::Register, 200..=399 | 404, _) | (Step::Post, 404, Some(752))
        )
    {
        return go_to(host);
    }
    match case {
        (Step::Register | Step::Post, 300..=399 | 404, _) if matches!(answer.pointer, Pointer::Foreign(_)) => {
            give_up(Service, "it points to a host that no token may be sent to")
        }
        // Said of the Teams service: it has a message with this client id.
        (Step::Post, 409, Some(8400)) => Done.into(),

        (_, 400..=599, Some(803)) => give_up(Service, "signing in is throttled for at least five minutes"),
        (Step::SignIn, 429, _) => give_up(Service, "signing in is throttled for this account or address"),
        (_, 400..=499, Some(804)) => give_up(
            Operator,
            "too many messages to somebody who has not accepted the contact",
        ),
        (_, 408 | 425 | 429, _) => usual(),

        (Step::SignIn, 400..=499, _) => give_up(Operator, "it was refused; sign in once with a browser"),
        (Step::Exchange, 400..=499, _) => give_up(Operator, "the ticket was refused; sign in once with a browser"),
        (Step::Register, 401 | 403, _) | (Step::Post, 401, _) => sign_in(),
        (Step::Register, 404, _) => give_up(Service, "it names no host to register at"),

        (Step::Post, 403, _) if answer.registration_expired => register(),
        (Step::Post, 403, _) => give_up(Operator, "the bot is not a member of the group, or may not post there"),
        (Step::Post, 404, Some(729 | 752)) => register(),
        (Step::Post, 404, _) => give_up(Operator, "there is no such group"),
        (Step::Post, 400, Some(201)) => give_up(Operator, "the bot is not a member, or the group's id is not one"),
        _ => usual(),
    }
}

#[cfg(test)]
mod tests;
