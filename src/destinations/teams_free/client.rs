//! Posting to a group in Teams Free: renew the sign-in, get a Skype token, post, each only when it is needed.
//!
//! This way in is the one of Microsoft's own programs: nobody has been promised it. What is below `/v1` is as it was in
//! Skype. One loop takes the steps; which is next follows from the tokens at hand, and what an answer means is decided
//! in [`decision`]. The refresh token is what must not be lost: `keeping` tells how it is kept.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{RequestBuilder, header::LOCATION};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tracing::{Instrument, debug, info, info_span};

use super::{
    answer, authz,
    decision::{Decision, SIGN_IN_AGAIN, Seen, Step, decide},
    keeping, oauth,
    requests::Requests,
    way::Way,
};
use crate::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        outcome::{Outcome, PostError, Side},
        retry::{Decision as Usual, Limits, NoResponse, Response, describe, may_have_arrived},
        secrets::SecretStore,
    },
    destinations::{
        clients::Clients,
        conversation::{self, Sent},
        http::{self, Reply},
    },
};

/// How many times the usual pause there is after throttling when the service asks for none: clients of Teams Free were let
/// in again after a minute.
const THROTTLED: u32 = 4;

/// A group in Teams Free and the way there, for one run.
pub struct TeamsFree<'a> {
    pub(super) name: String,
    pub(super) config: super::config::TeamsFree,
    pub(super) requests: Requests,
    pub(super) secrets: &'a dyn SecretStore,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) way: Mutex<Way>,
}

impl<'a> TeamsFree<'a> {
    /// The group that report.yaml calls `name`.
    pub(super) fn new(name: String, config: super::config::TeamsFree, clients: Clients<'a>) -> Self {
        Self {
            name,
            requests: Requests::new(clients.http.clone(), config.hosts.clone()),
            config,
            secrets: clients.secrets,
            clock: clients.clock,
            limits: Limits {
                after_throttling: THROTTLED * clients.limits.after_throttling,
                ..clients.limits
            },
            way: Mutex::new(Way::new()),
        }
    }
}

#[async_trait]
impl Destination for TeamsFree<'_> {
    /// Reads the secret, renews the sign-in and gets a Skype token, as far as the kept one makes it necessary.
    async fn prepare(&self, until: Instant) {
        let span = info_span!("teams_free.prepare", destination = self.name);
        async {
            let mut way = self.way.lock().await;
            way.until = until;
            self.begin(&mut way).await;
            way.failed = self.go(&mut way, None).await.err();
            // What could not be written down is tried again when posting.
            if !way.changed {
                self.end_turn(&mut way).await;
            }
        }
        .instrument(span)
        .await;
    }

    /// Posts one message, once.
    async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("teams_free.post", destination = self.name, as_of = %post.key.as_of);
        async {
            let mut way = self.way.lock().await;
            way.until = post.until;
            self.begin(&mut way).await;
            let result = match way.failed.take() {
                Some(_) if way.waited_in_vain => self.go(&mut way, Some(post)).await,
                // Somebody may have signed in since.
                Some(error) if error.sign_in_needed && self.look_again(&mut way).await => {
                    self.go(&mut way, Some(post)).await
                }
                Some(error) => Err(error),
                None => self.go(&mut way, Some(post)).await,
            };
            // Once more, if it has not worked before.
            self.keep(&mut way).await;
            self.end_turn(&mut way).await;
            conversation::outcome(result, way.tried.usual.repeated, way.may_have_arrived)
        }
        .instrument(span)
        .await
    }
}

