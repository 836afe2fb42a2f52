//! The program of a run, with its clients behind the proxy.

use std::time::{Duration, SystemTime};

use aws_sdk_sts::config::Credentials;
use aws_smithy_async::time::TimeSource;
use aws_types::{
    region::Region,
    sdk_config::SharedCredentialsProvider,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};
use hourly_update::{
    app::Configured,
    aws::{self, SdkConfig, ledger::PostedTable, secrets::SecretsManager},
    clock::Clock,
    delivery::{
        records::{Records, Unrecorded},
        retry,
    },
    run::{Context, run},
    sources::cloudwatch::client::CloudWatch,
    summary::Summary,
    trigger::Trigger,
};
use jiff::Timestamp;
use testkit::{
    accounts::HOME_REGION,
    faulty::{FaultyProxy, Service},
    skype::SkypeStandIn,
};

use super::world::{EXTERNAL_ID, FaultWorld, MONITORING, SOURCE, TABLE};
use crate::worlds::{opening::Opener, report::Report};

const AWS_LIMITS: aws::Limits = aws::Limits {
    connect: Duration::from_secs(2),
    attempt: Duration::from_secs(4),
    pauses: Duration::from_millis(500),
};
const CHAT_LIMITS: retry::Limits = retry::Limits {
    call: Duration::from_millis(5500),
    after_fault: [Duration::from_millis(50); 3],
    after_throttling: Duration::from_millis(300),
};

/// One report with its clients; each of its runs is a new process.
pub struct Program {
    /// The name of the secret with the Skype user's password.
    pub secret: String,
    configured: Configured,
    sdk: SdkConfig,
    reading: SdkConfig,
    as_of: Timestamp,
}

impl Program {
    /// A report, secrets and records of its own. The clients' clock is so much ahead.
    pub async fn new(
        world: &FaultWorld,
        number: usize,
        proxy: &FaultyProxy,
        skype: &SkypeStandIn,
        fast: Duration,
    ) -> Self {
        let (secret, session) = world.secrets(number, skype).await;
        Self {
            configured: report(number, proxy, skype.group(), &secret, &session),
            secret,
            sdk: sdk(proxy, fast, world.aws.root_of(MONITORING)).await,
            reading: sdk(proxy, fast, world.function.clone()).await,
            as_of: world.as_of,
        }
    }

    /// Runs it at a time, in a process that knows what it could not record.
    pub async fn run(&self, now: Timestamp, unrecorded: &Unrecorded) -> Summary {
        let clock = Clock::starting_at(now);
        let secrets = SecretsManager::new(&self.sdk);
        let opener = Opener::new();
        let recipients = self.configured.open(opener.clients(&secrets, clock, CHAT_LIMITS));
        let context = Context {
            source: &CloudWatch::new(&self.reading, self.as_of),
            recipients: &recipients,
            records: Records {
                ledger: &PostedTable::new(&self.sdk, TABLE.to_owned(), clock),
                unrecorded,
                clock,
                time_over: None,
            },
            request: "request-1",
            watch: &|_| {},
        };
        run(&self.configured.report, &Trigger::full_run(self.as_of), context)
            .await
            .unwrap()
    }
}

/// The report of one run.
fn report(number: usize, proxy: &FaultyProxy, group: &str, secret: &str, session: &str) -> Configured {
    let hosts = [Service::Login, Service::Edge, Service::Gateway].map(|service| proxy.url(service));
    let mut report = Report::new(&format!("row-{number}"))
        .account("production", SOURCE, Some(EXTERNAL_ID))
        .section("Production", "production", HOME_REGION)
        .skype("operations", group, hosts.each_ref().map(String::as_str))
        .build();
    report["destinations"][0]["secret"] = secret.into();
    report["destinations"][0]["session_secret"] = session.into();
    let mut configured = Configured::from_yaml(report.to_string().as_bytes(), "report.yaml", &|_| None).unwrap();
    configured.report.retry_delays = [100, 200, 400].map(Duration::from_millis).to_vec();
    configured
}

/// The clients' configuration with its own limits, a proxy for each service, and a clock that may be wrong.
async fn sdk(proxy: &FaultyProxy, fast: Duration, credentials: Credentials) -> SdkConfig {
    let services = [
        ("STS", Service::Sts),
        ("CloudWatch", Service::CloudWatch),
        ("Secrets Manager", Service::SecretsManager),
        ("DynamoDB", Service::DynamoDb),
    ];
    let sdk = aws::loader(AWS_LIMITS)
        .region(Region::new(HOME_REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await;
    sdk.into_builder()
        .time_source(FastClock(fast))
        .service_config(Endpoints(services.map(|(id, service)| (id, proxy.url(service)))))
        .build()
}

/// A clock that is so much ahead.
#[derive(Debug)]
struct FastClock(Duration);

impl TimeSource for FastClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + self.0
    }
}

/// Where each of AWS's services is.
#[derive(Debug)]
struct Endpoints([(&'static str, String); 4]);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let mut found = self.0.iter().filter(|(id, _)| *id == key.service_id());
        found
            .next()
            .filter(|_| key.profile() == "endpoint_url")
            .map(|(_, url)| url.clone())
    }
}
