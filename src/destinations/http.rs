//! One HTTP call with its limits, and what can be known after it failed: whether the request may have arrived.

use std::{error::Error, fmt, time::Duration};

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::{
    Client, ClientBuilder, RequestBuilder, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
    redirect,
};
use tokio::time::{Instant, timeout_at};

use super::resolver::{Barred, Guarded, System};
use crate::{delivery::retry::NoResponse, foreign::one_line};

/// How long connecting may take: within the time of a whole call, so that it is known that nothing was sent.
const CONNECT: Duration = Duration::from_secs(5);

/// Characters of the reason why there is no answer.
const LONGEST_CAUSE: usize = 200;

/// The bytes that are read of an answer. Chats answer in a few hundred bytes; the largest useful thing is a SOAP envelope.
const BODY: usize = 64 * 1024;

/// Bytes of a header that is read. Tokens have a few thousand.
pub(crate) const HEADER: usize = 8 * 1024;

/// The HTTP client of all chats. Redirects are answers like any other: where a token may go is the protocol's decision.
/// The proxy settings of the environment are not read: tokens go to the chat and to nobody else.
pub fn client() -> reqwest::Result<Client> {
    builder().build()
}

/// The HTTP client for hosts that anybody may have named: it connects to none that is next to the function itself.
pub(crate) fn guarded_client() -> reqwest::Result<Client> {
    builder().dns_resolver(Guarded(System)).build()
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("hourly-update/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(redirect::Policy::none())
        .no_proxy()
}

/// The answer of a server.
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Not more of it than was asked for.
    pub body: Vec<u8>,
    /// Whether the connection broke, or the time ended, within the body.
    pub broken_off: bool,
}

/// Bodies and headers carry tokens.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Sends one request and reads its answer, not more than 64 KiB, both before `until`.
pub(crate) async fn call(request: RequestBuilder, until: Instant) -> Result<Reply, NoResponse> {
    call_for(BODY, request, until).await
}

/// Sends one request and reads at most `most` bytes of its answer, both before `until`.
pub(crate) async fn call_for(most: usize, request: RequestBuilder, until: Instant) -> Result<Reply, NoResponse> {
    let sent = match timeout_at(until, request.send()).await {
        Err(_) => return Err(NoResponse::Unanswered("no answer in time".into())),
        Ok(sent) => sent,
    };
    let mut response = sent.map_err(|error| {
        let error = error.without_url();
        let root = root_cause(&error);
        // of TLS it names what is in the server's certificate
        let cause = one_line(&root.to_string(), LONGEST_CAUSE);
        if root.is::<Barred>() {
            return NoResponse::Blocked(cause);
        }
        match error.is_connect() || error.is_builder() {
            true => NoResponse::NotSent(cause),
            false => NoResponse::Unanswered(cause),
        }
    })?;
    let mut reply = Reply {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body: Vec::new(),
        broken_off: false,
    };
    while reply.body.len() < most {
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => reply
                .body
                .extend_from_slice(&chunk[..chunk.len().min(most - reply.body.len())]),
            Ok(Ok(None)) => break,
            Ok(Err(_)) | Err(_) => {
                reply.broken_off = true;
                break;
            }
        }
    }
    Ok(reply)
}

/// The innermost reason, which names no address: `Connection refused (os error 111)`.
fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// A header's text, if it has one of a sensible length: hyper takes 400 KB, and what is then made of them, such as an
/// address, may take its time.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).filter(|value| value.len() <= HEADER)?.to_str().ok()
}

/// `Retry-After`: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(date.duration_since(now).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_header_of_no_sensible_length_is_not_read() {
        let read = |length| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, "1".repeat(length).parse().unwrap())]);
            text(&headers, "retry-after").map(str::len)
        };
        assert_eq!((read(HEADER), read(HEADER + 1)), (Some(HEADER), None));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let asked = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&headers, Timestamp::constant(1_735_689_600, 0))
        };
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Wed, 01 Jan 2025 00:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(asked("Tue, 31 Dec 2024 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("-1"), None);
        assert_eq!(asked("soon"), None);
    }
}
