//! Which edge is plugged in where; the same for the function and for the operator's tool.

use std::{env, fs, path::Path};

use anyhow::Context;
use jiff::Timestamp;

use crate::{
    aws::{self, cloudwatch::CloudWatch, ledger::PostedTable, secrets::SecretsManager},
    chat::{self, Chat},
    clock::Clock,
    collect::Progress,
    config::Config,
    plan::Unknown,
    run::{Summary, Surroundings, run},
    trigger::Trigger,
};

/// The report at `path`, or the one built in, with `${NAME}` filled from the environment.
///
/// # Errors
/// When the file cannot be read; or with every mistake that is in it.
pub fn load_report(path: Option<&Path>) -> anyhow::Result<Config> {
    let env = |name: &str| env::var(name).ok();
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
    ledger_table: Option<String>,
}

impl Edges {
    /// Clients that take region, credentials and endpoint from the environment, and the name of the ledger's table from
    /// `HOURLY_LEDGER`. Nothing is sent yet.
    ///
    /// # Errors
    /// When no HTTP client can be built: the machine has no usable certificates.
    pub async fn new() -> anyhow::Result<Self> {
        Ok(Self {
            sdk: aws::sdk_config().await,
            http: chat::client().context("cannot set up HTTP")?,
            ledger_table: env::var("HOURLY_LEDGER").ok().filter(|name| !name.is_empty()),
        })
    }

    /// One run; `request` names what asked for it, `time_over` is when the function is stopped, if it is.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn run(
        &self,
        config: &Config,
        trigger: &Trigger,
        request: &str,
        clock: Clock,
        time_over: Option<Timestamp>,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Summary, Unknown> {
        let secrets = SecretsManager::new(&self.sdk);
        let chat = |destination| Chat::new(destination, self.http.clone(), &secrets, clock);
        let chats: Vec<_> = config.destinations.iter().map(chat).collect();
        let around = Surroundings {
            source: &CloudWatch::new(&self.sdk, trigger.as_of),
            destinations: &chats,
            ledger: &PostedTable::new(&self.sdk, self.ledger_table.clone(), clock),
            request,
            clock,
            time_over,
            watch,
        };
        run(config, trigger, &around).await
    }
}
