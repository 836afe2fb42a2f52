//! Which edge is plugged in where; the same for the function and for the operator's tool.

use std::{fs, path::Path, time::Duration};

use anyhow::Context;
use jiff::Timestamp;

use crate::{
    aws::{self, cloudwatch::CloudWatch, secrets::SecretsManager},
    chat::{self, Chat},
    clock::Clock,
    collect::Progress,
    config::Config,
    plan::{UnknownSection, earlier},
    run::{Summary, Surroundings, run},
    trigger::Trigger,
};

/// Time that is kept for telling the outcome before the function is stopped.
const TIME_TO_TELL: Duration = Duration::from_secs(3);

/// How long posting may take where nothing stops the program.
const PATIENCE: Duration = Duration::from_secs(60);

/// The report at `path`, or the one built in, with `${NAME}` filled from the environment.
///
/// # Errors
/// When the file cannot be read; or with every mistake that is in it.
pub fn load_report(path: Option<&Path>) -> anyhow::Result<Config> {
    let env = |name: &str| std::env::var(name).ok();
    match path {
        None => Ok(Config::from_yaml(
            Config::SHIPPED.as_bytes(),
            "report.yaml (built in)",
            &env,
        )?),
        Some(path) => {
            let name = path.display().to_string();
            let yaml = fs::read(path).with_context(|| format!("cannot read {name}"))?;
            Ok(Config::from_yaml(&yaml, &name, &env)?)
        }
    }
}

/// What outlives a run: clients with their connections and certificates.
pub struct Edges {
    sdk: aws::SdkConfig,
    http: chat::Client,
}

impl Edges {
    /// Clients that take region, credentials and endpoint from the environment. Nothing is sent yet.
    ///
    /// # Errors
    /// When no HTTP client can be built: the machine has no usable certificates.
    pub async fn new() -> anyhow::Result<Self> {
        Ok(Self {
            sdk: aws::sdk_config().await,
            http: chat::client().context("cannot set up HTTP")?,
        })
    }

    /// One run; `time_over` is when the function is stopped, if it is.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn run(
        &self,
        config: &Config,
        trigger: &Trigger,
        clock: Clock,
        time_over: Option<Timestamp>,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Summary, UnknownSection> {
        let secrets = SecretsManager::new(&self.sdk);
        let deadline = match time_over {
            Some(end) => clock.instant(earlier(end, TIME_TO_TELL)),
            None => clock.instant(crate::collect::waiting_ends(trigger.as_of, None).max(clock.now())) + PATIENCE,
        };
        let chat = |destination| Chat::new(destination, self.http.clone(), &secrets, clock, deadline);
        let chats: Vec<_> = config.destinations.iter().map(chat).collect();
        let around = Surroundings {
            source: &CloudWatch::new(&self.sdk, trigger.as_of),
            destinations: &chats,
            clock,
            time_over,
            watch,
        };
        run(config, trigger, &around).await
    }
}
