//! The requests of Teams Free's steps, and what their answers bring.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::RequestBuilder;
use tokio::time::sleep;
use tracing::info;

use super::{
    authz,
    config::TeamsFree,
    decision::{Remedy, SIGN_IN_AGAIN, Step, TeamsFreeResponse},
    oauth,
    requests::Requests,
    response,
    state::{SignInState, WRITING},
};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::{
        clients::Clients,
        conversation::{Protocol, Run, Step as _, message::Body},
        http::Reply,
    },
};

/// A client of Teams Free, for one group.
pub struct Client<'a> {
    pub config: &'a TeamsFree,
    pub clients: Clients<'a>,
    pub requests: Requests,
}

#[async_trait]
impl Protocol for Client<'_> {
    type Step = Step;
    type State = SignInState;

    /// Before a renewal this waits for the run's turn.
    async fn next_step(&self, run: &mut Run<SignInState>) -> Result<Step, PostError> {
        loop {
            let step = run.state.next_step(self.clients.clock.now());
            if step != Step::Renew {
                return Ok(step);
            }
            if run.state.refused {
                let refused = format!("the sign-in was refused before, and is not sent again; {SIGN_IN_AGAIN}");
                return Err(step.failed(Side::Operator, &refused));
            }
            if self.has_turn(run) {
                return Ok(step);
            }
            self.take_turn(run).await?;
        }
    }

    /// A renewal replaces the refresh token, which has to be written.
    fn reserve(&self, step: Step) -> Duration {
        if step == Step::Renew { WRITING } else { Duration::ZERO }
    }

    fn request(&self, step: Step, state: &SignInState, body: Option<Body<'_>>) -> Result<RequestBuilder, PostError> {
        let missing = || step.unprepared();
        let account = state.account.as_ref().map_err(Clone::clone)?;
        Ok(match step {
            Step::Renew => {
                let used_up = || format!("every refresh token is used up; {SIGN_IN_AGAIN}");
                let token = state.token();
                let token = token.ok_or_else(|| step.failed(Side::Operator, &used_up()))?;
                self.requests.tokens(&oauth::renewal(account.client_id(), token))
            }
            Step::Exchange => self.requests.skype_token(state.access.as_ref().ok_or_else(missing)?),
            Step::Post => {
                let session = account.session(self.clients.clock.now()).ok_or_else(missing)?;
                let body = body.ok_or_else(missing)?;
                self.requests.post(session, &self.config.group, &body)
            }
        })
    }

    fn read(&self, step: Step, _state: &SignInState, reply: &Reply) -> TeamsFreeResponse {
        response::read(step, reply, self.clients.clock.now())
    }

    async fn apply(&self, step: Step, run: &mut Run<SignInState>, reply: &Reply) -> Result<(), PostError> {
        let unreadable = |because| step.failed(Side::Service, because);
        match step {
            Step::Renew => {
                run.state.renewed(oauth::tokens(&reply.body).map_err(unreadable)?);
                info!("the sign-in is renewed");
            }
            Step::Exchange => {
                let granted = authz::granted(&reply.body, self.clients.clock.now(), self.requests.teams());
                run.state.granted(granted.map_err(unreadable)?);
                info!("there is a new Skype token");
            }
            Step::Post => {}
        }
        // Before anything is done with what the step has brought.
        self.write_changes(run).await;
        if step == Step::Exchange && !run.state.changed {
            self.end_turn(run).await;
        }
        Ok(())
    }

    async fn remedy(&self, remedy: Remedy, run: &mut Run<SignInState>) -> Result<(), &'static str> {
        match remedy {
            Remedy::Exchange => run.state.forget_session(),
            Remedy::Renew => run.state.access = None,
            Remedy::OtherToken => {
                run.state.spend_token();
                info!("a refresh token was refused: looking for another");
                // Another run may be about to write its successor; otherwise there may be its predecessor.
                sleep(run.limits.after_fault[0].min(run.left())).await;
                if !self.look_again(run).await && run.state.token().is_none() {
                    return Err("the sign-in has ended");
                }
            }
        }
        Ok(())
    }
}
