//! Retry decisions: one table says what the answer to a request, or its absence, means for a message.
//!
//! One update an hour is no thundering herd, so pauses have no jitter. Every 5xx is tried again, also those that say
//! "never" (501, 505): gateways make up such numbers.
//!
//! A message that may have arrived is sent again once, marked as repeated; a message that was accepted is never sent
//! again. A kind that knows more than the status decides first and comes here for the rest.

use std::{convert::Infallible, fmt, time::Duration};

use super::outcome::Side;

/// How long calls and pauses last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one whole call, from connecting to the last byte of the answer.
    pub call: Duration,
    /// The pauses after a server's fault or a refused connection, one for each further try.
    pub after_fault: [Duration; 3],
    /// The pause after throttling, when the server asks for none.
    pub after_throttling: Duration,
}

impl Limits {
    /// The limits of every destination.
    pub const USUAL: Self = Self {
        call: Duration::from_secs(10),
        after_fault: [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)],
        after_throttling: Duration::from_secs(15),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::USUAL
    }
}

/// Classes of HTTP statuses, by what became of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// The request was carried out.
    Accepted,
    /// There are too many requests.
    Throttled,
    /// The request was not carried out; it may be a little later.
    Unavailable,
    /// A gateway had no answer from what stands behind it: it may have been carried out.
    Unknown,
    /// The request is never carried out. A redirect is a refusal, since none is followed.
    Refused,
}

impl StatusClass {
    /// The class of a status.
    pub fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Accepted,
            429 => Self::Throttled,
            502 | 504 => Self::Unknown,
            408 | 425 | 500..=599 => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

/// Why a request has no answer: a phrase for people, which names no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub enum NoResponse {
    /// No connection was made: the server has seen nothing.
    NotSent(String),
    /// No connection may be made there.
    Blocked(String),
    /// The time ended or the connection broke after sending: the request may have been carried out.
    Unanswered(String),
}

/// An answer, as far as it counts for a decision.
pub trait Response {
    /// The HTTP status.
    fn status(&self) -> u16;

    /// The pause that `Retry-After` asks for.
    fn retry_after(&self) -> Option<Duration>;

    /// A verdict that the answer gives beyond its status.
    fn hint(&self) -> Hint {
        Hint::None
    }

    /// The id that the service gave the message, if the answer tells it.
    fn id(&self) -> Option<&str> {
        None
    }

    /// Whether the token that was sent is refused.
    fn refuses_token(&self) -> bool {
        self.status() == 401
    }
}

/// A verdict that an answer gives beyond its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// None: the status decides.
    None,
    /// Whatever the status, the message was not posted: whose move it is, and why, as a phrase.
    Refused(Side, &'static str),
    /// The status says that the message was posted, and the rest contradicts it.
    Unexpected(&'static str),
}

/// Whether the request may have been carried out although no answer says so.
pub fn may_have_arrived<R: Response>(response: &Result<R, NoResponse>) -> bool {
    match response {
        Ok(response) => match response.hint() {
            Hint::None => StatusClass::of(response.status()) == StatusClass::Unknown,
            Hint::Refused(..) => false,
            Hint::Unexpected(_) => true,
        },
        Err(NoResponse::NotSent(_) | NoResponse::Blocked(_)) => false,
        Err(NoResponse::Unanswered(_)) => true,
    }
}

/// An answer, or why there is none, for people.
pub fn describe<R: fmt::Display>(response: &Result<R, NoResponse>) -> String {
    match response {
        Ok(response) => response.to_string(),
        Err(none) => none.to_string(),
    }
}

/// The tries of a request so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attempts {
    /// The number of pauses because the request was not accepted.
    pub waits: usize,
    /// The number of pauses because of throttling.
    pub throttled: usize,
    /// Whether a message that may have arrived was sent again.
    pub repeated: bool,
}

impl Attempts {
    /// Counts what is being done. After a remedy the pauses begin anew, since another request follows.
    pub fn note<R>(&mut self, decision: &Decision<R>) {
        match decision {
            Decision::Done | Decision::GiveUp(..) | Decision::Remedy(_) => self.waits = 0,
            Decision::Wait(_) => self.waits += 1,
            Decision::Throttled(_) => self.throttled += 1,
            Decision::Repeat(_) => self.repeated = true,
        }
    }
}

/// The rules by which a request is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy<'a> {
    /// The pauses after which it is made again when it was not accepted.
    pub after_fault: &'a [Duration],
    /// The pause after throttling, when the server asks for none.
    pub after_throttling: Duration,
    /// The number of times that throttling is waited out.
    pub throttles: usize,
    /// The time until everything must be over.
    pub left: Duration,
}

