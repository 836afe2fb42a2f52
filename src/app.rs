//! The clients, destinations and ledger that are plugged in, for the function and for the operator's tool.

use std::{env, fs, path::Path};

use anyhow::Context;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    aws::{self, ledger::PostedTable, secrets::SecretsManager},
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        outcome::Outcome,
        records::Unrecorded,
        secrets::{Renewals, Secrets},
    },
    destinations::{
        self, Chat, NoChat,
        log::client::{Output, Owner},
        sns::client::Topic,
    },
    metrics::collect::Progress,
    report::{self, Config, UnknownName},
    run::{Surroundings, run},
    sources::cloudwatch::client::CloudWatch,
    summary::Summary,
    trigger::Trigger,
};

mod ledger;

use ledger::RunLedger;

/// The report at `path`, or the one built in, with `${NAME}` filled from the environment.
///
/// # Errors
/// When the file cannot be read; or with every mistake that is in it.
#[expect(clippy::disallowed_methods, reason = "`${NAME}` is filled from the environment")]
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
    http: reqwest::Client,
    ledger: Option<String>,
    unrecorded: Unrecorded,
    owner: Owner,
}

impl Edges {
    /// Clients that take region, credentials and endpoint from the environment; `owner` says whose they are, and
    /// `ledger` is the name of the ledger's table. Nothing is sent yet.
    ///
    /// # Errors
    /// When no HTTP client can be built: the machine has no usable certificates.
    pub async fn new(owner: Owner, ledger: Option<String>) -> anyhow::Result<Self> {
        Ok(Self {
            sdk: aws::sdk_config().await,
            http: destinations::http::client().context("cannot set up HTTP")?,
            ledger,
            unrecorded: Unrecorded::default(),
            owner,
        })
    }

    /// Whether there is what every call to AWS needs.
    ///
    /// # Errors
    /// As [`aws::check`].
    pub async fn check(&self) -> anyhow::Result<()> {
        aws::check(&self.sdk).await
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
    ) -> Result<Summary, UnknownName> {
        let secrets = SecretsManager::new(&self.sdk).with_ledger(self.table(clock));
        let way = |destination| self.way(destination, &secrets, request, clock);
        let ways: Vec<_> = config.destinations.iter().map(way).collect();
        let around = Surroundings {
            source: &CloudWatch::new(&self.sdk, trigger.as_of),
            destinations: &ways,
            ledger: &self.ledger(clock),
            unrecorded: &self.unrecorded,
            request,
            clock,
            time_over,
            watch,
        };
        run(config, trigger, &around).await
    }

    fn ledger(&self, clock: Clock) -> RunLedger {
        match self.table(clock) {
            Some(table) => RunLedger::Table(table),
            None => RunLedger::Missing(self.owner),
        }
    }

    fn table(&self, clock: Clock) -> Option<PostedTable> {
        let name = self.ledger.clone()?;
        Some(PostedTable::new(&self.sdk, name, clock))
    }

    fn way<'a>(
        &self,
        destination: &report::Destination,
        secrets: &'a SecretsManager,
        request: &'a str,
        clock: Clock,
    ) -> Way<'a, SecretsManager> {
        match Chat::new(destination, self.http.clone(), secrets, clock) {
            Ok(chat) => Way::Chat(chat),
            Err(NoChat::Sns(sns)) => Way::Topic(Topic::new(destination.name.clone(), sns.clone(), &self.sdk)),
            Err(NoChat::Log) => Way::Output(Output::new(self.owner, destination.name.clone(), request, clock)),
        }
    }
}

/// The ways to post: what is a chat goes by HTTP, the others by edges of their own.
#[expect(clippy::large_enum_variant, reason = "a handful of them, made once a run")]
enum Way<'a, S> {
    Chat(Chat<'a, S>),
    Topic(Topic),
    Output(Output<'a>),
}

/// Boxed, because the futures of all ways within those of the run are deeper than the compiler follows types.
impl<S: Secrets + Renewals> Destination for Way<'_, S> {
    async fn prepare(&self, until: Instant) {
        match self {
            Self::Chat(chat) => Box::pin(chat.prepare(until)).await,
            Self::Topic(topic) => topic.prepare(until).await,
            Self::Output(output) => output.prepare(until).await,
        }
    }

    async fn post(&self, post: &Post) -> Outcome {
        match self {
            Self::Chat(chat) => Box::pin(chat.post(post)).await,
            Self::Topic(topic) => Box::pin(topic.post(post)).await,
            Self::Output(output) => output.post(post).await,
        }
    }
}
