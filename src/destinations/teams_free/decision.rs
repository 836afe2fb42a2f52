//! Decisions about the answers of Teams Free: the one place that knows what its error codes mean.
//!
//! An answer without such a code is left to the table of [all kinds](crate::delivery::retry). A token that is refused is
//! replaced once, from the one that it was made of: the Skype token from the access token, that one from the refresh
//! token.

use std::{fmt, time::Duration};

use super::oauth::Refusal;
use crate::{
    delivery::{
        outcome::Side::{Operator, Ours},
        retry::{
            Attempts,
            Decision::{self, Done, GiveUp},
            Response, RetryPolicy,
        },
    },
    destinations::conversation::{self, step::once},
};

/// The advice where only a person can help.
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

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Renew => "renewing the sign-in",
            Self::Exchange => "getting a Skype token",
            Self::Post => "posting",
        })
    }
}

/// A change of course after a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Forget the Skype token, and get another.
    Exchange,
    /// Forget the access token, and renew the sign-in.
    Renew,
    /// Renew with another refresh token, if there is one.
    OtherToken,
}

/// An answer, as far as it counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamsFreeResponse {
    pub status: u16,
    /// The service's own error code.
    pub code: Option<i64>,
    /// The reason of a refused renewal.
    pub refusal: Option<Refusal>,
    /// Whether the text speaks of the token; there is no code for that.
    pub about_token: bool,
    pub retry_after: Option<Duration>,
}

impl Response for TeamsFreeResponse {
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

impl fmt::Display for TeamsFreeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match self.code {
            Some(code) => write!(f, ", code {code}"),
            None => Ok(()),
        }
    }
}

impl conversation::Step for Step {
    type Response = TeamsFreeResponse;
    type Remedy = Remedy;

    const KIND: &'static str = "Teams Free";
    /// A lost answer may have held the successor of the refresh token that was sent: that is not risked often.
    const FIRST: Self = Self::Renew;
    const POST: Self = Self::Post;
    const ADVICE: Option<&'static str> = Some(SIGN_IN_AGAIN);

    fn needs_sign_in(self) -> bool {
        self != Self::Post
    }

    fn decide(
        self,
        response: &TeamsFreeResponse,
        remedies: &[Remedy],
        attempts: &Attempts,
        policy: &RetryPolicy<'_>,
    ) -> Option<Decision<Remedy>> {
        Some(match (self, response.status, response.code) {
            // It has a message with this client id.
            (Self::Post, 409, Some(8400)) => Done,
            (_, 400..=499, Some(803)) => policy.throttled(response.retry_after, attempts),
            (_, 408 | 425 | 429, _) => return None,

            (Self::Renew, 400..=499, _) => match response.refusal {
                Some(Refusal::SignInAgain) => Decision::Remedy(Remedy::OtherToken),
                Some(Refusal::Client) => GiveUp(Operator, "the client id is not accepted any more"),
                Some(Refusal::Passing) => policy.wait(response.retry_after, attempts, "the sign-in has a fault"),
                _ => GiveUp(Ours, "the request was refused"),
            },
            (Self::Exchange, 401, _) | (Self::Exchange, 400..=499, Some(40_120)) => once(
                remedies,
                Remedy::Renew,
                Operator,
                "the access token was refused, and that of a new renewal too",
            ),
            (Self::Exchange, 403, _) => GiveUp(Operator, "the account may not use Teams Free; it takes a personal one"),
            (Self::Post, ..) if response.refuses_token() => once(
                remedies,
                Remedy::Exchange,
                Operator,
                "the Skype token was refused, and a new one too",
            ),
            (Self::Post, 403, _) => GiveUp(Operator, "the bot may not post in the group"),
            (Self::Post, 404, _) => GiveUp(
                Operator,
                "the bot is not a member of the group, or the group's id is wrong",
            ),
            (Self::Post, 400..=499, Some(1003)) => GiveUp(Ours, "the message is too long"),
            (Self::Exchange, 400..=499, _) => GiveUp(Ours, "the request was refused"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
