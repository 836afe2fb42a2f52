//! What goes wrong, in the words of the service that is called.
//!
//! Error texts repeat the request, as some services' do, so that whoever prints them prints secrets.

use std::fmt;

use axum::{body::Body, http::HeaderMap, response::Response};
use jiff::Timestamp;
use serde_json::json;

use super::{Call, Service};

/// A whole megabyte.
const LARGE: usize = 1024 * 1024;
/// How wrong the time of a signature may be, in seconds.
const TOLERANCE: i64 = 300;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nobody listens.
    Refuse,
    /// It is done, but the answer breaks off in its body.
    BreakOff,
    /// It is done, but there is never an answer.
    Hang,
    /// Status 429.
    Throttle,
    /// Status 429 with `Retry-After: 1`.
    ThrottleForASecond,
    /// Status 500.
    Internal,
    /// Status 503.
    Unavailable,
    /// It is done, and answered with status 200 and a page for people.
    Malformed,
    /// It is done, and answered with status 200 and a megabyte of letters.
    Large,
    /// What the caller proves itself with is refused.
    Expired,
    /// Refused as long as the caller's clock shows another time than the service's.
    WrongTime,
}

impl Fault {
    /// The answer to a request.
    pub fn answer(self, call: Call, request: &[u8]) -> Response {
        let text = format!("request refused: {}", String::from_utf8_lossy(request));
        match self {
            Self::Throttle => error(call, 429, "ThrottlingException", &text),
            Self::ThrottleForASecond => {
                let mut response = error(call, 429, "ThrottlingException", &text);
                response.headers_mut().insert("retry-after", 1.into());
                response
            }
            Self::Internal => error(call, 500, "InternalFailure", &text),
            Self::Unavailable => error(call, 503, "ServiceUnavailable", &text),
            Self::Malformed => Response::new(Body::from("<!DOCTYPE html><html><p>We are sorry</html>")),
            Self::Large => Response::new(Body::from("x".repeat(LARGE))),
            Self::Expired => expired(call, &text),
            Self::WrongTime => {
                let code = match call.service() {
                    Service::Sts => "SignatureDoesNotMatch",
                    _ => "InvalidSignatureException",
                };
                let mut response = error(call, 403, code, &text);
                let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                response.headers_mut().insert("date", date.parse().unwrap());
                response
            }
            Self::Refuse | Self::BreakOff | Self::Hang => unreachable!("{self:?} is no answer"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "connection refused",
            Self::BreakOff => "done, but the answer breaks off",
            Self::Hang => "done, but no answer",
            Self::Throttle => "429",
            Self::ThrottleForASecond => "429, Retry-After: 1",
            Self::Internal => "500",
            Self::Unavailable => "503",
            Self::Malformed => "done, but 200 with a page for people",
            Self::Large => "done, but 200 with 1 MB of letters",
            Self::Expired => "credentials or token expired",
            Self::WrongTime => "clock ten minutes fast",
        })
    }
}

/// Whether a request was signed at the right time.
pub fn is_on_time(headers: &HeaderMap) -> bool {
    let signed = headers.get("x-amz-date").map(|it| it.to_str().unwrap().to_owned());
    let signed = signed.map(|time| jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", &time).unwrap());
    let signed = signed.map(|time| time.to_datetime().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap());
    signed.is_some_and(|time| (time.timestamp().as_second() - Timestamp::now().as_second()).abs() < TOLERANCE)
}

/// What each service says of credentials or tokens that are no longer good.
fn expired(call: Call, text: &str) -> Response {
    match call {
        Call::AssumeRole | Call::GetMetricData => error(call, 403, "ExpiredToken", text),
        Call::GetCredentials | Call::GetSession | Call::PutSession | Call::Claim | Call::Record => {
            error(call, 400, "ExpiredTokenException", text)
        }
        Call::SignIn => Response::new(Body::from(format!(
            "<e><Fault><faultcode>wsse:FailedAuthentication</faultcode><faultstring>{}</faultstring></Fault></e>",
            xml(text)
        ))),
        Call::Exchange => answer(
            401,
            "application/json",
            json!({"status": {"code": 40120, "text": text}}).to_string(),
        ),
        Call::Register | Call::RegisterElsewhere | Call::Post => answer(
            401,
            "application/json",
            json!({"errorCode": 911, "message": text}).to_string(),
        ),
    }
}

fn error(call: Call, status: u16, code: &str, text: &str) -> Response {
    match call.service() {
        Service::Sts => answer(
            status,
            "text/xml",
            format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                 <Code>{code}</Code><Message>{}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>",
                xml(text)
            ),
        ),
        // Its requests hold no secrets, and are not text.
        Service::CloudWatch => {
            let mut response = answer(
                status,
                "application/cbor",
                cbor(&[("__type", code), ("message", "request refused")]),
            );
            response
                .headers_mut()
                .insert("smithy-protocol", "rpc-v2-cbor".parse().unwrap());
            response
        }
        Service::SecretsManager | Service::DynamoDb => answer(
            status,
            "application/x-amz-json-1.1",
            json!({"__type": code, "message": text}).to_string(),
        ),
        Service::Login => answer(status, "text/plain", text.to_owned()),
        Service::Edge => answer(
            status,
            "application/json",
            json!({"status": {"code": 0, "text": text}}).to_string(),
        ),
        Service::Gateway | Service::OtherGateway => answer(
            status,
            "application/json",
            json!({"errorCode": 0, "message": text}).to_string(),
        ),
    }
}

fn answer(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A map of short texts, RFC 8949.
fn cbor(map: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0xa0 | map.len() as u8];
    for text in map.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend([0x78, text.len() as u8]);
        bytes.extend(text.as_bytes());
    }
    bytes
}
