//! The edge to AWS: the only modules that know the SDK's types.
//!
//! They translate and do nothing else: batches into GetMetricData, refusals into [`crate::metrics::series::ReadError`] or
//! [`crate::delivery::secrets::SecretError`], which say whose move it is. One [`SdkConfig`] serves all clients, and with it one HTTP
//! client: its connections, and the certificates that it takes about 50 ms to load on a small Lambda function.

pub(crate) mod failure;
pub mod ledger;
pub mod names;
pub mod secrets;

use std::time::Duration;

use anyhow::bail;
pub use aws_config::SdkConfig;
use aws_config::{BehaviorVersion, ConfigLoader, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
use aws_sdk_cloudwatch::config::SharedHttpClient;
use aws_smithy_http_client::{Builder, ConnectorBuilder, proxy::ProxyConfig, tls};
use tracing::{Level, Metadata};

/// How often the SDK sends one request, all in all. It is for what fails within a second; `collect` asks again later.
pub const ATTEMPTS: u32 = 2;

/// How long calls may take. The SDK's defaults have no limit on the time of an attempt or a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For connecting.
    pub connect: Duration,
    /// For one attempt, up to the last byte of its answer.
    pub attempt: Duration,
    /// For the pauses between the attempts of one call.
    pub pauses: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(8),
            pauses: Duration::from_secs(2),
        }
    }
}

/// The settings that all clients share: region, credentials and endpoint from the environment, as AWS's own tools read them
/// (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, ...), time limits, attempts and the HTTP client.
pub async fn sdk_config() -> SdkConfig {
    loader(Limits::default()).load().await
}

/// A loader of the shared settings, for whoever names some of them instead of leaving all to the environment.
pub fn loader(limits: Limits) -> ConfigLoader {
    // A dated version, so that an upgrade of the SDK does not change what the clients do.
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(limits.connect)
                .operation_attempt_timeout(limits.attempt)
                .operation_timeout(limits.attempt * ATTEMPTS + limits.pauses)
                .build(),
        )
}

/// The SDK's default HTTP client. It is built here because each service's client would otherwise build its own.
fn http_client() -> SharedHttpClient {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default()
            .tls_provider(provider.clone())
            .proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}

/// Whether there are credentials and a region at all. Without, each source would fail on its own and all metrics be 0, for
/// a reason that is none of theirs.
///
/// # Errors
/// Names the setting that AWS needs and that is missing.
pub async fn check(sdk: &SdkConfig) -> anyhow::Result<()> {
    const SET: &str = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
        `aws configure export-credentials --format env` prints those of any sign-in";
    let Some(provider) = sdk.credentials_provider() else {
        bail!("no AWS credentials: {SET}");
    };
    match provider.provide_credentials().await {
        Ok(_) => {}
        Err(CredentialsError::CredentialsNotLoaded(_)) => bail!("no AWS credentials: {SET}"),
        Err(error) => {
            let why = failure::root(&error);
            bail!("no AWS credentials: {}; {SET}", why.trim_end_matches(['.', ' ']))
        }
    }
    if sdk.region().is_none() {
        bail!("no AWS region: set AWS_REGION, or AWS_PROFILE to a profile that has one");
    }
    Ok(())
}

/// Whether an event may be logged: not what the SDK and the HTTP libraries under it say at trace level.
///
/// There the SDK prints every request and answer. It redacts headers, and bodies as long as they are streams and nobody
/// sets `LOG_SIGNABLE_BODY` or `LOG_SENSITIVE_BODIES`; external ids and secrets travel in bodies.
pub fn may_log(metadata: &Metadata<'_>) -> bool {
    const TALKATIVE: [&str; 4] = ["aws_", "h2", "hyper", "rustls"];
    *metadata.level() < Level::TRACE || !TALKATIVE.iter().any(|library| metadata.target().starts_with(library))
}

#[cfg(test)]
mod tests;
