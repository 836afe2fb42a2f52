//! The requests of Skype's steps, and what their answers bring.

use async_trait::async_trait;
use reqwest::{
    RequestBuilder,
    header::{CONTENT_TYPE, HeaderValue},
};
use secrecy::ExposeSecret;
use tracing::info;
use url::Url;

use super::{
    config::Skype,
    decision::{Remedy, SkypeResponse, Step},
    lock_and_key, registration, response,
    session::Session,
    soap,
    state::SignInState,
    ticket,
};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::{
        clients::Clients,
        conversation::{
            Protocol, Run, Step as _,
            message::{self, Body},
        },
        http::Reply,
    },
};

/// The client that the servers are told of when a message is sent; they ask for every field of it.
const CLIENT_INFO: HeaderValue = HeaderValue::from_static(
    "os=Windows; osVer=10; proc=x86; lcid=en-US; deviceType=1; country=US; clientName=skype4life; \
     clientVer=1418/9.99.0.999//skype4life",
);

/// A client of Skype's services, for one group.
pub struct Client<'a> {
    pub config: &'a Skype,
    pub clients: Clients<'a>,
}

#[async_trait]
impl Protocol for Client<'_> {
    type Step = Step;
    type State = SignInState;

    async fn next_step(&self, run: &mut Run<SignInState>) -> Result<Step, PostError> {
        match run.state.next_step(self.clients.clock.now()) {
            Step::SignIn if run.state.is_refused() => {
                let advice = put_again(&self.config.secret);
                let error = format!("the credentials were refused before; {advice}");
                Err(Step::SignIn.failed(Side::Operator, &error))
            }
            step => Ok(step),
        }
    }

    fn request(&self, step: Step, state: &SignInState, body: Option<Body<'_>>) -> Result<RequestBuilder, PostError> {
        let (http, hosts) = (self.clients.http, &self.config.hosts);
        let missing = || step.unprepared();
        Ok(match step {
            Step::SignIn => {
                let credentials = state.credentials.as_ref().map_err(Clone::clone)?;
                http.post(at(&hosts.login, ["RST.srf"]))
                    .header(CONTENT_TYPE, soap::CONTENT_TYPE)
                    .body(soap::request(credentials))
            }
            Step::Exchange => {
                let ticket = state.ticket.as_ref().ok_or_else(missing)?;
                http.post(at(&hosts.edge, ["rps", "v1", "rps", "skypetoken"]))
                    .form(&ticket::form(ticket.expose_secret()))
            }
            Step::Register => {
                let token = state.session.skype.as_ref().ok_or_else(missing)?;
                let (name, value) = registration::BEHAVIOR_OVERRIDE;
                http.post(at(&state.host, registration::PATH))
                    .header("LockAndKey", lock_and_key::header(self.clients.clock.now()))
                    .header(name, value)
                    .header("Authentication", token.header("skypetoken"))
                    .json(&registration::body())
            }
            Step::Post => {
                let registration = state.session.registration.as_ref().ok_or_else(missing)?;
                let body = body.ok_or_else(missing)?;
                http.post(at(&registration.host, message::path(&self.config.group)))
                    .header("RegistrationToken", registration.token.header("registrationToken"))
                    .header("ClientInfo", CLIENT_INFO)
                    .json(&body.without_mentions())
            }
        })
    }

    fn read(&self, step: Step, state: &SignInState, reply: &Reply) -> SkypeResponse {
        let asked = match (step, &state.session.registration) {
            (Step::Post, Some(registration)) => &registration.host,
            _ => &state.host,
        };
        let now = self.clients.clock.now();
        response::read(step, reply, now, asked, &self.config.hosts.messages)
    }

    async fn apply(&self, step: Step, run: &mut Run<SignInState>, reply: &Reply) -> Result<(), PostError> {
        let (state, now) = (&mut run.state, self.clients.clock.now());
        match step {
            Step::SignIn => {
                let credentials = state.credentials.as_ref().map_err(Clone::clone)?;
                state.ticket = Some(soap::ticket(&reply.body, credentials)?);
            }
            Step::Exchange => {
                state.ticket = None;
                let token = ticket::token(&reply.body, now)?;
                state.session = Session {
                    user: state.user(),
                    skype: Some(token),
                    ..Session::default()
                };
                state.changed = true;
                info!("signed in");
            }
            Step::Register => {
                let host = state.host.clone();
                info!(host = host.host_str(), "registered");
                let registration = registration::registration(&reply.headers, host, now)?;
                state.session.registration = Some(registration);
                state.changed = true;
            }
            Step::Post => {}
        }
        Ok(())
    }

    async fn remedy(&self, remedy: Remedy, run: &mut Run<SignInState>) -> Result<(), &'static str> {
        match remedy {
            Remedy::SignIn => run.state.forget_all(),
            Remedy::Register => run.state.forget_registration(&self.config.hosts.messages),
            Remedy::Move(host) => run.state.forget_registration(&host),
        }
        Ok(())
    }
}

/// The advice to a person before the next sign-in.
pub fn put_again(secret: &str) -> String {
    format!("they are not sent again until somebody puts others, or the same ones again, into the secret {secret}")
}

/// A path below a base URL, each piece encoded only as far as a path needs it.
fn at<'p>(base: &Url, path: impl IntoIterator<Item = &'p str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}
