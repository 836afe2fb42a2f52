//! The clients, destinations and ledger that are plugged in, for the function and for the operator's tool.

use std::{env, fs, path::Path};

use anyhow::Context as _;
use jiff::Timestamp;

use crate::{
    aws::{self, ledger::PostedTable, secrets::SecretsManager},
    clock::Clock,
    delivery::{
        destination::Recipient,
        records::{Records, Unrecorded},
        retry::Limits,
    },
    destinations::{
        self, BoxedSpec, KINDS,
        clients::{Clients, StandardOutput},
    },
    metrics::collect::Progress,
    report::{self, Config, Destination, KindReader, Problems, UnknownName},
    run::{Context, run},
    sources::{self, Sources},
    summary::Summary,
    trigger::Trigger,
};

mod ledger;

use ledger::RunLedger;

/// The kinds of destinations, for the reader of report.yaml.
fn kinds() -> Vec<&'static KindReader<BoxedSpec>> {
    KINDS.iter().map(|kind| &kind.reader).collect()
}

/// The JSON Schema of report.yaml, for editors.
pub fn report_schema() -> serde_json::Value {
    report::schema(&kinds(), &sources::readers())
}

/// A report with the settings of its destinations.
pub struct Configured {
    /// The report.
    pub report: Config,
    /// The settings of its destinations, in its order.
    pub destinations: Vec<BoxedSpec>,
}

impl Configured {
    /// Reads a report.yaml that messages call `name`, with each `${NAME}` taken from `env`.
    ///
    /// # Errors
    /// Every mistake that is in it.
    pub fn from_yaml(yaml: &[u8], name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let (report, destinations) = report::read(yaml, name, env, &kinds(), &sources::readers())?;
        Ok(Self { report, destinations })
    }

    /// The report at `path`, or the one built in, with `${NAME}` filled from the environment.
    ///
    /// # Errors
    /// When the file cannot be read; or with every mistake that is in it.
    #[expect(clippy::disallowed_methods, reason = "`${NAME}` is filled from the environment")]
    pub fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let env = |name: &str| env::var(name).ok();
        let Some(path) = path else {
            return Ok(Self::from_yaml(
                report::SHIPPED.as_bytes(),
                "report.yaml (built in)",
                &env,
            )?);
        };
        let name = path.display().to_string();
        let yaml = fs::read(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self::from_yaml(&yaml, &name, &env)?)
    }

    /// The destinations, open for one run.
    pub fn open<'a>(&'a self, clients: Clients<'a>) -> Vec<Recipient<'a>> {
        let destinations = self.report.destinations.iter().zip(&self.destinations);
        let recipient = |(of, spec): (&'a Destination, &'a BoxedSpec)| Recipient {
            of,
            render: spec.kind().render,
            client: spec.open(&of.name, clients),
        };
        destinations.map(recipient).collect()
    }
}

/// The program, as it outlives a run: clients with their connections and certificates.
pub struct App {
    sdk: aws::SdkConfig,
    http: reqwest::Client,
    ledger: Option<String>,
    unrecorded: Unrecorded,
    output: StandardOutput,
}

impl App {
    /// Clients that take region, credentials and endpoint from the environment; `output` says whose they are, and
    /// `ledger` is the name of the ledger's table. Nothing is sent yet.
    ///
    /// # Errors
    /// When no HTTP client can be built: the machine has no usable certificates.
    pub async fn new(output: StandardOutput, ledger: Option<String>) -> anyhow::Result<Self> {
        Ok(Self {
            sdk: aws::sdk_config().await,
            http: destinations::http::client().context("cannot set up HTTP")?,
            ledger,
            unrecorded: Unrecorded::default(),
            output,
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
        configured: &Configured,
        trigger: &Trigger,
        request: &str,
        clock: Clock,
        time_over: Option<Timestamp>,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Summary, UnknownName> {
        let secrets = SecretsManager::new(&self.sdk).with_ledger(self.table(clock));
        let recipients = configured.open(Clients {
            http: &self.http,
            secrets: &secrets,
            sdk: &self.sdk,
            clock,
            request,
            output: self.output,
            limits: Limits::default(),
        });
        let context = Context {
            source: &Sources::open(&sources::kind::Clients {
                sdk: &self.sdk,
                http: &self.http,
                as_of: trigger.as_of,
            }),
            recipients: &recipients,
            records: Records {
                ledger: &self.ledger(clock),
                unrecorded: &self.unrecorded,
                clock,
                time_over,
            },
            request,
            watch,
        };
        run(&configured.report, trigger, context).await
    }

    fn ledger(&self, clock: Clock) -> RunLedger {
        match self.table(clock) {
            Some(table) => RunLedger::Table(table),
            None => RunLedger::Missing(self.output),
        }
    }

    fn table(&self, clock: Clock) -> Option<PostedTable> {
        let name = self.ledger.clone()?;
        Some(PostedTable::new(&self.sdk, name, clock))
    }
}
