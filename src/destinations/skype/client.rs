//! Posting to a Skype group: sign in, exchange the ticket, register, post, each only when it is needed.
//!
//! One loop takes the steps. Which step is next follows from the tokens at hand; what an answer means is decided in
//! [`decision`]; the other files know one request or one text each. There is no profile and no presence call: sending
//! needs neither.

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use secrecy::ExposeSecret;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tracing::{Instrument, debug, info, info_span};
use url::Url;

use super::{
    answer,
    decision::{Decision, Seen, Step, decide},
    lock_and_key, registration,
    session::Session,
    soap, ticket,
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

/// What the servers want to know of the client that sends a message; every field of it is asked for.
const CLIENT_INFO: HeaderValue = HeaderValue::from_static(
    "os=Windows; osVer=10; proc=x86; lcid=en-US; deviceType=1; country=US; clientName=skype4life; \
     clientVer=1418/9.99.0.999//skype4life",
);

/// A Skype group and the way there, for one run.
pub struct Skype<'a> {
    pub(super) name: String,
    pub(super) config: super::config::Skype,
    pub(super) http: reqwest::Client,
    pub(super) secrets: &'a dyn SecretStore,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) way: Mutex<Way>,
}

impl<'a> Skype<'a> {
    /// The group that report.yaml calls `name`.
    pub(super) fn new(name: String, config: super::config::Skype, clients: Clients<'a>) -> Self {
        let way = Mutex::new(Way::new(&config));
        Self {
            name,
            config,
            http: clients.http.clone(),
            secrets: clients.secrets,
            clock: clients.clock,
            limits: clients.limits,
            way,
        }
    }
}

#[async_trait]
impl Destination for Skype<'_> {
    /// Reads the secrets, signs in and registers, as far as the kept session makes it necessary.
    async fn prepare(&self, until: Instant) {
        let span = info_span!("skype.prepare", destination = self.name);
        async {
            let mut way = self.way.lock().await;
            way.until = until;
            self.begin(&mut way).await;
            way.failed = self.go(&mut way, None).await.err();
            self.keep(&mut way).await;
        }
        .instrument(span)
        .await;
    }

    /// Posts one message, once.
    async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("skype.post", destination = self.name, as_of = %post.key.as_of);
        async {
            let mut way = self.way.lock().await;
            way.until = post.until;
            let mut result = match way.failed.take() {
                Some(error) => Err(error),
                None => {
                    self.begin(&mut way).await;
                    self.go(&mut way, Some(post)).await
                }
            };
            if let Err(error) = &result
                && self.changed_credentials(&mut way, error).await
            {
                result = self.go(&mut way, Some(post)).await;
            }
            self.keep(&mut way).await;
            conversation::outcome(result, way.tried.usual.repeated, way.may_have_arrived)
        }
        .instrument(span)
        .await
    }
}