/// The next thing to do; `R` is what a kind can do about a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<R = Infallible> {
    /// The request has done what it is for.
    Done,
    /// Nothing more can be done in this run: whose move it is, and why.
    GiveUp(Side, &'static str),
    /// The request was not accepted, and may be after this pause.
    Wait(Duration),
    /// There were too many requests: once more after this pause.
    Throttled(Duration),
    /// The message may have been accepted: once more after this pause, marked as repeated.
    Repeat(Duration),
    /// Something has to be put right first, such as a token.
    Remedy(R),
}

use Decision::{Done, GiveUp};
use Side::{Operator, Ours, Service};

/// Decides about a response after these attempts. Only a message must not be carried out twice.
pub fn decide<A: Response, R>(
    response: &Result<A, NoResponse>,
    is_message: bool,
    attempts: &Attempts,
    policy: &RetryPolicy<'_>,
) -> Decision<R> {
    let response = match response {
        Err(NoResponse::Blocked(_)) => return GiveUp(Operator, "nothing is sent there"),
        Err(NoResponse::NotSent(_)) => return policy.wait(None, attempts, "no connection could be made"),
        Err(NoResponse::Unanswered(_)) if is_message => return policy.repeat(attempts),
        Err(NoResponse::Unanswered(_)) => return policy.wait(None, attempts, "there was no answer"),
        Ok(response) => response,
    };
    match response.hint() {
        Hint::None => {}
        Hint::Refused(side, because) => return GiveUp(side, because),
        Hint::Unexpected(because) => return GiveUp(Service, because),
    }
    let asked = response.retry_after();
    match (StatusClass::of(response.status()), response.status()) {
        (StatusClass::Accepted, _) => Done,
        (StatusClass::Throttled, _) => policy.throttled(asked, attempts),
        (StatusClass::Unknown, _) if is_message => policy.repeat(attempts),
        (StatusClass::Unavailable, 408 | 425) => policy.wait(asked, attempts, "it asks to try again, each time"),
        (StatusClass::Unavailable | StatusClass::Unknown, _) => policy.wait(asked, attempts, "the service has a fault"),
        (StatusClass::Refused, 401 | 403) => GiveUp(Operator, "it may not post there"),
        (StatusClass::Refused, 404 | 410) => GiveUp(Operator, "there is no such place to post to"),
        (StatusClass::Refused, 413) => GiveUp(Ours, "the message is too long"),
        (StatusClass::Refused, 400..=499) => GiveUp(Ours, "the request was refused"),
        (StatusClass::Refused, 300..=399) => GiveUp(Service, "it points elsewhere, where nothing is sent to"),
        (StatusClass::Refused, _) => GiveUp(Service, "the answer is none that was expected"),
    }
}

impl<'a> RetryPolicy<'a> {
    /// The policy for a message, with `left` until everything must be over.
    pub fn usual(limits: &'a Limits, left: Duration) -> Self {
        Self {
            after_fault: &limits.after_fault,
            after_throttling: limits.after_throttling,
            throttles: limits.after_fault.len(),
            left,
        }
    }

    /// Tries a request that was not accepted again, after the pause that was asked for or our own next one.
    pub fn wait<R>(&self, asked: Option<Duration>, attempts: &Attempts, because: &'static str) -> Decision<R> {
        match self.after_fault.get(attempts.waits) {
            Some(pause) => self.within(asked.unwrap_or(*pause), Decision::Wait),
            None => GiveUp(Service, because),
        }
    }

    /// Tries a request again that was throttled.
    pub fn throttled<R>(&self, asked: Option<Duration>, attempts: &Attempts) -> Decision<R> {
        match attempts.throttled < self.throttles {
            true => self.within(asked.unwrap_or(self.after_throttling), Decision::Throttled),
            false => GiveUp(Service, "there are too many requests"),
        }
    }

    /// Sends a message again that may have arrived.
    fn repeat<R>(&self, attempts: &Attempts) -> Decision<R> {
        match (attempts.repeated, self.after_fault.first()) {
            (false, Some(pause)) => self.within(*pause, Decision::Repeat),
            _ => GiveUp(Service, "there was no answer, and none to the repeated message either"),
        }
    }

    fn within<R>(&self, pause: Duration, decision: fn(Duration) -> Decision<R>) -> Decision<R> {
        match pause < self.left {
            true => decision(pause),
            false => GiveUp(Service, "there is no time left to try again"),
        }
    }
}

#[cfg(test)]
mod tests;
