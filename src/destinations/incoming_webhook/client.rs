//! Incoming webhooks: one message is one request, whose address and keys are in one secret.
//!
//! A [`Service`] says what differs between them; whether and when a request is made again is the same for all.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use secrecy::SecretString;
use tokio::{sync::Mutex, time::Instant};
use tracing::{Instrument, info_span};

use super::config::Webhook;
use crate::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        key::Key,
        outcome::{Outcome, PostError, Side},
        retry::{Hint, Limits, NoResponse, Response},
        secrets::SecretStore,
        send::{self, send_with_retries},
    },
    destinations::{
        clients::Clients,
        http::{self, Reply},
        secret::{self, Unusable},
    },
    update::message::Message,
};

/// A service that takes messages by webhook.
pub trait Service: Sized + Send + Sync {
    /// The service's name, for people.
    const NAME: &'static str;

    /// Reads the secret's text.
    ///
    /// # Errors
    /// The secret's fault, as a phrase that goes on from "the secret ...", without any of it.
    fn open(secret: &SecretString, allowed_hosts: &[String]) -> Result<Self, String>;

    /// The request that posts a message.
    fn request(&self, http: &reqwest::Client, message: &Message, key: &Key, now: Timestamp) -> RequestBuilder;

    /// The verdict that an answer gives beyond its status; `body` is at most 64 KiB of it.
    fn read(status: u16, body: &[u8]) -> Hint;

    /// The service's own error code, for people who look it up. Never a part of what was sent.
    fn error_code(_body: &[u8]) -> Option<String> {
        None
    }
}

/// A place to post to by webhook, for one run.
pub struct IncomingWebhook<'a, W> {
    name: String,
    config: Webhook,
    http: reqwest::Client,
    secrets: &'a dyn SecretStore,
    clock: Clock,
    limits: Limits,
    /// The result of reading the secret, as soon as that has been done.
    service: Mutex<Option<Result<W, PostError>>>,
}

/// An answer, as far as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WebhookResponse {
    status: u16,
    retry_after: Option<Duration>,
    hint: Hint,
    error_code: Option<String>,
}

impl Response for WebhookResponse {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn hint(&self) -> Hint {
        self.hint
    }
}

impl fmt::Display for WebhookResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match &self.error_code {
            Some(code) => write!(f, ", {code}"),
            None => Ok(()),
        }
    }
}

impl<'a, W: Service> IncomingWebhook<'a, W> {
    /// A place that report.yaml calls `name`.
    pub(super) fn new(name: String, config: Webhook, clients: Clients<'a>) -> Self {
        Self {
            name,
            config,
            http: clients.http.clone(),
            secrets: clients.secrets,
            clock: clients.clock,
            limits: clients.limits,
            service: Mutex::default(),
        }
    }
}

#[async_trait]
impl<W: Service> Destination for IncomingWebhook<'_, W> {
    /// Reads the secret. Its faults are told by [`post`](Self::post).
    async fn prepare(&self, until: Instant) {
        let mut service = self.service.lock().await;
        // A fault that may have passed is not kept until the update is due.
        let is_open = match &*service {
            None => false,
            Some(Ok(_)) => true,
            Some(Err(error)) => error.whose_move != Side::Service,
        };
        if !is_open {
            *service = Some(self.open(until).await);
        }
    }

    /// Posts one message, once.
    async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("post", kind = W::NAME, destination = self.name, as_of = %post.key.as_of);
        async {
            self.prepare(post.until).await;
            match &*self.service.lock().await {
                Some(Ok(service)) => self.send(service, post).await,
                Some(Err(error)) => Outcome::Failed(error.clone()),
                None => Outcome::Failed(send::error(W::NAME, Side::Ours, "the secret has not been read")),
            }
        }
        .instrument(span)
        .await
    }
}

impl<W: Service> IncomingWebhook<'_, W> {
    /// Reads the secret, in every run, so that a new address counts from the next hour on.
    async fn open(&self, until: Instant) -> Result<W, PostError> {
        let id = &self.config.secret;
        let secret = secret::read(self.secrets, id, until.min(Instant::now() + self.limits.call)).await;
        secret
            .and_then(|secret| W::open(&secret.text, &self.config.allowed_hosts).map_err(Unusable::Malformed))
            .map_err(|unusable| send::error(W::NAME, unusable.whose_move(), &format!("the secret {id} {unusable}")))
    }

    async fn send(&self, service: &W, post: &Post) -> Outcome {
        send_with_retries(W::NAME, post, &self.limits, async |message| {
            let request = service.request(&self.http, message, &post.key, self.clock.now());
            let until = post.until.min(Instant::now() + self.limits.call);
            self.read(http::call(request, until).await)
        })
        .await
    }

    fn read(&self, reply: Result<Reply, NoResponse>) -> Result<WebhookResponse, NoResponse> {
        let reply = reply?;
        let status = reply.status.as_u16();
        Ok(WebhookResponse {
            status,
            retry_after: http::retry_after(&reply.headers, self.clock.now()),
            hint: match status {
                // of a body that broke off the status is all that counts
                200..=299 if reply.broken_off => Hint::None,
                300..=399 => Hint::Refused(
                    Side::Operator,
                    "it points elsewhere, where nothing is sent to; is the address right?",
                ),
                _ => W::read(status, &reply.body),
            },
            error_code: W::error_code(&reply.body).filter(|_| status >= 400),
        })
    }
}
