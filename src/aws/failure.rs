//! The meaning of a failed SDK call: its kind, and one phrase without secrets.
//!
//! Error codes decide, then the HTTP status. Texts of services are kept apart from the phrase, because some of them
//! repeat what was sent.

use std::{error::Error, io, iter};

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_sts::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::{foreign::one_line, metrics::series::ErrorKind};

/// Codes that say that the caller's credentials do not work at all, whatever they may do.
/// Source: "Common Error Types" of the AWS API references.
const BAD_CREDENTIALS: [&str; 8] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes that say no to credentials that work. `RegionDisabledException`: STS is not active there for the account.
const REFUSALS: [&str; 6] = [
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorized",
    "OptInRequired",
    "RegionDisabledException",
    "UnauthorizedOperation",
];

/// Characters of an error code; the longest of AWS's own have about fifty.
const LONGEST_CODE: usize = 100;

/// One failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The kind of error.
    pub kind: ErrorKind,
    /// The error code, or what happened where there is none: `AccessDenied`, `no answer in time`.
    pub what: String,
    /// The service's own words, where there are any. They may repeat what was sent.
    pub message: Option<String>,
    /// Whether the credentials that the call was made with do not work, whatever they may do.
    pub bad_credentials: bool,
    /// The HTTP status; `None` where there was no answer.
    pub status: Option<u16>,
    /// Whether the request may have been carried out all the same. Only a service's own word says no.
    pub may_have_arrived: bool,
}

impl Failure {
    /// The failure that `error` stands for.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                let code = answer.err().code();
                Self {
                    kind: kind(code, status),
                    what: match code {
                        Some(code) => one_line(code, LONGEST_CODE),
                        None if answer.raw().status().is_success() => format!("unreadable answer, HTTP {status}"),
                        None => format!("HTTP {status}"),
                    },
                    message: answer.err().message().map(str::to_owned),
                    bad_credentials: code.is_some_and(|code| BAD_CREDENTIALS.contains(&code)),
                    status: Some(status),
                    may_have_arrived: answer.raw().status().is_success() || matches!(status, 502 | 504),
                }
            }
            SdkError::ResponseError(answer) => {
                let status = answer.raw().status().as_u16();
                Self {
                    status: Some(status),
                    ..Self::without_answer(format!("unreadable answer, HTTP {status}"))
                }
            }
            SdkError::TimeoutError(_) => Self::without_answer("no answer in time".to_owned()),
            // The connector has a time limit for connecting alone.
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self {
                may_have_arrived: false,
                ..Self::without_answer("no answer in time".to_owned())
            },
            other => Self::before_sending(other),
        }
    }

    /// The request may or may not have been received; the same one may go through a little later.
    fn without_answer(what: String) -> Self {
        Self {
            kind: ErrorKind::Unavailable,
            what,
            message: None,
            bad_credentials: false,
            status: None,
            may_have_arrived: true,
        }
    }

    /// No credentials, no region, no connection, or one that broke.
    fn before_sending<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + Send + Sync + 'static,
    {
        let chain: Vec<&(dyn Error + 'static)> = iter::successors(Some(error as &dyn Error), |&e| e.source()).collect();
        let what = chain.last().map_or_else(String::new, ToString::to_string);
        let credentials = chain.iter().find_map(|error| error.downcast_ref::<CredentialsError>());
        let connection = matches!(error, SdkError::DispatchFailure(it) if it.is_io() || it.as_other().is_some());
        Self {
            kind: match credentials {
                Some(CredentialsError::ProviderTimedOut(_)) => ErrorKind::Unavailable,
                Some(_) => ErrorKind::Denied,
                None if connection => ErrorKind::Unavailable,
                None => ErrorKind::Invalid,
            },
            what,
            message: None,
            bad_credentials: credentials.is_some(),
            status: None,
            may_have_arrived: connection
                && credentials.is_none()
                && !chain.iter().any(|error| is_of_connecting(*error)),
        }
    }
}

