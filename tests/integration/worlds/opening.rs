//! Opening destinations outside of a run.

use aws_config::{BehaviorVersion, SdkConfig};
use hourly_update::{
    clock::Clock,
    delivery::{retry::Limits, secrets::SecretStore},
    destinations::{
        self,
        clients::{Clients, StandardOutput},
    },
};

/// The clients that every destination of a test can be opened with.
pub struct Opener {
    http: reqwest::Client,
    sdk: SdkConfig,
}

impl Opener {
    /// Clients without AWS.
    pub fn new() -> Self {
        Self::with_aws(
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .build(),
        )
    }

    /// Clients of this AWS.
    pub fn with_aws(sdk: SdkConfig) -> Self {
        let http = destinations::http::client().unwrap();
        Self { http, sdk }
    }

    /// The clients of one run.
    pub fn clients<'a>(&'a self, secrets: &'a dyn SecretStore, clock: Clock, limits: Limits) -> Clients<'a> {
        Clients {
            http: &self.http,
            secrets,
            sdk: &self.sdk,
            clock,
            request: "request-1",
            output: StandardOutput::Log,
            limits,
        }
    }
}
