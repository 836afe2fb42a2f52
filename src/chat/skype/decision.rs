//! What to do about an answer: the one place that knows what Skype's statuses and error codes mean.
//!
//! A message that may be in the group already is sent again only marked as repeated, and once; one that Skype has
//! taken is never sent again. Signing in is what Skype throttles and locks, so it is renewed at most once in a run.

use std::{fmt, time::Duration};

use url::Url;

use super::hosts::Pointer;
use crate::{
    chat::Limits,
    run::{PostError, Side},
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// An answer.
    Answer(Answer),
    /// It was never sent.
    NotSent(String),
    /// It was sent; what became of it is unknown.
    Lost(String),
}

impl Seen {
    /// Whether it refuses the token that was sent.
    pub fn refuses_token(&self) -> bool {
        matches!(self, Self::Answer(answer) if answer.status == 401)
    }

    /// Whether the request may have been carried out without anybody telling so. A gateway that had no answer from what
    /// stands behind it does not know either.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Answer(answer) => matches!(answer.status, 502 | 504),
            Self::NotSent(_) => false,
            Self::Lost(_) => true,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = match self {
            Self::Answer(answer) => answer,
            Self::NotSent(why) | Self::Lost(why) => return f.write_str(why),
        };
        write!(f, "HTTP {}", answer.status)?;
        if let Some(code) = answer.code {
            write!(f, ", code {code}")?;
        }
        match &answer.pointer {
            Pointer::Elsewhere(host) => write!(f, ", pointing to {}", host.host_str().unwrap_or_default()),
            Pointer::Foreign(place) => write!(f, ", pointing to {place}"),
            Pointer::Nowhere | Pointer::Here => Ok(()),
        }
    }
}

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

/// What has been done in this run already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Signed in anew because a token was refused.
    pub renewed_sign_in: bool,
    /// Registered anew because a registration was refused.
    pub renewed_registration: bool,
    /// How often Skype has named another cloud.
    pub moves: u8,
    /// How often it has been waited for this step.
    pub waits: usize,
    /// Waited because of throttling.
    pub throttled: bool,
    /// A message whose fate is unknown has been sent again.
    pub repeated: bool,
}

impl Tried {
    /// Three clouds are ample: real users are moved once.
    const MOVES: u8 = 3;

    /// Keeps what is being done.
    pub fn note(&mut self, decision: &Decision) {
        match decision {
            Decision::Done | Decision::GiveUp(..) => self.waits = 0,
            Decision::SignIn => self.renewed_sign_in = true,
            Decision::Register => self.renewed_registration = true,
            Decision::Move(_) => self.moves += 1,
            Decision::Wait(_) => self.waits += 1,
            Decision::Throttled(_) => self.throttled = true,
            Decision::Repeat(_) => self.repeated = true,
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The step is done.
    Done,
    /// Nothing more can be done in this run: whose move it is, and why.
    GiveUp(Side, &'static str),
    /// Forget both tokens, and sign in.
    SignIn,
    /// Forget the registration token, and register.
    Register,
    /// Register at this host.
    Move(Url),
    /// It was not accepted, and may be a little later.
    Wait(Duration),
    /// There were too many requests; once more after this time.
    Throttled(Duration),
    /// It may have been accepted: once more after this time, marked as repeated.
    Repeat(Duration),
}

use Decision::{Done, GiveUp};
use Side::{Operator, Ours, Service};

/// What to do about `seen`, when `tried` has been done already and there is `left` until everything must be over.
pub fn decide(step: Step, seen: &Seen, tried: &Tried, limits: &Limits, left: Duration) -> Decision {
    let within = |pause: Duration, decision: fn(Duration) -> Decision| match pause < left {
        true => decision(pause),
        false => GiveUp(Service, "there is no time left to try again"),
    };
    // A login that failed is not hammered.
    let pauses = if step == Step::SignIn {
        &limits.after_fault[..1]
    } else {
        &limits.after_fault
    };
    let wait = |asked: Option<Duration>, because| match pauses.get(tried.waits) {
        Some(pause) => within(asked.unwrap_or(*pause), Decision::Wait),
        None => GiveUp(Service, because),
    };
    let repeat = || match tried.repeated {
        false => within(limits.after_fault[0], Decision::Repeat),
        true => GiveUp(Service, "there was no answer, and none to the repeated message either"),
    };

    let answer = match (seen, step) {
        (Seen::NotSent(_), _) => return wait(None, "no connection could be made"),
        (seen, Step::Post) if seen.may_have_arrived() => return repeat(),
        (Seen::Lost(_), _) => return wait(None, "there was no answer"),
        (Seen::Answer(answer), _) => answer,
    };
    let go_to = |host: &Url| match tried.moves < Tried::MOVES {
        true => Decision::Move(host.clone()),
        false => GiveUp(Service, "it points from one host to the next without end"),
    };
    let register = || match tried.renewed_registration {
        false => Decision::Register,
        true => GiveUp(Service, "the registration was refused, and a new one too"),
    };
    let sign_in = || match tried.renewed_sign_in {
        false => Decision::SignIn,
        // A proof of knowledge that holds the time goes with it.
        true if step == Step::Register && answer.status == 403 => GiveUp(
            Operator,
            "it was refused, and with the token of a new sign-in too; or the function's clock is wrong",
        ),
        true => GiveUp(Operator, "the token was refused, and that of a new sign-in too"),
    };
    let throttled = || match tried.throttled {
        false => within(
            answer.retry_after.unwrap_or(limits.after_throttling),
            Decision::Throttled,
        ),
        true => GiveUp(Service, "there are too many requests"),
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
            GiveUp(Service, "it points to a host that no token may be sent to")
        }
        (_, 200..=299, _) => Done,
        // Said of the Teams service: it has a message with this client id.
        (Step::Post, 409, Some(8400)) => Done,

        (_, 400..=599, Some(803)) => GiveUp(Service, "signing in is throttled for at least five minutes"),
        (Step::SignIn, 429, _) => GiveUp(Service, "signing in is throttled for this account or address"),
        (_, 429, _) => throttled(),
        (_, 400..=499, Some(804)) => GiveUp(
            Operator,
            "too many messages to somebody who has not accepted the contact",
        ),
        (_, 408 | 425, _) => wait(answer.retry_after, "it asks to try again, each time"),

        (Step::SignIn, 400..=499, _) => GiveUp(Operator, "it was refused; sign in once with a browser"),
        (Step::Exchange, 400..=499, _) => GiveUp(Operator, "the ticket was refused; sign in once with a browser"),
        (Step::Register, 401 | 403, _) | (Step::Post, 401, _) => sign_in(),
        (Step::Register, 404, _) => GiveUp(Service, "it names no host to register at"),

        (Step::Post, 403, _) if answer.registration_expired => register(),
        (Step::Post, 403, _) => GiveUp(Operator, "the bot is not a member of the group, or may not post there"),
        (Step::Post, 404, Some(729 | 752)) => register(),
        (Step::Post, 404, _) => GiveUp(Operator, "there is no such group"),
        (Step::Post, 400, Some(201)) => GiveUp(Operator, "the bot is not a member, or the group's id is not one"),
        (Step::Post, 413, _) => GiveUp(Ours, "the message is too long"),
        (_, 400..=499, _) => GiveUp(Ours, "the request was refused"),

        (_, 500..=599, _) => wait(answer.retry_after, "the service has a fault"),
        _ => GiveUp(Service, "the answer is none that was expected"),
    }
}

#[cfg(test)]
mod tests;
