//! The driver of every conversation: it takes one step after another until the message is posted.

use async_trait::async_trait;
use reqwest::header::LOCATION;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, sleep},
};
use tracing::{Instrument, debug, info_span};

use super::{
    message::{self, Body},
    protocol::{Run, Store},
    step::{Step, decide},
};
use crate::{
    delivery::{
        destination::{Destination, Post},
        outcome::{Outcome, PostError, Side},
        retry::{self, Attempts, Decision, Limits, NoResponse, Response, describe},
    },
    destinations::http,
};

/// A place to post to by a conversation, for one run.
pub struct Conversation<'a, P: Store> {
    /// The destination's name in report.yaml.
    name: &'a str,
    /// The sender's shown name.
    display_name: Option<&'a str>,
    protocol: P,
    progress: Mutex<Progress<P>>,
}

/// The progress of a run.
struct Progress<P: Store> {
    run: Run<P::State>,
    is_loaded: bool,
    attempts: Attempts,
    /// The remedies that have been tried, in order.
    remedies: Vec<<P::Step as Step>::Remedy>,
    /// Whether a message was sent that no answer was given to.
    may_have_arrived: bool,
    /// The error that preparing ended with.
    failed: Option<PostError>,
}

#[async_trait]
impl<P: Store> Destination for Conversation<'_, P> {
    /// Takes all steps but the last one, as far as the stored session makes them necessary.
    async fn prepare(&self, until: Instant) {
        let span = info_span!("prepare", kind = P::Step::KIND, destination = self.name);
        async {
            let mut progress = self.begin(until).await;
            progress.failed = self.advance(&mut progress, None).await.err();
            self.protocol.save(&mut progress.run, true).await;
        }
        .instrument(span)
        .await;
    }

    /// Posts one message, once.
    async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("post", kind = P::Step::KIND, destination = self.name, as_of = %post.key.as_of);
        async {
            let mut progress = self.begin(post.until).await;
            let failed = progress.failed.take();
            let preparing = failed.is_some();
            let mut result = match failed {
                Some(error) => Err(error),
                None => self.advance(&mut progress, Some(post)).await,
            };
            if let Err(error) = &result
                && self.protocol.reload(&mut progress.run, error, preparing).await
            {
                result = self.advance(&mut progress, Some(post)).await;
            }
            self.protocol.save(&mut progress.run, false).await;
            match result {
                Ok(id) => Outcome::Posted {
                    id,
                    repeated: progress.attempts.repeated,
                },
                Err(mut error) => {
                    if progress.may_have_arrived {
                        error.text += "; the group may have got the message";
                        error.may_have_arrived = true;
                    }
                    Outcome::Failed(error)
                }
            }
        }
        .instrument(span)
        .await
    }
}

impl<'a, P: Store> Conversation<'a, P> {
    /// The destination that report.yaml calls `name`, before its first step.
    pub fn open(
        name: &'a str,
        display_name: Option<&'a str>,
        protocol: P,
        state: P::State,
        limits: Limits,
    ) -> Box<dyn Destination + 'a>
    where
        P: 'a,
    {
        let until = Instant::now();
        let progress = Mutex::new(Progress {
            run: Run { state, limits, until },
            is_loaded: false,
            attempts: Attempts::default(),
            remedies: Vec::new(),
            may_have_arrived: false,
            failed: None,
        });
        Box::new(Self {
            name,
            display_name,
            protocol,
            progress,
        })
    }

    /// The progress so far, with the secrets read, and a new end.
    async fn begin(&self, until: Instant) -> MutexGuard<'_, Progress<P>> {
        let mut progress = self.progress.lock().await;
        progress.run.until = until;
        if !std::mem::replace(&mut progress.is_loaded, true) {
            self.protocol.load(&mut progress.run).await;
        }
        progress
    }

    /// Takes one step after another until the message is posted, and gives its id, if the service tells it; or, without a
    /// message, until one could be posted.
    async fn advance(&self, progress: &mut Progress<P>, post: Option<&Post>) -> Result<Option<String>, PostError> {
        let Progress {
            run,
            attempts,
            remedies,
            may_have_arrived,
            ..
        } = progress;
        loop {
            let step = self.protocol.next_step(run).await?;
            let is_post = step == P::Step::POST;
            if is_post && post.is_none() {
                return Ok(None);
            }
            let reserve = self.protocol.reserve(step);
            if run.left() <= reserve {
                return Err(step.failed(Side::Service, "there is no time left"));
            }
            let body = post.filter(|_| is_post).map(|post| {
                let message = match attempts.repeated {
                    true => &post.repeated,
                    false => &post.message,
                };
                Body::new(message, &post.key, self.display_name)
            });
            let request = self.protocol.request(step, &run.state, body)?;
            let until = run.until.checked_sub(reserve).unwrap_or(run.until);
            let reply = http::call(request, until.min(run.end_of_call())).await;
            // The status of a post says all that counts; other answers are worth nothing without their body.
            let reply = reply.and_then(|reply| match reply.broken_off && !is_post {
                true => Err(NoResponse::Unanswered("the answer broke off".into())),
                false => Ok(reply),
            });
            let response = reply.as_ref().map_err(Clone::clone);
            let response = response.map(|reply| self.protocol.read(step, &run.state, reply));
            let decision = decide(step, &response, remedies, attempts, &run.limits, run.left());
            debug!(%step, ?response, ?decision);
            attempts.note(&decision);
            *may_have_arrived |= is_post && retry::may_have_arrived(&response);
            let result = match decision {
                Decision::Done => match &reply {
                    Ok(reply) if is_post => {
                        let id = message::id(http::text(&reply.headers, LOCATION.as_str()), &reply.body);
                        debug!(id, repeated = attempts.repeated, "posted");
                        return Ok(id);
                    }
                    Ok(reply) => self.protocol.apply(step, run, reply).await,
                    // Only an answer is ever done.
                    Err(_) => Ok(()),
                },
                Decision::GiveUp(side, because) => Err(refused(step, side, because, &response)),
                Decision::Wait(pause) | Decision::Throttled(pause) | Decision::Repeat(pause) => {
                    sleep(pause).await;
                    Ok(())
                }
                Decision::Remedy(remedy) => {
                    remedies.push(remedy.clone());
                    let result = self.protocol.remedy(remedy, run).await;
                    result.map_err(|because| refused(step, Side::Operator, because, &response))
                }
            };
            let Err(mut error) = result else { continue };
            if step == P::Step::FIRST && error.whose_move == Side::Operator {
                let status = response.as_ref().ok().map(Response::status);
                self.protocol.refused(run, &mut error, status).await;
            }
            if let Some(advice) = P::Step::ADVICE.filter(|_| error.sign_in_needed) {
                error.text += &format!("; {advice}");
            }
            return Err(error);
        }
    }
}

/// The error of a step that is given up. A token that is refused although it is new needs a person, too.
fn refused<S: Step>(step: S, side: Side, because: &str, response: &Result<S::Response, NoResponse>) -> PostError {
    let mut error = step.failed(side, &format!("{because} ({})", describe(response)));
    let refuses_token = response.as_ref().is_ok_and(Response::refuses_token);
    error.sign_in_needed |= side == Side::Operator && refuses_token;
    error
}
