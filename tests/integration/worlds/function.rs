//! World of the whole function: the real binary on a local AWS, posting to the stand-in of Skype.

use std::{fs, path::Path, time::Duration};

use aws_sdk_sts::config::Credentials;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    accounts::{Account, HOME_REGION, Published, Reader, SESSION_SECRET, SKYPE_SECRET, SLACK_SECRET},
    lambda::LambdaRuntime,
    local_aws::LocalAws,
    process::{Line, Stream},
    skype::SkypeStandIn,
};

use super::{as_of, report::Report};

const MONITORING: &str = "100000000001";
const PRODUCTION: &str = "111111111111";
const STAGING: &str = "222222222222";
/// What the production account asks for.
pub const EXTERNAL_ID: &str = "the-external-id-of-production";
/// What the function names in the staging account, where it is wrong.
pub const WRONG_EXTERNAL_ID: &str = "an-external-id-of-somebody-else";

/// Two accounts with a metric each, of which only production lets the function in; one bot, one group.
pub struct FunctionWorld {
    pub aws: LocalAws,
    pub skype: SkypeStandIn,
    pub role: Credentials,
    folder: TempDir,
}

/// What one invocation said.
pub struct Said {
    pub answer: Result<Value, Value>,
    pub log: Vec<Line>,
}

impl FunctionWorld {
    pub async fn new() -> Self {
        let (aws, skype) = tokio::join!(LocalAws::start(), SkypeStandIn::start());
        let aws = aws.unwrap();
        let monitoring = Account::new(&aws, MONITORING);
        let role = monitoring.create_function_role(&[PRODUCTION, STAGING]).await.unwrap();
        monitoring
            .create_secret(SKYPE_SECRET, Some(&skype.credentials()))
            .await
            .unwrap();
        for not_yet_used in [SESSION_SECRET, SLACK_SECRET] {
            monitoring.create_secret(not_yet_used, None).await.unwrap();
        }
        for (account, external_id) in [(PRODUCTION, EXTERNAL_ID), (STAGING, "the-external-id-of-staging")] {
            let account = Account::new(&aws, account);
            let metric = Published::healthy_hosts(as_of(), 29, 5.0);
            account.publish(HOME_REGION, &metric).await.unwrap();
            account
                .create_reader_role(&Reader::new(MONITORING, external_id))
                .await
                .unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("report.yaml"), report(&skype)).unwrap();
        Self {
            aws,
            skype,
            role,
            folder,
        }
    }

    /// Gives the report another destination, beside those that it has or instead of them.
    pub fn add_destination(&self, destination: Value, is_only: bool) {
        let path = self.folder.path().join("report.yaml");
        let mut report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let destinations = report["destinations"].as_array_mut().unwrap();
        if is_only {
            destinations.clear();
        }
        destinations.push(destination);
        fs::write(path, report.to_string()).unwrap();
    }

    /// Starts the function anew, with `more` in its environment, and invokes it once.
    pub async fn invoke(&self, event: &Value, more: &[(&str, &str)]) -> Said {
        self.invoke_by_way_of(None, event, more).await
    }

    /// The same with another endpoint than the local AWS's own.
    pub async fn invoke_by_way_of(&self, endpoint: Option<&str>, event: &Value, more: &[(&str, &str)]) -> Said {
        let mut environment = self.aws.environment(&self.role, HOME_REGION);
        environment.extend(endpoint.map(|endpoint| ("AWS_ENDPOINT_URL".into(), endpoint.into())));
        let config = self.folder.path().join("report.yaml");
        environment.push(("HOURLY_CONFIG".into(), config.to_str().unwrap().into()));
        environment.extend([
            ("PRODUCTION_EXTERNAL_ID".into(), EXTERNAL_ID.into()),
            ("STAGING_EXTERNAL_ID".into(), WRONG_EXTERNAL_ID.into()),
        ]);
        environment.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let mut function = start(environment).await;
        let answer = function.invoke(event.to_string(), Duration::from_secs(60)).await;
        // It tells everything before it answers; what is on its way still has to be read.
        function.stop().await.unwrap();
        let log = function.log().borrow().clone();
        Said { answer, log }
    }

    /// What a secret holds now.
    pub async fn secret(&self, name: &str) -> String {
        let config = self.aws.sdk_config(self.aws.root_of(MONITORING), HOME_REGION);
        let client = aws_sdk_secretsmanager::Client::new(&config);
        let answer = client.get_secret_value().secret_id(name).send().await.unwrap();
        answer.secret_string().unwrap().to_owned()
    }

    /// Gives a secret another value.
    pub async fn put_secret(&self, name: &str, value: &str) {
        let config = self.aws.sdk_config(self.aws.root_of(MONITORING), HOME_REGION);
        let client = aws_sdk_secretsmanager::Client::new(&config);
        let request = client.put_secret_value().secret_id(name).secret_string(value);
        request.send().await.unwrap();
    }
}

impl Said {
    /// The lines in embedded metric format. They are on standard output, each a line of its own.
    pub fn emf(&self) -> Vec<Value> {
        let lines = self.log.iter().filter(|line| line.text.contains("\"_aws\""));
        lines
            .map(|line| {
                assert_eq!(line.stream, Stream::Out);
                serde_json::from_str(&line.text).unwrap()
            })
            .collect()
    }

    /// All other lines of a log in JSON.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.log.iter().filter(|line| !line.text.contains("\"_aws\""));
        lines
            .map(|line| serde_json::from_str(&line.text).unwrap_or_else(|error| panic!("{error}: {}", line.text)))
            .collect()
    }

    /// Everything that it printed and answered, for people.
    pub fn text(&self) -> String {
        let mut text: Vec<_> = self.log.iter().map(|line| line.text.clone()).collect();
        text.push(match &self.answer {
            Ok(answer) | Err(answer) => answer.to_string(),
        });
        text.join("\n")
    }
}

/// Starts the function.
pub async fn start(environment: Vec<(String, String)>) -> LambdaRuntime {
    let binary = Path::new(env!("CARGO_BIN_EXE_hourly-update"));
    LambdaRuntime::start(binary, environment).await.unwrap()
}

/// The event of a run for [`as_of`].
pub fn event() -> Value {
    json!({"time": as_of().to_string()})
}

fn report(skype: &SkypeStandIn) -> String {
    let hosts = skype.hosts();
    let hosts = [&hosts.login, &hosts.edge, &hosts.messages].map(|host| host.as_str());
    Report::new("hourly")
        .account("production", PRODUCTION, Some("${PRODUCTION_EXTERNAL_ID}"))
        .account("staging", STAGING, Some("${STAGING_EXTERNAL_ID}"))
        .section("Production", "production", HOME_REGION)
        .section("Staging", "staging", HOME_REGION)
        .skype("operations", skype.group(), hosts)
        .build()
        .to_string()
}
