//! Faults of a service that is stood in for.

use std::{
    future::pending,
    io::{self, ErrorKind},
    panic::resume_unwind,
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::header::CONTENT_LENGTH,
    response::Response,
};
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use crate::exchange::Reply;

/// A fault of the service in place of the right reply.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This reply, whatever was asked; the request is not served.
    Answer(Reply),
    /// A reply with this status whose body never ends; the request is not served.
    EndlessAnswer(u16),
    /// No reply, ever.
    Hang,
    /// The connection ends after the request was read.
    Reset,
    /// The request is served, and then there is no reply.
    ServeAndHang,
    /// The request is served, and then the connection ends.
    ServeAndReset,
    /// The request is served; its reply ends within the body.
    ServeAndBreakOff,
}

impl Fault {
    /// A reply with any body.
    pub fn answer(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::Answer(Reply::new(status, body))
    }

    /// A JSON error of Skype's chat service, which Teams Free has kept.
    pub fn error(status: u16, code: i64, message: &str) -> Self {
        Self::Answer(Reply::error(status, code, message))
    }

    /// Adds a header to the reply.
    pub fn with_header(self, name: &'static str, value: impl ToString) -> Self {
        match self {
            Self::Answer(reply) => Self::Answer(reply.with_header(name, value)),
            other => other,
        }
    }

    /// Whether the service does what it was asked for.
    pub fn is_served(&self) -> bool {
        matches!(self, Self::ServeAndHang | Self::ServeAndReset | Self::ServeAndBreakOff)
    }

    /// Lets the reply go wrong; `right` is the reply of a request that is served.
    pub async fn spoil(self, right: Reply) -> Response {
        match self {
            Self::Answer(reply) => reply.into_response(),
            Self::EndlessAnswer(status) => {
                let chunk = || io::Result::Ok(Bytes::from_static(&[b'x'; 1024]));
                let body = Body::from_stream(stream::repeat_with(chunk));
                Response::builder().status(status).body(body).unwrap()
            }
            Self::Hang | Self::ServeAndHang => pending().await,
            // Ends the task of this connection, and with it the connection, without a word.
            Self::Reset | Self::ServeAndReset => resume_unwind(Box::new("reset")),
            Self::ServeAndBreakOff => break_off(right.into_response()),
        }
    }
}

/// The response's head and the beginning of a body that was to be longer.
pub fn break_off(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(CONTENT_LENGTH, 4096.into());
    let begun = stream::once(async { io::Result::Ok(Bytes::from_static(b"{\"begun")) });
    // Late enough for the head to have been sent.
    let broken = stream::once(async {
        sleep(Duration::from_millis(100)).await;
        Err(ErrorKind::ConnectionReset.into())
    });
    Response::from_parts(parts, Body::from_stream(begun.chain(broken)))
}