impl Skype<'_> {
    /// Takes one step after another until the message is posted or, without one, until it could be.
    async fn go(&self, way: &mut Way, post: Option<&Post>) -> Result<Option<Sent>, PostError> {
        loop {
            let step = way.next_step(self.clock.now());
            if step == Step::Post && post.is_none() {
                return Ok(None);
            }
            if way.left().is_zero() {
                return Err(step.failed(Side::Service, "there is no time left"));
            }
            if step == Step::SignIn && way.is_refused() {
                return Err(self.refused_before());
            }
            let request = self.request(step, way, post)?;
            let reply = http::call(request, self.call_until(way.until)).await;
            let (seen, reply) = self.seen(step, way, reply);
            let decision = decide(step, &seen, &way.tried, &self.limits, way.left());
            debug!(%step, ?seen, ?decision);
            way.tried.note(&decision);
            way.may_have_arrived |= step == Step::Post && may_have_arrived(&seen);
            match decision {
                Decision::Usual(Usual::Done) => {
                    // Only an answer is ever done.
                    let Some(reply) = reply else { continue };
                    match self.take(step, way, &reply) {
                        Ok(None) => {}
                        Ok(sent) => return Ok(sent),
                        Err(error) => return Err(self.refused(step, way, &seen, error)),
                    }
                }
                Decision::Usual(Usual::GiveUp(whose_move, because)) => {
                    let error = step.failed(whose_move, &format!("{because} ({})", describe(&seen)));
                    let mut error = self.refused(step, way, &seen, error);
                    // Refused even after a new sign-in.
                    error.sign_in_needed |=
                        whose_move == Side::Operator && seen.as_ref().is_ok_and(Response::refuses_token);
                    return Err(error);
                }
                Decision::SignIn => way.forget_all(),
                Decision::Register => way.forget_registration(&self.config.hosts.messages),
                Decision::Move(host) => way.forget_registration(&host),
                Decision::Usual(Usual::Wait(pause) | Usual::Throttled(pause) | Usual::Repeat(pause)) => {
                    sleep(pause).await;
                }
            }
        }
    }

    /// The request of a step.
    fn request(&self, step: Step, way: &Way, post: Option<&Post>) -> Result<reqwest::RequestBuilder, PostError> {
        let hosts = &self.config.hosts;
        let missing = || step.failed(Side::Ours, "a step was taken without what it needs");
        Ok(match step {
            Step::SignIn => {
                let credentials = way.credentials.as_ref().map_err(Clone::clone)?;
                let request = self
                    .http
                    .post(at(&hosts.login, ["RST.srf"]))
                    .header(CONTENT_TYPE, soap::CONTENT_TYPE);
                request.body(soap::request(credentials))
            }
            Step::Exchange => {
                let ticket = way.ticket.as_ref().ok_or_else(missing)?;
                let request = self.http.post(at(&hosts.edge, ["rps", "v1", "rps", "skypetoken"]));
                request.form(&ticket::form(ticket.expose_secret()))
            }
            Step::Register => {
                let token = way.session.skype.as_ref().ok_or_else(missing)?;
                let (name, value) = registration::BEHAVIOR_OVERRIDE;
                let request = self.http.post(at(&way.host, registration::PATH));
                let request = request
                    .header("LockAndKey", lock_and_key::header(self.clock.now()))
                    .header(name, value);
                request
                    .header("Authentication", token.header("skypetoken"))
                    .json(&registration::body())
            }
            Step::Post => {
                let registration = way.session.registration.as_ref().ok_or_else(missing)?;
                let post = post.ok_or_else(missing)?;
                let message = if way.tried.usual.repeated {
                    &post.repeated
                } else {
                    &post.message
                };
                let body = conversation::Body::new(message, &post.key, self.config.display_name.as_deref());
                let request = self
                    .http
                    .post(at(&registration.host, conversation::path(&self.config.group)));
                let request = request.header("RegistrationToken", registration.token.header("registrationToken"));
                request.header("ClientInfo", CLIENT_INFO).json(&body.without_mentions())
            }
        })
    }

    /// What came of a request, as it is judged.
    fn seen(&self, step: Step, way: &Way, reply: Result<Reply, NoResponse>) -> (Seen, Option<Reply>) {
        match reply {
            Err(none) => (Err(none), None),
            // The status of a post says all that counts; the other answers are worth nothing without their body.
            Ok(reply) if reply.broken_off && step != Step::Post => {
                (Err(NoResponse::Unanswered("the answer broke off".into())), None)
            }
            Ok(reply) => {
                let asked = match (step, &way.session.registration) {
                    (Step::Post, Some(registration)) => &registration.host,
                    _ => &way.host,
                };
                let configured = &self.config.hosts.messages;
                (
                    Ok(answer::read(step, &reply, self.clock.now(), asked, configured)),
                    Some(reply),
                )
            }
        }
    }

    /// Keeps what an accepted step has brought.
    fn take(&self, step: Step, way: &mut Way, reply: &Reply) -> Result<Option<Sent>, PostError> {
        match step {
            Step::SignIn => {
                let credentials = way.credentials.as_ref().map_err(Clone::clone)?;
                way.ticket = Some(soap::ticket(&reply.body, credentials)?);
            }
            Step::Exchange => {
                way.ticket = None;
                let (token, own_id) = ticket::token(&reply.body, self.clock.now())?;
                let user = way
                    .credentials
                    .as_ref()
                    .map(|it| it.user().to_owned())
                    .unwrap_or_default();
                way.session = Session {
                    user,
                    own_id,
                    skype: Some(token),
                    registration: None,
                    refused: None,
                };
                way.changed = true;
                info!("signed in");
            }
            Step::Register => {
                let host = way.host.clone();
                info!(host = host.host_str(), "registered");
                let registration = registration::registration(&reply.headers, host, self.clock.now())?;
                way.session.registration = Some(registration);
                way.changed = true;
            }
            Step::Post => {
                let id = conversation::id(http::text(&reply.headers, LOCATION.as_str()), &reply.body);
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

/// A path below a base URL, each piece encoded only as far as a path needs it.
fn at<'p>(base: &Url, path: impl IntoIterator<Item = &'p str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}
