//! The seams between the driver and a kind of conversation.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::RequestBuilder;
use tokio::time::Instant;

use super::{message::Body, step::Step};
use crate::{
    delivery::{outcome::PostError, retry::Limits},
    destinations::http::Reply,
};

/// A run of a conversation: what its sign-in has brought so far, and the time that it has.
pub struct Run<S> {
    pub state: S,
    pub limits: Limits,
    /// When everything must be over, waiting and calls alike.
    pub until: Instant,
}

impl<S> Run<S> {
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// When something that may take this long must be over.
    pub fn within(&self, longest: Duration) -> Instant {
        self.until.min(Instant::now() + longest)
    }

    /// When a call that begins now must be over.
    pub fn end_of_call(&self) -> Instant {
        self.within(self.limits.call)
    }
}

/// The requests of a kind, and what their answers bring.
#[async_trait]
pub trait Protocol: Send + Sync {
    type Step: Step;

    /// Everything that the sign-in has brought so far.
    type State: Send + Sync;

    /// The step that the state needs next, or the reason why it may not be taken.
    async fn next_step(&self, run: &mut Run<Self::State>) -> Result<Self::Step, PostError>;

    /// The time that must be left after a step, to store what it brings.
    fn reserve(&self, _step: Self::Step) -> Duration {
        Duration::ZERO
    }

    /// The request of a step; the step that posts the message has its body.
    fn request(
        &self,
        step: Self::Step,
        state: &Self::State,
        body: Option<Body<'_>>,
    ) -> Result<RequestBuilder, PostError>;

    /// The part of an answer that counts for the decision.
    fn read(&self, step: Self::Step, state: &Self::State, reply: &Reply) -> <Self::Step as Step>::Response;

    /// Takes what an accepted step of the sign-in has brought, and stores what must be stored before it is used.
    async fn apply(&self, step: Self::Step, run: &mut Run<Self::State>, reply: &Reply) -> Result<(), PostError>;

    /// Changes the course after a refusal. An error says why only a person can help.
    async fn remedy(
        &self,
        remedy: <Self::Step as Step>::Remedy,
        run: &mut Run<Self::State>,
    ) -> Result<(), &'static str>;
}

/// The secrets that a kind keeps between runs.
#[async_trait]
pub trait Store: Protocol {
    /// Reads them, once in a run. Their faults are told by the step that needs them.
    async fn load(&self, run: &mut Run<Self::State>);

    /// Reads them again, once in a run that has failed: whether they have changed, so that another try is worth it.
    /// `preparing` says that the error is from before there was a message.
    async fn reload(&self, run: &mut Run<Self::State>, error: &PostError, preparing: bool) -> bool;

    /// Stores what has changed, at the end of preparing and of posting.
    async fn save(&self, run: &mut Run<Self::State>, preparing: bool);

    /// Keeps that the service has refused what a person has given the bot, and adds for people what that means. `status`
    /// is that of the answer, if there was one.
    async fn refused(&self, run: &mut Run<Self::State>, error: &mut PostError, status: Option<u16>);
}
