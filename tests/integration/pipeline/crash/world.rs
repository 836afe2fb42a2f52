//! The real function with its ledger, a source account and Skype: all that it writes to lies behind an interceptor.

use std::fs;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sts::config::Credentials;
use jiff::Timestamp;
use testkit::{
    accounts::{Account, HOME_REGION, LEDGER, Published, Reader, SESSION_SECRET, SKYPE_SECRET},
    intercept::Interceptor,
    lambda::LambdaRuntime,
    local_aws::LocalAws,
    skype::{Role, SkypeStandIn},
};

use crate::worlds::{function::start, minutes_ago, report::Report};

const MONITORING: &str = "100000000001";
const PRODUCTION: &str = "111111111111";
const EXTERNAL_ID: &str = "the-external-id";

/// Everything that the function talks to, behind an interceptor, and its settings.
pub struct CrashWorld {
    aws: LocalAws,
    pub skype: SkypeStandIn,
    pub interceptor: Interceptor,
    role: Credentials,
    /// Holds report.yaml.
    folder: tempfile::TempDir,
}

impl CrashWorld {
    /// A report with these destinations, each a name and its group.
    pub async fn new(destinations: &[(&str, &str)]) -> Self {
        let aws = LocalAws::start().await.unwrap();
        let skype = SkypeStandIn::start().await;
        let hosts = [Role::Login, Role::Edge, Role::Gateway, Role::OtherGateway].map(|role| skype.url(role));
        let mut services = vec![aws.endpoint()];
        services.extend(hosts.iter().map(|url| url.as_str()));
        let interceptor = Interceptor::start(&services).await.unwrap();

        let monitoring = Account::new(&aws, MONITORING);
        monitoring.create_ledger().await.unwrap();
        monitoring
            .create_secret(SKYPE_SECRET, Some(&skype.credentials()))
            .await
            .unwrap();
        monitoring.create_secret(SESSION_SECRET, None).await.unwrap();
        let role = monitoring.create_function_role(&[PRODUCTION]).await.unwrap();
        let production = Account::new(&aws, PRODUCTION);
        production
            .create_reader_role(&Reader::new(MONITORING, EXTERNAL_ID))
            .await
            .unwrap();
        let metric = Published::healthy_hosts(minutes_ago(0), 89, 4.0);
        production.publish(HOME_REGION, &metric).await.unwrap();

        let folder = tempfile::tempdir().unwrap();
        let through = |role| interceptor.to(skype.url(role).as_str()).unwrap();
        let mut report = Report::new("hourly")
            .account("production", PRODUCTION, Some(EXTERNAL_ID))
            .section("Production", "production", HOME_REGION);
        for (name, group) in destinations {
            report = report.skype(name, group, [Role::Login, Role::Edge, Role::Gateway].map(through));
        }
        fs::write(folder.path().join("report.yaml"), report.build().to_string()).unwrap();
        Self {
            aws,
            skype,
            interceptor,
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
                ("AWS_ENDPOINT_URL", self.interceptor.to(self.aws.endpoint()).unwrap()),
                ("HOURLY_CONFIG", report.to_str().unwrap()),
                ("HOURLY_LEDGER", LEDGER),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        start(environment).await
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