impl TeamsFree<'_> {
    /// Takes one step after another until the message is posted or, without one, until it could be.
    async fn go(&self, way: &mut Way, post: Option<&Post>) -> Result<Option<Sent>, PostError> {
        loop {
            let step = way.next_step(self.clock.now());
            if step == Step::Post && post.is_none() {
                return Ok(None);
            }
            if step == Step::Renew && way.refused {
                let refused = format!("the sign-in was refused before, and is not sent again; {SIGN_IN_AGAIN}");
                return Err(step.failed(Side::Operator, &refused));
            }
            if step == Step::Renew && !self.has_turn(way) {
                self.take_turn(way).await?;
                continue;
            }
            // What a renewal brings has to be written down.
            let needed = if step == Step::Renew {
                keeping::WRITING
            } else {
                Duration::ZERO
            };
            if way.left() <= needed {
                return Err(step.failed(Side::Service, "there is no time left"));
            }
            let request = self.request(step, way, post)?;
            let until = way.until.checked_sub(needed).unwrap_or(way.until);
            let reply = http::call(request, self.call_until(until)).await;
            let (seen, reply) = self.seen(step, reply);
            let decision = decide(step, &seen, &way.tried, &self.limits, way.left());
            debug!(%step, ?seen, ?decision);
            way.tried.note(&decision);
            way.may_have_arrived |= step == Step::Post && may_have_arrived(&seen);
            match decision {
                Decision::Usual(Usual::Done) => {
                    // Only an answer is ever done.
                    let Some(reply) = reply else { continue };
                    if let Some(sent) = self.take(step, way, &reply)? {
                        return Ok(Some(sent));
                    }
                    // Before what it has brought is used for anything.
                    self.keep(way).await;
                    if step == Step::Exchange && !way.changed {
                        self.end_turn(way).await;
                    }
                }
                Decision::Usual(Usual::GiveUp(whose_move, because)) => {
                    if step == Step::Renew && whose_move == Side::Operator {
                        self.keep_refusal(way).await;
                    }
                    return Err(given_up(step, whose_move, because, &seen));
                }
                Decision::Exchange => way.forget_session(),
                Decision::Renew => way.access = None,
                Decision::OtherToken => {
                    way.spend_token();
                    info!("a refresh token was refused: looking for another");
                    // Another run may be about to write down its successor; otherwise there may be its predecessor.
                    sleep(self.limits.after_fault[0].min(way.left())).await;
                    if !self.look_again(way).await && way.token().is_none() {
                        self.keep_refusal(way).await;
                        return Err(given_up(step, Side::Operator, "the sign-in has ended", &seen));
                    }
                }
                Decision::Usual(Usual::Wait(pause) | Usual::Throttled(pause) | Usual::Repeat(pause)) => {
                    sleep(pause).await;
                }
            }
        }
    }

    /// The request of a step.
    fn request(&self, step: Step, way: &Way, post: Option<&Post>) -> Result<RequestBuilder, PostError> {
        let missing = || step.failed(Side::Ours, "a step was taken without what it needs");
        let account = way.account.as_ref().map_err(Clone::clone)?;
        Ok(match step {
            Step::Renew => {
                let spent = || {
                    step.failed(
                        Side::Operator,
                        &format!("every refresh token is used up; {SIGN_IN_AGAIN}"),
                    )
                };
                let token = way.token().ok_or_else(spent)?;
                self.requests.tokens(&oauth::renewal(account.client_id(), token))
            }
            Step::Exchange => self.requests.skype_token(way.access.as_ref().ok_or_else(missing)?),
            Step::Post => {
                let session = account.session(self.clock.now()).ok_or_else(missing)?;
                let post = post.ok_or_else(missing)?;
                let message = if way.tried.usual.repeated {
                    &post.repeated
                } else {
                    &post.message
                };
                let body = conversation::Body::new(message, &post.key, self.config.display_name.as_deref());
                self.requests.post(session, &self.config.group, &body)
            }
        })
    }

    /// What came of a request, as it is judged.
    fn seen(&self, step: Step, reply: Result<Reply, NoResponse>) -> (Seen, Option<Reply>) {
        match reply {
            Err(none) => (Err(none), None),
            // Its status alone tells that a message was taken; of the others the body is what counts.
            Ok(reply) if reply.broken_off && step != Step::Post => {
                (Err(NoResponse::Unanswered("the answer broke off".into())), None)
            }
            Ok(reply) => (Ok(answer::read(step, &reply, self.clock.now())), Some(reply)),
        }
    }

    /// Keeps what an accepted step has brought.
    fn take(&self, step: Step, way: &mut Way, reply: &Reply) -> Result<Option<Sent>, PostError> {
        let unreadable = |because| step.failed(Side::Service, because);
        match step {
            Step::Renew => {
                way.renewed(oauth::tokens(&reply.body).map_err(unreadable)?);
                info!("the sign-in is renewed");
            }
            Step::Exchange => {
                let granted = authz::granted(&reply.body, self.clock.now(), self.requests.teams());
                way.granted(granted.map_err(unreadable)?);
                info!("there is a new Skype token");
            }
            Step::Post => {
                let location = http::text(&reply.headers, LOCATION.as_str());
                let id = conversation::id(location, &reply.body);
                debug!(id, repeated = way.tried.usual.repeated, "posted");
                return Ok(Some(Sent(id)));
            }
        }
        Ok(None)
    }

    pub(super) fn call_until(&self, until: Instant) -> Instant {
        until.min(Instant::now() + self.limits.call)
    }
}

fn given_up(step: Step, whose_move: Side, because: &str, seen: &Seen) -> PostError {
    let mut error = step.failed(whose_move, &format!("{because} ({})", describe(seen)));
    // Refused even after a new exchange.
    let refuses_token = seen.as_ref().is_ok_and(Response::refuses_token);
    error.sign_in_needed |= whose_move == Side::Operator && refuses_token;
    if error.sign_in_needed {
        error.text.push_str("; ");
        error.text.push_str(SIGN_IN_AGAIN);
    }
    error
}
