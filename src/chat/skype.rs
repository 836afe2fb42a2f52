//! Posting to a Skype group: sign in, exchange the ticket, register, post, each only when it is needed.
//!
//! One loop takes the steps. Which step is next follows from the tokens at hand; what an answer means is decided in
//! [`decision`]; the other files know one request or one text each. There is no profile and no presence call: sending
//! needs neither.

mod answer;
mod credentials;
pub mod decision;
mod hosts;
pub mod lock_and_key;
mod message;
mod registration;
mod session;
mod soap;
mod ticket;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout_at},
};
use tracing::{Instrument, debug, info, info_span, warn};
use url::Url;

use self::{
    credentials::Credentials,
    decision::{Decision, Seen, Step, Tried, decide},
    session::Session,
};
use super::{
    Limits, SecretError, Secrets,
    http::{self, NoReply, Reply},
};
use crate::{
    clock::Clock,
    config,
    run::{Outcome, Post, PostError, Side},
};

/// A Skype group and the way there, for one run.
pub struct Skype<'a, S> {
    name: String,
    config: config::Skype,
    http: reqwest::Client,
    secrets: &'a S,
    clock: Clock,
    deadline: Instant,
    limits: Limits,
    way: Mutex<Way>,
}

/// How far the run has come.
#[derive(Debug)]
struct Way {
    /// Whether the secrets have been read.
    begun: bool,
    /// Asked for only when there is no session; then this tells what is wrong with them.
    credentials: Result<Credentials, PostError>,
    ticket: Option<SecretString>,
    session: Session,
    /// Whether the session is other than the kept one.
    changed: bool,
    /// The messages host that is registered at next.
    host: Url,
    tried: Tried,
    /// What became of preparing.
    failed: Option<PostError>,
}

/// What a message became: the server's id of it.
struct Sent(Option<String>);

impl<'a, S: Secrets> Skype<'a, S> {
    pub(super) fn new(
        name: String,
        config: config::Skype,
        http: reqwest::Client,
        secrets: &'a S,
        clock: Clock,
        deadline: Instant,
    ) -> Self {
        let way = Way {
            begun: false,
            credentials: Err(Step::SignIn.failed(Side::Ours, "the secrets have not been read")),
            ticket: None,
            session: Session::default(),
            changed: false,
            host: config.hosts.messages.clone(),
            tried: Tried::default(),
            failed: None,
        };
        Self {
            name,
            config,
            http,
            secrets,
            clock,
            deadline,
            limits: Limits::default(),
            way: Mutex::new(way),
        }
    }

    pub(super) fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Reads the secrets, signs in and registers, as far as the kept session makes it necessary.
    pub(super) async fn prepare(&self) {
        let span = info_span!("skype.prepare", destination = self.name);
        async {
            let mut way = self.way.lock().await;
            self.begin(&mut way).await;
            way.failed = self.go(&mut way, None).await.err();
            self.keep(&mut way).await;
        }
        .instrument(span)
        .await;
    }

