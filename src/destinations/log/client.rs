//! Standard output as a destination: a first install shows there what it would post, and no service is needed.
//!
//! In the function it is the log. As with the line of metrics ([`telemetry`](crate::telemetry)), a message has to get
//! there whatever the log level is, so it does not pass through `tracing`, and says of itself that it is FATAL.

use std::io::{self, Write};

use async_trait::async_trait;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        outcome::{Outcome, PostError, Side},
    },
    destinations::clients::{Clients, StandardOutput},
};

/// Standard output, for one run.
pub struct Output<'a> {
    owner: StandardOutput,
    name: String,
    request: &'a str,
    clock: Clock,
}

impl<'a> Output<'a> {
    /// The destination that report.yaml calls `name`.
    pub(super) fn new(name: String, clients: Clients<'a>) -> Self {
        Self {
            owner: clients.output,
            name,
            request: clients.request,
            clock: clients.clock,
        }
    }

    /// Without a line break.
    fn line(&self, post: &Post) -> String {
        let line = json!({
            "level": "FATAL",
            "timestamp": self.clock.now(),
            "message": "update",
            "requestId": self.request,
            "destination": self.name,
            "as_of": post.key.as_of,
            "text": post.message.body,
        });
        line.to_string()
    }
}

#[async_trait]
impl Destination for Output<'_> {
    async fn prepare(&self, _until: Instant) {}

    async fn post(&self, post: &Post) -> Outcome {
        let written = match self.owner {
            StandardOutput::Log => writeln!(io::stdout(), "{}", self.line(post)),
            StandardOutput::Tool => Ok(()),
        };
        match written {
            Ok(()) => Outcome::Posted {
                id: None,
                repeated: false,
            },
            Err(error) => Outcome::Failed(PostError {
                whose_move: Side::Service,
                text: format!("standard output does not take it: {error}"),
                may_have_arrived: true,
                sign_in_needed: false,
            }),
        }
    }
}
