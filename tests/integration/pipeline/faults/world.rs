//! What the runs share, a local AWS, and what each has of its own: a Skype, a proxy before both, a session, a report.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_sts::config::Credentials;
use hourly_update::delivery::{outcome::Outcome, records::Unrecorded};
use jiff::{SignedDuration, Timestamp};
use testkit::{
    accounts::{Account, HOME_REGION, Published, Reader, SKYPE_SECRET},
    faulty::{Fault, FaultyProxy, Service},
    local_aws::LocalAws,
    log_capture,
    skype::{PASSWORD, Role, SkypeStandIn},
};

use super::{
    program::Program,
    table::{Row, Told},
};

pub(super) const MONITORING: &str = "100000000001";
pub(super) const SOURCE: &str = "111111111111";
pub(super) const EXTERNAL_ID: &str = "an-external-id/of=its+own";
pub(super) const TABLE: &str = "posted";

/// How wrong the clock is when it is: a little more than ten minutes.
const FAST: Duration = Duration::from_secs(605);

pub struct FaultWorld {
    pub(super) aws: LocalAws,
    pub(super) as_of: Timestamp,
    /// What the function assumes roles with; its secrets and its table are the root user's, since each run has others.
    pub(super) function: Credentials,
}

impl FaultWorld {
    /// A source account with one metric, the function's credentials for Skype, and its table.
    pub async fn new() -> Self {
        let aws = LocalAws::start().await.unwrap();
        // At :57 of an hour, so that the page is always the same.
        let hour = Timestamp::now().as_second().div_euclid(3600) * 3600;
        let as_of = Timestamp::from_second(hour - 180).unwrap();
        let source = Account::new(&aws, SOURCE);
        let metric = Published::healthy_hosts(as_of, 29, 5.0);
        source.publish(HOME_REGION, &metric).await.unwrap();
        source
            .create_reader_role(&Reader::new(MONITORING, EXTERNAL_ID))
            .await
            .unwrap();
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
        let upstream = self.upstream(&skype);
        let proxy = FaultyProxy::start(upstream, row.call, row.fault, row.times).await;

        let program = Program::new(self, number, &proxy, &skype, fast).await;
        let (begin, logged) = (Instant::now(), log_capture::length());
        let summary = program.run(started + fast, &Unrecorded::default()).await;
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
            outcome: self.told(&result).replace(&program.secret, SKYPE_SECRET),
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
            begin: logged,
            _ports: (row.fault == Fault::Refuse).then_some(proxy),
            messages,
            result,
        }
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

/// How often somebody tried to connect to the row's service beyond the calls that it got.
pub fn attempts_to_connect(log: &str, told: &Told) -> usize {
    match told.row.fault {
        Fault::Refuse => {
            log[told.begin..]
                .matches(&format!("connecting to {}\n", told.address))
                .count()
                - told.served
        }
        _ => 0,
    }
}
