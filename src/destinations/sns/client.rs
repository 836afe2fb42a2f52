//! SNS: a topic that the update is published to, once for all who subscribe to it.
//!
//! The SDK would send a publish whose answer got lost again, unmarked. So its own retries are off here, and the table of
//! all chats ([`send_with_retries`]) says what is sent again, and when that is marked as a repeat. A FIFO topic drops a repeat by
//! itself: the deduplication id is of the message's key, and good for five minutes.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_sdk_sns::{
    Client,
    config::{self, Region, http::HttpResponse},
    error::SdkError,
    operation::{RequestId, publish::PublishError},
};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, debug, info_span};

use super::{config::Sns, message::Publication};
use crate::{
    aws::failure::Failure,
    delivery::{
        destination::{Destination, Post},
        key::Key,
        outcome::{Outcome, Side},
        retry::{Hint, Limits, NoResponse, Response},
        send::send_with_retries,
    },
    destinations::clients::Clients,
    metrics::series::ErrorKind,
};

/// A topic of the function's own account, or of another one that lets the function's role publish.
pub struct Topic {
    name: String,
    config: Sns,
    client: Client,
    limits: Limits,
}

/// The parts of an answer that count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PublishResponse {
    /// The HTTP status, or what stands for it: AWS says throttling with several.
    status: u16,
    /// Whose move it is, and why, if the status alone does not decide.
    hint: Hint,
    /// The error code.
    what: String,
    /// The message's id.
    id: Option<String>,
}

impl Response for PublishResponse {
    fn status(&self) -> u16 {
        self.status
    }

    /// AWS's query protocol has no `Retry-After`.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    fn hint(&self) -> Hint {
        self.hint
    }

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl fmt::Display for PublishResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Topic {
    /// The topic that report.yaml calls `name`, in its own region.
    pub(super) fn new(name: String, config: Sns, clients: Clients<'_>) -> Self {
        let settings = config::Builder::from(clients.sdk)
            .region(Region::new(config.region.clone()))
            .retry_config(RetryConfig::disabled())
            .build();
        Self {
            limits: clients.limits,
            ..Self::with(name, config, Client::from_conf(settings))
        }
    }

    fn with(name: String, config: Sns, client: Client) -> Self {
        Self {
            name,
            config,
            client,
            limits: Limits::default(),
        }
    }

    async fn send(&self, post: &Post) -> Outcome {
        send_with_retries(NAME, post, &self.limits, async |message| {
            let Ok(publication) = Publication::of(message) else {
                return Ok(PublishResponse {
                    status: 400,
                    hint: Hint::Refused(Side::Ours, "the message is another kind's"),
                    what: "not sent".into(),
                    id: None,
                });
            };
            match timeout_at(post.until, self.publish(&publication, &post.key)).await {
                Ok(Ok(id)) => Ok(PublishResponse {
                    status: 200,
                    hint: Hint::None,
                    what: String::new(),
                    id,
                }),
                Ok(Err(error)) => seen(&error),
                Err(_) => Err(NoResponse::Unanswered("no answer in time".into())),
            }
        })
        .await
    }

    async fn publish(
        &self,
        publication: &Publication,
        key: &Key,
    ) -> Result<Option<String>, SdkError<PublishError, HttpResponse>> {
        let id = key.id();
        let is_fifo = self.config.is_fifo();
        let request = self
            .client
            .publish()
            .topic_arn(&self.config.topic)
            .subject(&publication.subject)
            .message_structure("json")
            .message(publication.message(&id))
            .set_message_group_id(is_fifo.then(|| key.report.clone()))
            .set_message_deduplication_id(is_fifo.then_some(id));
        let answer = request.send().await?;
        debug!(request_id = answer.request_id(), "published");
        Ok(answer.message_id)
    }
}

#[async_trait]
impl Destination for Topic {
    /// Credentials are the function's own: there is nothing to sign in to.
    async fn prepare(&self, _until: Instant) {}

    async fn post(&self, post: &Post) -> Outcome {
        let span = info_span!("post", kind = NAME, destination = self.name, as_of = %post.key.as_of);
        self.send(post).instrument(span).await
    }
}

/// As people call it.
const NAME: &str = "SNS";

/// The response that a failed publish is, to the retry table of all destinations. SNS's own words are left out: some repeat what was sent.
fn seen(error: &SdkError<PublishError, HttpResponse>) -> Result<PublishResponse, NoResponse> {
    let failure = Failure::of(error);
    let known = known(&failure);
    match (failure.status, known) {
        (None, None) if failure.may_have_arrived => Err(NoResponse::Unanswered(failure.what)),
        (None, None) => Err(NoResponse::NotSent(failure.what)),
        (status, known) => Ok(PublishResponse {
            status: match (failure.kind, status) {
                (ErrorKind::Throttled, _) => 429,
                // says "try again" in its code alone
                (ErrorKind::Unavailable, Some(400..=499)) => 503,
                (_, status) => status.unwrap_or_default(),
            },
            hint: known.map_or(Hint::None, |(side, because)| Hint::Refused(side, because)),
            what: failure.what,
            id: None,
        }),
    }
}

/// Whose move it is, where waiting does not help. Codes: the errors of `Publish` in SNS's API reference.
fn known(failure: &Failure) -> Option<(Side, &'static str)> {
    Some(match (failure.kind, failure.what.as_str()) {
        (ErrorKind::Throttled | ErrorKind::Unavailable, _) => return None,
        // a gateway's own word, of which the table knows more
        _ if matches!(failure.status, Some(408 | 413 | 425)) => return None,
        _ if failure.bad_credentials => (
            Side::Operator,
            "the credentials that the function runs with do not work",
        ),
        (_, code) if code.starts_with("KMS") => (
            Side::Operator,
            "the key that the topic is encrypted with cannot be used; let the function's role use it",
        ),
        (_, "NotFound") => (Side::Operator, "there is no such topic"),
        (ErrorKind::Denied | ErrorKind::WrongAccount, _) => (
            Side::Operator,
            "access is denied; the function's role needs sns:Publish on the topic",
        ),
        (ErrorKind::Invalid, _) => (Side::Ours, "the message's form is refused"),
    })
}

#[cfg(test)]
mod tests;
