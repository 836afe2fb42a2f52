//! The real function with its ledger, a source account and Skype: all that it writes to lies behind a gate.

use std::{fs, path::Path};

use aws_sdk_cloudwatch::types::StandardUnit;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sts::config::Credentials;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{
    gate::Gate,
    lambda::LambdaRuntime,
    local_aws::LocalAws,
    skype::{Role, SkypeStandIn},
    world::{Account, HOME_REGION, LEDGER, Published, Reader, SESSION_SECRET, SKYPE_SECRET, reader_arn},
};

const MONITORING: &str = "100000000001";
const PRODUCTION: &str = "111111111111";
const EXTERNAL_ID: &str = "the-external-id";

/// Everything that the function talks to, behind a gate, and its settings.
pub struct World {
    aws: LocalAws,
    pub skype: SkypeStandIn,
    pub gate: Gate,
    role: Credentials,
    /// Holds report.yaml.
    folder: tempfile::TempDir,
}

impl World {
    /// A report with these destinations, each a name and its group.
    pub async fn new(destinations: &[(&str, &str)]) -> Self {
        let aws = LocalAws::start().await.unwrap();
        let skype = SkypeStandIn::start().await;
        let hosts = [Role::Login, Role::Edge, Role::Gateway, Role::OtherGateway].map(|role| skype.url(role));
        let mut services = vec![aws.endpoint()];
        services.extend(hosts.iter().map(|url| url.as_str()));
        let gate = Gate::start(&services).await.unwrap();

        let monitoring = Account::new(&aws, MONITORING);
        monitoring.create_ledger().await.unwrap();
        monitoring
            .create_secret(SKYPE_SECRET, Some(&skype.credentials()))
            .await
            .unwrap();
        monitoring.create_secret(SESSION_SECRET, None).await.unwrap();
        let role = monitoring.create_function_role(&[PRODUCTION]).await.unwrap();
        let production = Account::new(&aws, PRODUCTION);
        let reader = Reader {
            monitoring: MONITORING,
            external_id: EXTERNAL_ID,
            may_read: true,
        };
        production.create_reader_role(&reader).await.unwrap();
        production.publish(HOME_REGION, &metric()).await.unwrap();

        let folder = tempfile::tempdir().unwrap();
        let through = |role| gate.to(skype.url(role).as_str()).unwrap();
        let report = json!({
            "report": "hourly",
            "accounts": {"production": {
                "id": PRODUCTION, "role": reader_arn(PRODUCTION), "external_id": EXTERNAL_ID,
            }},
            "sections": [{"title": "Production", "account": "production", "region": HOME_REGION, "metrics": [{
                "label": "Healthy Hosts",
                "namespace": "AWS/ApplicationELB",
                "name": "HealthyHostCount",
                "dimensions": {"LoadBalancer": "app/core/1"},
                "statistic": "Minimum",
                "period": 60,
                "show": "count",
            }]}],
            "destinations": destinations.iter().map(|(name, group)| json!({
                "name": name,
                "kind": "skype",
                "group": group,
                "secret": SKYPE_SECRET,
                "session_secret": SESSION_SECRET,
                "hosts": {
                    "login": through(Role::Login),
                    "edge": through(Role::Edge),
                    "messages": through(Role::Gateway),
                },
            })).collect::<Vec<_>>(),
        });
        fs::write(folder.path().join("report.yaml"), report.to_string()).unwrap();
        Self {
            aws,
            skype,
            gate,
            role,
            folder,
        }
    }

    /// A new process of the function, as after a crash.
    pub async fn function(&self) -> LambdaRuntime {
        let mut environment = self.aws.environment(&self.role, HOME_REGION);
        let report = self.folder.path().join("report.yaml");
        environment.retain(|(name, _)| name != "AWS_ENDPOINT_URL");
        environment.extend(
            [
                ("AWS_ENDPOINT_URL", self.gate.to(self.aws.endpoint()).unwrap()),
                ("HOURLY_CONFIG", report.to_str().unwrap()),
                ("HOURLY_LEDGER", LEDGER),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let binary = Path::new(env!("CARGO_BIN_EXE_hourly-update"));
        LambdaRuntime::start(binary, environment).await.unwrap()
    }

    /// Lets the claim of a dead run run out: a minute passes in the ledger.
    pub async fn a_minute_later(&self, as_of: Timestamp) {
        let item = AttributeValue::S(format!("hourly|{as_of}|operations"));
        let past = AttributeValue::N((Timestamp::now().as_second() - 1).to_string());
        let update = aws_sdk_dynamodb::Client::new(&self.root()).update_item();
        let update = update.table_name(LEDGER).key("message", item);
        let answer = update
            .update_expression("SET lease = :past")
            .condition_expression("attribute_exists(lease)")
            .expression_attribute_values(":past", past)
            .send()
            .await;
        answer.unwrap();
    }

    /// Makes the next run sign in.
    pub async fn forget_session(&self) {
        let put = aws_sdk_secretsmanager::Client::new(&self.root()).put_secret_value();
        put.secret_id(SESSION_SECRET).secret_string("{}").send().await.unwrap();
    }

    fn root(&self) -> aws_config::SdkConfig {
        self.aws.sdk_config(self.aws.root_of(MONITORING), HOME_REGION)
    }
}

/// Four healthy hosts in each of the last ninety minutes.
fn metric() -> Published<'static> {
    Published {
        namespace: "AWS/ApplicationELB",
        name: "HealthyHostCount",
        dimensions: &[("LoadBalancer", "app/core/1")],
        unit: StandardUnit::Count,
        points: (1..90).map(|minutes| (minutes_ago(minutes), 4.0)).collect(),
    }
}

/// A whole minute. From half an hour ago on, a run does not wait for late data.
pub fn minutes_ago(minutes: i64) -> Timestamp {
    let now = Timestamp::now().as_second().div_euclid(60) * 60;
    Timestamp::from_second(now).unwrap() - SignedDuration::from_mins(minutes)
}