    /// Posts one message, once.
    pub(super) async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("skype.post", destination = self.name, as_of = %post.key.as_of);
        async {
            let mut way = self.way.lock().await;
            if let Some(error) = &way.failed {
                return Outcome::Failed(error.clone());
            }
            self.begin(&mut way).await;
            let result = self.go(&mut way, Some(post)).await;
            self.keep(&mut way).await;
            match result {
                Ok(sent) => Outcome::Posted {
                    id: sent.and_then(|Sent(id)| id),
                    repeated: way.tried.repeated,
                },
                Err(error) => Outcome::Failed(error),
            }
        }
        .instrument(span)
        .await
    }

    /// Takes one step after another until the message is posted or, without one, until it could be.
    async fn go(&self, way: &mut Way, post: Option<&Post>) -> Result<Option<Sent>, PostError> {
        loop {
            let step = way.next_step(self.clock.now());
            if step == Step::Post && post.is_none() {
                return Ok(None);
            }
            if self.left().is_zero() {
                return Err(step.failed(Side::Service, "there is no time left"));
            }
            let request = self.request(step, way, post)?;
            let reply = http::call(request, self.call_until()).await;
            let (seen, reply) = self.seen(step, way, reply);
            let decision = decide(step, &seen, &way.tried, &self.limits, self.left());
            debug!(%step, ?seen, ?decision);
            way.tried.note(&decision);
            match decision {
                Decision::Done => {
                    // Only an answer is ever done.
                    let Some(reply) = reply else { continue };
                    if let Some(sent) = self.take(step, way, &reply)? {
                        return Ok(Some(sent));
                    }
                }
                Decision::GiveUp(whose_move, because) => {
                    let unknown = step == Step::Post && (way.tried.repeated || matches!(seen, Seen::Lost(_)));
                    let addition = if unknown {
                        "; the group may have got the message"
                    } else {
                        ""
                    };
                    return Err(step.failed(whose_move, &format!("{because} ({seen}){addition}")));
                }
                Decision::SignIn => way.forget_all(),
                Decision::Register => way.forget_registration(&self.config.hosts.messages),
                Decision::Move(host) => way.forget_registration(&host),
                Decision::Wait(pause) | Decision::Throttled(pause) | Decision::Repeat(pause) => sleep(pause).await,
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
                let message = if way.tried.repeated {
                    &post.repeated
                } else {
                    &post.message
                };
                let body = message::Body::new(message, &post.key, self.config.display_name.as_deref());
                let request = self
                    .http
                    .post(at(&registration.host, message::path(&self.config.group)));
                let request = request.header("RegistrationToken", registration.token.header("registrationToken"));
                request.header("ClientInfo", message::CLIENT_INFO).json(&body)
            }
        })
    }

    /// What came of a request, as it is judged.
    fn seen(&self, step: Step, way: &Way, reply: Result<Reply, NoReply>) -> (Seen, Option<Reply>) {
        match reply {
            Err(NoReply::NotSent(why)) => (Seen::NotSent(why), None),
            Err(NoReply::Lost(why)) => (Seen::Lost(why), None),
            // The status of a post says all that counts; the other answers are worth nothing without their body.
            Ok(reply) if reply.broken_off && step != Step::Post => (Seen::Lost("the answer broke off".into()), None),
            Ok(reply) => {
                let asked = match (step, &way.session.registration) {
                    (Step::Post, Some(registration)) => &registration.host,
                    _ => &way.host,
                };
                let configured = &self.config.hosts.messages;
                (
                    Seen::Answer(answer::read(step, &reply, self.clock.now(), asked, configured)),
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
                let id = answer::text(&reply.headers, LOCATION.as_str()).and_then(message::id);
                info!(id, repeated = way.tried.repeated, "posted");
                return Ok(Some(Sent(id)));
            }
        }
        Ok(None)
    }

    /// Reads both secrets, once. Bad credentials are no obstacle as long as there is a session.
    async fn begin(&self, way: &mut Way) {
        if std::mem::replace(&mut way.begun, true) {
            return;
        }
        let (credentials, session) = futures_util::future::join(self.credentials(), self.kept_session()).await;
        way.session = session.unwrap_or_default();
        match &credentials {
            Ok(credentials) if credentials.user() != way.session.user => way.session = Session::default(),
            Ok(_) => {}
            Err(error) => warn!(%error, "signing in is not possible"),
        }
        way.credentials = credentials;
    }

    async fn credentials(&self) -> Result<Credentials, PostError> {
        let id = &self.config.secret;
        let failed = |side, what: &str| Step::SignIn.failed(side, &format!("the secret {id} {what}"));
        let operator = |what: &str| failed(Side::Operator, what);
        match self.secret(id).await {
            Ok(Some(secret)) => Credentials::parse(&secret).map_err(operator),
            Ok(None) => Err(operator("does not exist or has no value yet")),
            Err(error) => Err(failed(error.whose_move, &format!("could not be read: {error}"))),
        }
    }

    async fn kept_session(&self) -> Option<Session> {
        let id = self.config.session_secret.as_ref()?;
        match self.secret(id).await {
            Ok(secret) => {
                let session = Session::parse(&secret?, &self.config.hosts.messages);
                if session.is_none() {
                    info!(secret = id, "there is no session in the session's secret");
                }
                session
            }
            Err(error) => {
                warn!(secret = id, %error, "the session could not be read");
                None
            }
        }
    }

    async fn secret(&self, id: &str) -> Result<Option<SecretString>, SecretError> {
        timeout_at(self.call_until(), self.secrets.get(id))
            .await
            .unwrap_or_else(|_| Err(SecretError::timed_out()))
    }

    /// Keeps a session that is new. Failing to never fails the post: the next run signs in again.
    async fn keep(&self, way: &mut Way) {
        let Some(id) = self.config.session_secret.as_ref().filter(|_| way.changed) else {
            return;
        };
        way.changed = false;
        let Ok(secret) = way.session.to_secret() else {
            warn!(secret = id, "the session could not be written down");
            return;
        };
        let put = timeout_at(self.call_until(), self.secrets.put(id, secret)).await;
        match put.unwrap_or_else(|_| Err(SecretError::timed_out())) {
            Ok(()) => debug!(secret = id, "the session is kept"),
            Err(error) => warn!(secret = id, %error, "the session could not be kept: the next run signs in again"),
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn call_until(&self) -> Instant {
        self.deadline.min(Instant::now() + self.limits.call)
    }
}

impl Way {
    fn next_step(&self, now: Timestamp) -> Step {
        let Session {
            skype, registration, ..
        } = &self.session;
        if registration.as_ref().is_some_and(|it| it.token.is_fresh(now)) {
            Step::Post
        } else if skype.as_ref().is_some_and(|token| token.is_fresh(now)) {
            Step::Register
        } else if self.ticket.is_some() {
            Step::Exchange
        } else {
            Step::SignIn
        }
    }

    fn forget_all(&mut self) {
        self.session = Session::default();
        self.ticket = None;
        self.changed = true;
    }

    fn forget_registration(&mut self, next: &Url) {
        self.host = next.clone();
        self.session.registration = None;
        self.changed = true;
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
