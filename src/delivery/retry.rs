//! What an HTTP status means for a message: the one table of all kinds of chat.
//!
//! One update an hour has no crowd to step out of, so pauses have no jitter. All 5xx are tried again, also those that
//! say "never" (501, 505): gateways make up such numbers.
//!
//! A message that may be in the chat already is sent again only marked as repeated, and once; one that was taken is
//! never sent again. Kinds that know more than the status look at that first and come here for the rest.

use std::{fmt, time::Duration};

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
    /// Those of every chat.
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

/// What a status means, whoever says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It has been carried out.
    Taken,
    /// Too many requests.
    Throttled,
    /// It was not carried out, and may be a little later.
    NotNow,
    /// A gateway had no answer from what stands behind it: it may have been carried out.
    Unknown,
    /// It is not carried out however often it is asked for; a redirect, which is not followed, is one.
    Refused,
}

/// What a status means.
pub fn meaning(status: u16) -> Meaning {
    match status {
        200..=299 => Meaning::Taken,
        429 => Meaning::Throttled,
        502 | 504 => Meaning::Unknown,
        408 | 425 | 500..=599 => Meaning::NotNow,
        _ => Meaning::Refused,
    }
}

/// What came of a request; `A` is what counts of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<A> {
    /// An answer.
    Answer(A),
    /// It was never sent.
    NotSent(String),
    /// It may not be sent there.
    Barred(String),
    /// It was sent; what became of it is unknown.
    Lost(String),
}

/// What counts of an answer.
pub trait Status {
    /// The HTTP status.
    fn status(&self) -> u16;

    /// `Retry-After`.
    fn retry_after(&self) -> Option<Duration>;

    /// What it says beyond the status.
    fn remark(&self) -> Remark {
        Remark::None
    }

    /// The id that the message has there, where it is told.
    fn id(&self) -> Option<&str> {
        None
    }
}

/// What a service says beyond the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// Nothing that matters: the status decides.
    None,
    /// Whatever the status: it was not posted, whose move it is, and why, as a phrase.
    Refused(Side, &'static str),
    /// The status says that it was posted, and the rest does not sound so.
    Unexpected(&'static str),
}

impl<A: Status> Seen<A> {
    /// Whether it refuses the token that was sent.
    pub fn refuses_token(&self) -> bool {
        matches!(self, Self::Answer(answer) if answer.status() == 401)
    }

    /// Whether the request may have been carried out without anybody telling so.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Answer(answer) => match answer.remark() {
                Remark::None => meaning(answer.status()) == Meaning::Unknown,
                Remark::Refused(..) => false,
                Remark::Unexpected(_) => true,
            },
            Self::NotSent(_) | Self::Barred(_) => false,
            Self::Lost(_) => true,
        }
    }
}

impl<A: Status> Seen<A> {
    /// The id that the message has there, where it is told.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Answer(answer) => answer.id().map(str::to_owned),
            _ => None,
        }
    }
}

impl<A: fmt::Display> fmt::Display for Seen<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::NotSent(why) | Self::Barred(why) | Self::Lost(why) => f.write_str(why),
        }
    }
}

/// What has been done for a request already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried {
    /// How often it has been waited because it was not accepted.
    pub waits: usize,
    /// How often because of throttling.
    pub throttled: usize,
    /// A message whose fate is unknown has been sent again.
    pub repeated: bool,
}

impl Tried {
    /// Keeps what is being done.
    pub fn note(&mut self, decision: &Decision) {
        match decision {
            Decision::Done | Decision::GiveUp(..) => self.waits = 0,
            Decision::Wait(_) => self.waits += 1,
            Decision::Throttled(_) => self.throttled += 1,
            Decision::Repeat(_) => self.repeated = true,
        }
    }
}

