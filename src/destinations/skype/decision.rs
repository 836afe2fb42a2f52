//! Decisions about Skype's answers: the one place that knows what its error codes mean.
//!
//! An answer without such a code is left to the table of [all kinds](crate::delivery::retry). Signing in is what Skype
//! throttles and locks, so it is renewed at most once in a run.

use std::{fmt, time::Duration};

use url::Url;

use super::hosts::Pointer;
use crate::{
    delivery::{
        outcome::Side::{Operator, Service},
        retry::{
            Attempts,
            Decision::{self, Done, GiveUp},
            Response, RetryPolicy,
        },
    },
    destinations::conversation::{self, step::once},
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

/// A change of course after a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Forget both tokens, and sign in.
    SignIn,
    /// Forget the registration token, and register.
    Register,
    /// Register at this host.
    Move(Url),
}

/// An answer, as far as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkypeResponse {
    pub status: u16,
    /// Skype's own `errorCode`, or the edge service's `status.code`.
    pub code: Option<i64>,
    /// Whether the text says that the registration token has expired; there is no code for that.
    pub registration_expired: bool,
    pub retry_after: Option<Duration>,
    /// The host that `Location` points to.
    pub pointer: Pointer,
}

impl Response for SkypeResponse {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for SkypeResponse {
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

/// The most clouds that a run is moved to: real users are moved once.
const MOVES: usize = 3;

impl conversation::Step for Step {
    type Response = SkypeResponse;
    type Remedy = Remedy;

    const KIND: &'static str = "Skype";
    const FIRST: Self = Self::SignIn;
    const POST: Self = Self::Post;

    fn needs_sign_in(self) -> bool {
        matches!(self, Self::SignIn | Self::Exchange)
    }

    fn decide(
        self,
        response: &SkypeResponse,
        remedies: &[Remedy],
        _attempts: &Attempts,
        _policy: &RetryPolicy<'_>,
    ) -> Option<Decision<Remedy>> {
        let is_move = |remedy: &&Remedy| matches!(remedy, Remedy::Move(_));
        let go_to = |host: &Url| match remedies.iter().filter(is_move).count() < MOVES {
            true => Decision::Remedy(Remedy::Move(host.clone())),
            false => GiveUp(Service, "it points from one host to the next without end"),
        };
        let register = once(
            remedies,
            Remedy::Register,
            Service,
            "the registration was refused, and a new one too",
        );
        let sign_in = match (self, response.status) {
            // LockAndKey, which is computed from the clock, goes with a registration.
            (Self::Register, 403) => {
                "it was refused, and with the token of a new sign-in too; or the function's clock is wrong"
            }
            _ => "the token was refused, and that of a new sign-in too",
        };
        let sign_in = once(remedies, Remedy::SignIn, Operator, sign_in);
        let case = (self, response.status, response.code);
        // A registration counts only on the host that it ends on, even if this answer brought one.
        if let Pointer::Elsewhere(host) = &response.pointer
            && matches!(
                case,
                (Self::Register, 200..=399 | 404, _) | (Self::Post, 404, Some(752))
            )
        {
            return Some(go_to(host));
        }
        Some(match case {
            (Self::Register | Self::Post, 300..=399 | 404, _) if matches!(response.pointer, Pointer::Foreign(_)) => {
                GiveUp(Service, "it points to a host that no token may be sent to")
            }
            // The Teams service says so where it has a message with this client id.
            (Self::Post, 409, Some(8400)) => Done,

            (_, 400..=599, Some(803)) => GiveUp(Service, "signing in is throttled for at least five minutes"),
            (Self::SignIn, 429, _) => GiveUp(Service, "signing in is throttled for this account or address"),
            (_, 400..=499, Some(804)) => GiveUp(
                Operator,
                "too many messages to somebody who has not accepted the contact",
            ),
            (_, 408 | 425 | 429, _) => return None,

            (Self::SignIn, 400..=499, _) => GiveUp(Operator, "it was refused; sign in once with a browser"),
            (Self::Exchange, 400..=499, _) => GiveUp(Operator, "the ticket was refused; sign in once with a browser"),
            (Self::Register, 401 | 403, _) | (Self::Post, 401, _) => sign_in,
            (Self::Register, 404, _) => GiveUp(Service, "it names no host to register at"),

            (Self::Post, 403, _) if response.registration_expired => register,
            (Self::Post, 403, _) => GiveUp(Operator, "the bot is not a member of the group, or may not post there"),
            (Self::Post, 404, Some(729 | 752)) => register,
            (Self::Post, 404, _) => GiveUp(Operator, "there is no such group"),
            (Self::Post, 400, Some(201)) => GiveUp(Operator, "the bot is not a member, or the group's id is not one"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
