//! One message, one request: it is made again as long as that helps, and once, marked, where its fate is unknown.

use std::fmt;

use tokio::time::{Instant, sleep};
use tracing::debug;

use super::{
    destination::Post,
    outcome::{Outcome, PostError, Side},
    retry::{Decision, Limits, Patience, Seen, Status, Tried, decide},
};
use crate::update::message::Message;

/// What becomes of a message that `send` makes one try to post; `name` is what people call the place.
pub async fn persist<'p, A, F>(name: &str, post: &'p Post, limits: &Limits, send: impl Fn(&'p Message) -> F) -> Outcome
where
    A: Status + fmt::Display + fmt::Debug,
    F: Future<Output = Seen<A>>,
{
    let mut tried = Tried::default();
    let mut may_have_arrived = false;
    let left = || post.until.saturating_duration_since(Instant::now());
    loop {
        if left().is_zero() {
            return failed(name, Side::Service, "there is no time left", may_have_arrived);
        }
        let seen = send(if tried.repeated { &post.repeated } else { &post.message }).await;
        let decision = decide(&seen, true, &tried, &Patience::usual(limits, left()));
        debug!(?seen, ?decision);
        tried.note(&decision);
        may_have_arrived |= seen.may_have_arrived();
        match decision {
            Decision::Done => {
                return Outcome::Posted {
                    id: seen.id(),
                    repeated: tried.repeated,
                };
            }
            Decision::GiveUp(side, because) => {
                return failed(name, side, &format!("{because} ({seen})"), may_have_arrived);
            }
            Decision::Wait(pause) | Decision::Throttled(pause) | Decision::Repeat(pause) => sleep(pause).await,
        }
    }
}

/// Why a message was not posted, for people.
pub fn error(name: &str, whose_move: Side, because: &str) -> PostError {
    PostError {
        whose_move,
        text: format!("{name}: {because}"),
        may_have_arrived: false,
        sign_in_needed: false,
    }
}

fn failed(name: &str, whose_move: Side, because: &str, may_have_arrived: bool) -> Outcome {
    let mut error = error(name, whose_move, because);
    if may_have_arrived {
        error.text.push_str("; the message may have got there");
        error.may_have_arrived = true;
    }
    Outcome::Failed(error)
}