/// How patiently a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience<'a> {
    /// The pauses before it is made again after it was not accepted.
    pub after_fault: &'a [Duration],
    /// The pause after throttling, when the server asks for none.
    pub after_throttling: Duration,
    /// How often throttling is waited out.
    pub throttles: usize,
    /// How long until everything must be over.
    pub left: Duration,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request has done what it is for.
    Done,
    /// Nothing more can be done in this run: whose move it is, and why.
    GiveUp(Side, &'static str),
    /// It was not accepted, and may be a little later.
    Wait(Duration),
    /// There were too many requests; once more after this time.
    Throttled(Duration),
    /// It may have been accepted: once more after this time, marked as repeated.
    Repeat(Duration),
}

use Decision::{Done, GiveUp};
use Side::{Operator, Ours, Service};

/// What to do about `seen`, when `tried` has been done already. What is no message can be carried out twice.
pub fn decide<A: Status>(seen: &Seen<A>, is_message: bool, tried: &Tried, patience: &Patience<'_>) -> Decision {
    let answer = match seen {
        Seen::Barred(_) => return GiveUp(Operator, "nothing is sent there"),
        Seen::NotSent(_) => return patience.wait(None, tried, "no connection could be made"),
        Seen::Lost(_) if is_message => return patience.repeat(tried),
        Seen::Lost(_) => return patience.wait(None, tried, "there was no answer"),
        Seen::Answer(answer) => answer,
    };
    match answer.remark() {
        Remark::None => {}
        Remark::Refused(side, because) => return GiveUp(side, because),
        Remark::Unexpected(because) => return GiveUp(Service, because),
    }
    let asked = answer.retry_after();
    match (meaning(answer.status()), answer.status()) {
        (Meaning::Taken, _) => Done,
        (Meaning::Throttled, _) => patience.throttled(asked, tried),
        (Meaning::Unknown, _) if is_message => patience.repeat(tried),
        (Meaning::NotNow, 408 | 425) => patience.wait(asked, tried, "it asks to try again, each time"),
        (Meaning::NotNow | Meaning::Unknown, _) => patience.wait(asked, tried, "the service has a fault"),
        (Meaning::Refused, 401 | 403) => GiveUp(Operator, "it may not post there"),
        (Meaning::Refused, 404 | 410) => GiveUp(Operator, "there is no such place to post to"),
        (Meaning::Refused, 413) => GiveUp(Ours, "the message is too long"),
        (Meaning::Refused, 400..=499) => GiveUp(Ours, "the request was refused"),
        (Meaning::Refused, 300..=399) => GiveUp(Service, "it points elsewhere, where nothing is sent to"),
        (Meaning::Refused, _) => GiveUp(Service, "the answer is none that was expected"),
    }
}

impl<'a> Patience<'a> {
    /// That of a message, with `left` until everything must be over.
    pub fn usual(limits: &'a Limits, left: Duration) -> Self {
        Self {
            after_fault: &limits.after_fault,
            after_throttling: limits.after_throttling,
            throttles: limits.after_fault.len(),
            left,
        }
    }

    /// It was not accepted: once more after the pause that was asked for, or the next of our own.
    pub fn wait(&self, asked: Option<Duration>, tried: &Tried, because: &'static str) -> Decision {
        match self.after_fault.get(tried.waits) {
            Some(pause) => self.within(asked.unwrap_or(*pause), Decision::Wait),
            None => GiveUp(Service, because),
        }
    }

    /// There were too many requests.
    pub fn throttled(&self, asked: Option<Duration>, tried: &Tried) -> Decision {
        match tried.throttled < self.throttles {
            true => self.within(asked.unwrap_or(self.after_throttling), Decision::Throttled),
            false => GiveUp(Service, "there are too many requests"),
        }
    }

    /// The message may have been taken.
    fn repeat(&self, tried: &Tried) -> Decision {
        match (tried.repeated, self.after_fault.first()) {
            (false, Some(pause)) => self.within(*pause, Decision::Repeat),
            _ => GiveUp(Service, "there was no answer, and none to the repeated message either"),
        }
    }

    fn within(&self, pause: Duration, decision: fn(Duration) -> Decision) -> Decision {
        match pause < self.left {
            true => decision(pause),
            false => GiveUp(Service, "there is no time left to try again"),
        }
    }
}

#[cfg(test)]
mod tests;