/// The words of the error that all others come from.
pub(crate) fn root(error: &(dyn Error + 'static)) -> String {
    let chain = iter::successors(Some(error), |&error| error.source());
    chain.last().map_or_else(String::new, ToString::to_string)
}

/// Whether an error says that there was no connection that a request could have been sent on. A connection that broke is
/// an I/O error as well, so it is told from these by its kind.
fn is_of_connecting(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(
        kind,
        Some(ConnectionRefused | HostUnreachable | NetworkUnreachable | AddrNotAvailable)
    )
}

/// The kind of error that a service's refusal is.
fn kind(code: Option<&str>, status: u16) -> ErrorKind {
    match (code.unwrap_or_default(), status) {
        (code, _) if THROTTLING_ERRORS.contains(&code) => ErrorKind::Throttled,
        // SNS's word for the throttling of the key that a topic is encrypted with.
        ("KMSThrottling", _) => ErrorKind::Throttled,
        (code, _) if TRANSIENT_ERRORS.contains(&code) => ErrorKind::Unavailable,
        // A token for the next page that is no longer good: asking from the first page again may be.
        ("InvalidNextToken" | "InvalidNextTokenException", _) => ErrorKind::Unavailable,
        (code, _) if REFUSALS.contains(&code) || BAD_CREDENTIALS.contains(&code) => ErrorKind::Denied,
        (_, 429) => ErrorKind::Throttled,
        (_, 401 | 403) => ErrorKind::Denied,
        (_, 400..=499) => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::{
        Credentials,
        provider::{ProvideCredentials, future},
    };
    use aws_sdk_sts::{
        Client, Config,
        config::{BehaviorVersion, Region},
    };

    use super::*;

    #[test]
    fn codes_decide_before_the_status() {
        let table = [
            (Some("Throttling"), 400, ErrorKind::Throttled),
            (Some("ThrottlingException"), 400, ErrorKind::Throttled),
            (Some("RequestLimitExceeded"), 503, ErrorKind::Throttled),
            (Some("KMSThrottling"), 400, ErrorKind::Throttled),
            (None, 429, ErrorKind::Throttled),
            (Some("AccessDenied"), 403, ErrorKind::Denied),
            (Some("AccessDeniedException"), 400, ErrorKind::Denied),
            (Some("ExpiredToken"), 400, ErrorKind::Denied),
            (Some("RegionDisabledException"), 403, ErrorKind::Denied),
            (Some("SomethingNew"), 403, ErrorKind::Denied),
            (Some("ValidationError"), 400, ErrorKind::Invalid),
            (Some("InvalidParameterCombination"), 400, ErrorKind::Invalid),
            (Some("MissingParameter"), 400, ErrorKind::Invalid),
            (Some("MalformedPolicyDocument"), 400, ErrorKind::Invalid),
            (Some("InvalidNextToken"), 400, ErrorKind::Unavailable),
            (Some("RequestTimeout"), 400, ErrorKind::Unavailable),
            (Some("InternalServiceFault"), 500, ErrorKind::Unavailable),
            (Some("ServiceUnavailable"), 503, ErrorKind::Unavailable),
            (None, 502, ErrorKind::Unavailable),
        ];
        for (code, status, expected) in table {
            assert_eq!(kind(code, status), expected, "{code:?} {status}");
        }
    }

    /// A provider that has nothing to give.
    #[derive(Debug)]
    struct NoCredentials;

    impl ProvideCredentials for NoCredentials {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nothing in the environment")))
        }
    }

    async fn failure(config: aws_sdk_sts::config::Builder) -> Failure {
        let client = Client::from_conf(config.behavior_version(BehaviorVersion::v2026_01_12()).build());
        Failure::of(&client.get_caller_identity().send().await.unwrap_err())
    }

    fn config() -> aws_sdk_sts::config::Builder {
        Config::builder().credentials_provider(Credentials::for_tests())
    }

    #[tokio::test]
    async fn missing_credentials_are_the_operators_move() {
        let config = config()
            .credentials_provider(NoCredentials)
            .region(Region::from_static("us-east-1"));
        let failure = failure(config.endpoint_url("http://127.0.0.1:9")).await;
        assert_eq!((failure.kind, failure.bad_credentials), (ErrorKind::Denied, true));
        assert_eq!(failure.what, "nothing in the environment");
    }

    #[tokio::test]
    async fn a_missing_region_cannot_pass_by_waiting() {
        let failure = failure(config()).await;
        assert_eq!((failure.kind, failure.bad_credentials), (ErrorKind::Invalid, false));
        assert!(failure.what.contains("Missing Region"), "{failure:?}");
    }

    #[tokio::test]
    async fn a_refused_connection_may_pass() {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = config().region(Region::from_static("us-east-1"));
        let failure = failure(config.endpoint_url(format!("http://127.0.0.1:{port}"))).await;
        assert_eq!((failure.kind, failure.bad_credentials), (ErrorKind::Unavailable, false));
        assert!(failure.what.contains("refused"), "{failure:?}");
        assert!(!failure.may_have_arrived, "{failure:?}");
    }
}
