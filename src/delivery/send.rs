//! Sending with retries, where one request posts a message: as often as that helps, and once, marked as repeated, where
//! the message may have arrived.

use std::fmt;

use tokio::time::{Instant, sleep};
use tracing::debug;

use super::{
    destination::Post,
    outcome::{Outcome, PostError, Side},
    retry::{Attempts, Decision, Limits, NoResponse, Response, RetryPolicy, decide, describe, may_have_arrived},
};
use crate::update::message::Message;

/// Posts a message; `send` makes one try, and `name` is what people call the place.
pub async fn send_with_retries<'p, R, F>(
    name: &str,
    post: &'p Post,
    limits: &Limits,
    send: impl Fn(&'p Message) -> F,
) -> Outcome
where
    R: Response + fmt::Display + fmt::Debug,
    F: Future<Output = Result<R, NoResponse>>,
{
    let mut attempts = Attempts::default();
    let mut has_perhaps_arrived = false;
    let left = || post.until.saturating_duration_since(Instant::now());
    loop {
        if left().is_zero() {
            return failed(name, Side::Service, "there is no time left", has_perhaps_arrived);
        }
        let message = if attempts.repeated {
            &post.repeated
        } else {
            &post.message
        };
        let response = send(message).await;
        let decision: Decision = decide(&response, true, &attempts, &RetryPolicy::usual(limits, left()));
        debug!(?response, ?decision);
        attempts.note(&decision);
        has_perhaps_arrived |= may_have_arrived(&response);
        match decision {
            Decision::Done => {
                return Outcome::Posted {
                    id: response.ok().and_then(|response| response.id().map(str::to_owned)),
                    repeated: attempts.repeated,
                };
            }
            Decision::GiveUp(side, because) => {
                let because = format!("{because} ({})", describe(&response));
                return failed(name, side, &because, has_perhaps_arrived);
            }
            Decision::Wait(pause) | Decision::Throttled(pause) | Decision::Repeat(pause) => sleep(pause).await,
            Decision::Remedy(none) => match none {},
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
