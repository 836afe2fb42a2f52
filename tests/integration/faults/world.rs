//! What the runs share, a local AWS, and what each has of its own: a Skype, a proxy before both, a session, a report.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime},
};

use aws_sdk_cloudwatch::types::StandardUnit;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
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
        outcome::Outcome,
        records::{Records, Unrecorded},
    },
    run::{Context, run},
    sources::cloudwatch::client::CloudWatch,
    trigger::Trigger,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::table::{Row, Told};
use crate::{
    opening::Opener,
    support::{
        ear::heard_so_far,
        faulty::{Fault, FaultyProxy, Service},
        local_aws::LocalAws,
        skype::{PASSWORD, Role, SkypeStandIn},
        world::{Account, HOME_REGION, Published, Reader, SKYPE_SECRET, reader_arn},
    },
};

pub(super) const MONITORING: &str = "100000000001";
const SOURCE: &str = "111111111111";
const EXTERNAL_ID: &str = "an-external-id/of=its+own";
pub(super) const TABLE: &str = "posted";

/// How wrong the clock is when it is: a little more than ten minutes.
const FAST: Duration = Duration::from_secs(605);

const AWS_LIMITS: aws::Limits = aws::Limits {
    connect: Duration::from_secs(2),
    attempt: Duration::from_secs(4),
    pauses: Duration::from_millis(500),
};
pub(super) const CHAT_LIMITS: hourly_update::delivery::retry::Limits = hourly_update::delivery::retry::Limits {
    call: Duration::from_millis(5500),
    after_fault: [Duration::from_millis(50); 3],
    after_throttling: Duration::from_millis(300),
};

pub struct World {
    pub(super) aws: LocalAws,
    pub(super) as_of: Timestamp,
    /// What the function assumes roles with; its secrets and its table are the root user's, since each run has others.
    pub(super) function: Credentials,
}

impl World {
    /// A source account with one metric, the function's credentials for Skype, and its table.
    pub async fn new() -> Self {
        let aws = LocalAws::start().await.unwrap();
        // At :57 of an hour, so that the page is always the same.
        let hour = Timestamp::now().as_second().div_euclid(3600) * 3600;
        let as_of = Timestamp::from_second(hour - 180).unwrap();
        let source = Account::new(&aws, SOURCE);
        let metric = Published {
            namespace: "AWS/ApplicationELB",
            name: "HealthyHostCount",
            dimensions: &[("LoadBalancer", "app/core/1")],
            unit: StandardUnit::Count,
            points: (1..30).map(|n| (as_of - SignedDuration::from_mins(n), 5.0)).collect(),
        };
        source.publish(HOME_REGION, &metric).await.unwrap();
        let reader = Reader {
            monitoring: MONITORING,
            external_id: EXTERNAL_ID,
            may_read: true,
        };
        source.create_reader_role(&reader).await.unwrap();
        let function = Account::new(&aws, MONITORING)
            .create_function_role(&[SOURCE])
            .await
            .unwrap();
        let world = Self { aws, as_of, function };
        world.create_table().await;
        world
    }

    async fn create_table(&self) {
        let key = KeySchemaElement::builder()
            .attribute_name("message")
            .key_type(KeyType::Hash);
        let attribute = AttributeDefinition::builder()
            .attribute_name("message")
            .attribute_type(ScalarAttributeType::S);
        aws_sdk_dynamodb::Client::new(&self.aws.sdk_config(self.aws.root_of(MONITORING), HOME_REGION))
            .create_table()
            .table_name(TABLE)
            .key_schema(key.build().unwrap())
            .attribute_definitions(attribute.build().unwrap())
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();
    }

    /// The secrets of one run, with the user that this Skype knows and no session.
    pub(super) async fn secrets(&self, number: usize, skype: &SkypeStandIn) -> (String, String) {
        let monitoring = Account::new(&self.aws, MONITORING);
        let secret = format!("{SKYPE_SECRET}-{number}");
        let session = format!("hourly-update/session-{number}");
        monitoring
            .create_secret(&secret, Some(&skype.credentials()))
            .await
            .unwrap();
        monitoring.create_secret(&session, None).await.unwrap();
        (secret, session)
    }

    /// Where each service really is.
    pub(super) fn upstream(&self, skype: &SkypeStandIn) -> HashMap<Service, String> {
        let mut upstream: HashMap<_, _> = Service::AWS.map(|it| (it, self.aws.endpoint().to_owned())).into();
        for (service, role) in [
            (Service::Login, Role::Login),
            (Service::Edge, Role::Edge),
            (Service::Gateway, Role::Gateway),
            (Service::OtherGateway, Role::OtherGateway),
        ] {
            upstream.insert(service, skype.url(role).as_str().trim_end_matches('/').to_owned());
        }
        upstream
    }

