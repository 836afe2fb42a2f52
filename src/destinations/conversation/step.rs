//! The steps to a posted message, and the decision about the answer to one. Pure.

use std::{fmt, time::Duration};

use crate::delivery::{
    outcome::{PostError, Side},
    retry::{self, Attempts, Decision, Limits, NoResponse, Response, RetryPolicy},
};

/// One request on the way to a posted message, of a kind of conversation.
pub trait Step: Copy + Eq + Send + Sync + fmt::Debug + fmt::Display {
    /// An answer, as far as it counts.
    type Response: Response + Send + Sync + fmt::Debug + fmt::Display;

    /// A change of course after a refusal, such as signing in anew.
    type Remedy: Clone + PartialEq + Send + Sync + fmt::Debug;

    /// The kind's name, for people.
    const KIND: &'static str;

    /// The step that sends what a person has given the bot. It is tried twice at most: services lock accounts for more.
    const FIRST: Self;

    /// The step that posts the message.
    const POST: Self;

    /// The advice that an error ends with where only a person can help.
    const ADVICE: Option<&'static str> = None;

    /// Whether only a person who puts right how the bot signs in can mend a refusal here.
    fn needs_sign_in(self) -> bool;

    /// The kind's own decision about an answer, after these remedies and attempts; `None` leaves it to the
    /// [table of all kinds](retry::decide).
    fn decide(
        self,
        response: &Self::Response,
        remedies: &[Self::Remedy],
        attempts: &Attempts,
        policy: &RetryPolicy<'_>,
    ) -> Option<Decision<Self::Remedy>>;

    /// The error that this step ends with, for people.
    fn failed(self, whose_move: Side, because: &str) -> PostError {
        PostError {
            whose_move,
            text: format!("{}, {self}: {because}", Self::KIND),
            may_have_arrived: false,
            sign_in_needed: whose_move == Side::Operator && self.needs_sign_in(),
        }
    }

    /// The error of a step that was taken without what its request needs: a mistake in this program.
    fn unprepared(self) -> PostError {
        self.failed(Side::Ours, "a step was taken without what it needs")
    }
}

/// Decides about the response to a step's request, with `left` until everything must be over.
pub fn decide<S: Step>(
    step: S,
    response: &Result<S::Response, NoResponse>,
    remedies: &[S::Remedy],
    attempts: &Attempts,
    limits: &Limits,
    left: Duration,
) -> Decision<S::Remedy> {
    let tries = if step == S::FIRST { 1 } else { limits.after_fault.len() };
    let policy = RetryPolicy {
        after_fault: &limits.after_fault[..tries],
        throttles: 1,
        ..RetryPolicy::usual(limits, left)
    };
    let own = response
        .as_ref()
        .ok()
        .and_then(|response| step.decide(response, remedies, attempts, &policy));
    own.unwrap_or_else(|| retry::decide(response, step == S::POST, attempts, &policy))
}

/// The remedy, or the end of the run where it has been tried already.
pub fn once<R: PartialEq>(remedies: &[R], remedy: R, side: Side, because: &'static str) -> Decision<R> {
    match remedies.contains(&remedy) {
        false => Decision::Remedy(remedy),
        true => Decision::GiveUp(side, because),
    }
}
