//! Posting by a webhook: one message is one request, whose address and keys are in one secret.
//!
//! What differs between the services is a [`Kind`]; when and whether a request is made again is the same for all.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use reqwest::RequestBuilder;
use secrecy::SecretString;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use tracing::{Instrument, info_span};

use super::config::Webhook;
use crate::{
    clock::Clock,
    delivery::{
        destination::Post,
        key::Key,
        outcome::{Outcome, PostError, Side},
        retry::{Limits, Remark, Seen, Status},
        secrets::{SecretError, Secrets},
        send::{self, persist},
    },
    destinations::http::{self, NoReply, Reply},
    update::message::Message,
};

/// One service that takes messages by webhook.
pub trait Kind: Sized + Send + Sync {
    /// As people call it.
    const NAME: &'static str;

    /// What the secret holds.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase that goes on from "the secret ...", without any of it.
    fn open(secret: &SecretString, allowed_hosts: &[String]) -> Result<Self, String>;

    /// The request that posts a message.
    fn request(&self, http: &reqwest::Client, message: &Message, key: &Key, now: Timestamp) -> RequestBuilder;

    /// What an answer says beyond its status; `body` is at most 64 KiB of it.
    fn read(status: u16, body: &[u8]) -> Remark;

    /// The service's own word for a refusal, for people who look it up. Nothing that could be a part of what was sent.
    fn word(_body: &[u8]) -> Option<String> {
        None
    }
}

/// A place to post to by webhook, for one run.
pub struct Hook<'a, S, K> {
    name: String,
    config: Webhook,
    http: reqwest::Client,
    secrets: &'a S,
    clock: Clock,
    limits: Limits,
    /// What became of reading the secret, as soon as that has been done.
    kind: Mutex<Option<Result<K, PostError>>>,
}

/// What counts of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    remark: Remark,
    word: Option<String>,
}

impl Status for Answer {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn remark(&self) -> Remark {
        self.remark
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match &self.word {
            Some(word) => write!(f, ", {word}"),
            None => Ok(()),
        }
    }
}

impl<'a, S: Secrets, K: Kind> Hook<'a, S, K> {
    pub(crate) fn new(name: String, config: Webhook, http: reqwest::Client, secrets: &'a S, clock: Clock) -> Self {
        Self {
            name,
            config,
            http,
            secrets,
            clock,
            limits: Limits::default(),
            kind: Mutex::default(),
        }
    }

    pub(crate) fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Reads the secret. What is wrong with it is told by [`post`](Self::post).
    pub(crate) async fn prepare(&self, until: Instant) {
        let mut kind = self.kind.lock().await;
        // A fault that may have passed is not kept until the update is due.
        let is_open = match &*kind {
            None => false,
            Some(Ok(_)) => true,
            Some(Err(error)) => error.whose_move != Side::Service,
        };
        if !is_open {
            *kind = Some(self.open(until).await);
        }
    }

    /// Posts one message, once.
    pub(crate) async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("post", kind = K::NAME, destination = self.name, as_of = %post.key.as_of);
        async {
            self.prepare(post.until).await;
            match &*self.kind.lock().await {
                Some(Ok(kind)) => self.send(kind, post).await,
                Some(Err(error)) => Outcome::Failed(error.clone()),
                None => Outcome::Failed(send::error(K::NAME, Side::Ours, "the secret has not been read")),
            }
        }
        .instrument(span)
        .await
    }

    /// Read in every run, so that a new address counts from the next hour on.
    async fn open(&self, until: Instant) -> Result<K, PostError> {
        let id = &self.config.secret;
        let until = until.min(Instant::now() + self.limits.call);
        let secret = timeout_at(until, self.secrets.get(id))
            .await
            .unwrap_or_else(|_| Err(SecretError::timed_out()));
        let bad = |side, what: &str| Err(send::error(K::NAME, side, &format!("the secret {id} {what}")));
        match secret {
            Ok(Some(secret)) => {
                K::open(&secret.text, &self.config.allowed_hosts).or_else(|what| bad(Side::Operator, &what))
            }
            Ok(None) => bad(Side::Operator, "does not exist or has no value yet"),
            Err(error) => bad(error.whose_move, &format!("could not be read: {error}")),
        }
    }

    async fn send(&self, kind: &K, post: &Post) -> Outcome {
        persist(K::NAME, post, &self.limits, async |message| {
            let request = kind.request(&self.http, message, &post.key, self.clock.now());
            let until = post.until.min(Instant::now() + self.limits.call);
            self.seen(http::call(request, until).await)
        })
        .await
    }

    fn seen(&self, reply: Result<Reply, NoReply>) -> Seen<Answer> {
        match reply {
            Err(none) => none.into(),
            Ok(reply) => {
                let status = reply.status.as_u16();
                Seen::Answer(Answer {
                    status,
                    retry_after: http::retry_after(&reply.headers, self.clock.now()),
                    remark: match status {
                        // of a body that broke off the status is all that counts
                        200..=299 if reply.broken_off => Remark::None,
                        300..=399 => Remark::Refused(
                            Side::Operator,
                            "it points elsewhere, where nothing is sent to; is the address right?",
                        ),
                        _ => K::read(status, &reply.body),
                    },
                    word: K::word(&reply.body).filter(|_| status >= 400),
                })
            }
        }
    }
}