    /// One run of the whole program, with a fault.
    pub async fn run(&self, number: usize, row: Row) -> Told {
        let skype = SkypeStandIn::start().await;
        let started = self.as_of + SignedDuration::from_secs(4);
        let fast = if row.fault == Fault::WrongTime {
            FAST
        } else {
            Duration::ZERO
        };
        // Wrong for the one who is called alone.
        skype.set_clock(if row.call.service().is_aws() {
            started + fast
        } else {
            started
        });
        let (secret, session) = self.secrets(number, &skype).await;
        let upstream = self.upstream(&skype);
        let proxy = FaultyProxy::start(upstream, row.call, row.fault, row.times).await;

        let fast = if row.fault == Fault::WrongTime {
            FAST
        } else {
            Duration::ZERO
        };
        let clock = Clock::starting_at(started + fast);
        let sdk = self.sdk(&proxy, fast, self.aws.root_of(MONITORING)).await;
        let reading = self.sdk(&proxy, fast, self.function.clone()).await;
        let configured = report(number, &proxy, skype.group(), &secret, &session);
        let trigger = Trigger::full_run(self.as_of);
        let secrets = SecretsManager::new(&sdk);
        let opener = Opener::new();
        let recipients = configured.open(opener.clients(&secrets, clock, CHAT_LIMITS));
        let context = Context {
            source: &CloudWatch::new(&reading, self.as_of),
            recipients: &recipients,
            records: Records {
                ledger: &PostedTable::new(&sdk, TABLE.to_owned(), clock),
                unrecorded: &Unrecorded::default(),
                clock,
                time_over: None,
            },
            request: "request-1",
            watch: &|_| {},
        };
        let (begin, heard) = (Instant::now(), heard_so_far());
        let summary = run(&configured.report, &trigger, context).await.unwrap();
        let took = begin.elapsed();

        let messages: Vec<_> = skype.messages().iter().map(|it| self.plain(&it.content)).collect();
        let result = summary.destinations[0].outcome.clone();
        let mut forbidden = vec![PASSWORD.to_owned(), EXTERNAL_ID.to_owned()];
        forbidden.extend(skype.issued());
        forbidden.extend(proxy.secrets());
        let service = row.call.service();
        Told {
            number,
            row,
            sees: sees(&messages),
            // The run's own secret stands for the one that all have.
            outcome: self.told(&result).replace(&secret, SKYPE_SECRET),
            said: format!(
                "{summary:?} {} {:?}",
                serde_json::to_string(&summary).unwrap(),
                summary.failure()
            ),
            tries: proxy.count(row.call),
            sign_ins: skype.logins(),
            took,
            secrets: forbidden,
            address: proxy.url(service).trim_start_matches("http://").to_owned(),
            served: proxy.count_at(service),
            begin: heard,
            _ports: (row.fault == Fault::Refuse).then_some(proxy),
            messages,
            result,
        }
    }

    /// The clients' configuration with its own limits, a proxy for each service, and a clock that may be wrong.
    pub(super) async fn sdk(&self, proxy: &FaultyProxy, fast: Duration, credentials: Credentials) -> SdkConfig {
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

    /// A message without mark-up on one line.
    pub(super) fn plain(&self, content: &str) -> String {
        let text = content
            .replace("<b raw_pre=\"*\" raw_post=\"*\">", "")
            .replace("</b>", "")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        self.without_hour(&lines.join(" / "))
    }

    fn told(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Posted { repeated: false, .. } => "posted".into(),
            Outcome::Posted { repeated: true, .. } => "posted, repeated".into(),
            Outcome::Failed(error) => {
                let side = format!("{:?}", error.whose_move).to_lowercase();
                format!("**failed** ({side}): {error}")
            }
            other => panic!("{other:?}"),
        }
    }

    fn without_hour(&self, text: &str) -> String {
        let day = self.as_of.strftime("%a %-d %b").to_string();
        let hour = self.as_of.strftime("%H:").to_string();
        text.replace(&format!("{day} {hour}"), "dd hh:").replace(&hour, "hh:")
    }
}

pub(super) fn sees(messages: &[String]) -> String {
    let told = messages.iter().map(|message| match message.as_str() {
        "Hourly Metrics Update: / - Healthy Hosts: 5" => "the update".to_owned(),
        other => format!("`{other}`"),
    });
    match messages {
        [] => "nothing".into(),
        _ => told.collect::<Vec<_>>().join(", then "),
    }
}

pub(super) fn report(number: usize, proxy: &FaultyProxy, group: &str, secret: &str, session: &str) -> Configured {
    let report = json!({
        "report": format!("row-{number}"),
        "accounts": {"production": {"id": SOURCE, "role": reader_arn(SOURCE), "external_id": EXTERNAL_ID}},
        "sections": [{"title": "Production", "account": "production", "region": HOME_REGION, "metrics": [{
            "label": "Healthy Hosts",
            "namespace": "AWS/ApplicationELB",
            "name": "HealthyHostCount",
            "dimensions": {"LoadBalancer": "app/core/1"},
            "statistic": "Minimum",
            "period": 60,
            "show": "count",
        }]}],
        "destinations": [{
            "name": "operations",
            "kind": "skype",
            "group": group,
            "secret": secret,
            "session_secret": session,
            "hosts": {
                "login": proxy.url(Service::Login),
                "edge": proxy.url(Service::Edge),
                "messages": proxy.url(Service::Gateway),
            },
        }],
    });
    let mut configured = Configured::from_yaml(report.to_string().as_bytes(), "report.yaml", &|_| None).unwrap();
    configured.report.retry_delays = [100, 200, 400].map(Duration::from_millis).to_vec();
    configured
}

/// How often somebody tried to connect to the row's service beyond the calls that it got.
pub fn attempts_to_connect(heard: &str, told: &Told) -> usize {
    match told.row.fault {
        Fault::Refuse => {
            heard[told.begin..]
                .matches(&format!("connecting to {}\n", told.address))
                .count()
                - told.served
        }
        _ => 0,
    }
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
