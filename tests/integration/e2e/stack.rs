//! The stack in its accounts, handled as docs/deploy.md says: with `sam`, `aws` and `deploy/redrive`.

mod commands;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use aws_sdk_cloudwatch::types::StandardUnit;
use hourly_update::{
    report::Config,
    sources::cloudwatch::{config::Place, query::Query},
};
use jiff::{Span, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    accounts::{Account, HOME_REGION, Published, READER_ROLE},
    inbox::Inbox,
    local_aws::LocalAws,
    skype::SkypeStandIn,
    slack,
};

pub const MONITORING: &str = "100000000001";
pub const PRODUCTION: &str = "111111111111";
pub const STAGING: &str = "222222222222";
pub const EXTERNAL_ID: &str = "an-external-id-of-its-own";
pub const STACK: &str = "hourly-update";
/// The secret with the address of Slack's webhook, and one that the function may also write.
pub const SLACK_SECRET: &str = "hourly-update/slack";
pub const ROTATED_SECRET: &str = "hourly-update/rotated";
/// The topic that the update is published to.
pub const TOPIC: &str = "arn:aws:sns:us-east-1:100000000001:hourly-update";

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Where `make e2e` has built the function.
const BUILT: &str = "target/e2e/template.yaml";

/// The AWS command line, for which SQS in us-east-1 is AWS's own whatever `AWS_ENDPOINT_URL` says.
const AWS: &str = concat!(
    "#!/bin/sh\nexec '",
    env!("CARGO_MANIFEST_DIR"),
    "/.venv/awscli/bin/aws' --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n"
);

/// The local AWS and the chats that the stack lives in.
pub struct World {
    pub aws: LocalAws,
    pub skype: SkypeStandIn,
    pub slack: Inbox,
    pub files: TempDir,
    config: Config,
    /// What the stack is told of further destinations.
    parameters: Vec<String>,
    /// The queue that reads the topic.
    mails: String,
}

impl World {
    /// Starts them, empty but for the metrics of the shipped report, a topic, and the secrets of further destinations.
    pub async fn start() -> Self {
        assert!(Path::new(ROOT).join(BUILT).exists(), "run `make e2e`: it builds first");
        let skype = SkypeStandIn::start().await;
        let slack = Inbox::start(slack::rules).await;
        let files = tempfile::tempdir().unwrap();
        let report = report_for(&skype);
        let aws = files.path().join("aws");
        fs::write(&aws, AWS).unwrap();
        fs::set_permissions(&aws, Permissions::from_mode(0o755)).unwrap();
        let path = files.path().join("report.yaml");
        fs::write(&path, &report).unwrap();
        let aws = LocalAws::start_with(&[("HOURLY_CONFIG", path.to_str().unwrap())])
            .await
            .unwrap();
        let config = hourly_update::app::Configured::from_yaml(report.as_bytes(), "report.yaml", &|name| {
            let value = match name {
                "PRODUCTION_ACCOUNT_ID" => PRODUCTION,
                "STAGING_ACCOUNT_ID" => STAGING,
                "READER_ROLE_NAME" => READER_ROLE,
                "SKYPE_GROUP" => skype.group(),
                other => other,
            };
            Some(value.to_owned())
        });
        let config = config.unwrap().report;
        let mut world = Self {
            aws,
            skype,
            slack,
            files,
            config,
            parameters: Vec::new(),
            mails: String::new(),
        };
        world.publish().await;
        world.mails = world.create_topic().await;
        let slack = world.create_secret(SLACK_SECRET, &world.slack.url(slack::PATH)).await;
        let rotated = world.create_secret(ROTATED_SECRET, "{}").await;
        world.parameters = vec![
            format!("SecretArns={slack}"),
            format!("RotatedSecretArns={rotated}"),
            format!("TopicArns={TOPIC}"),
        ];
        world
    }

    /// Makes the topic, and a queue that has subscribed to it; returns the queue's address.
    async fn create_topic(&self) -> String {
        let topic = ["sns", "create-topic", "--name", "hourly-update"];
        assert_eq!(self.admin(MONITORING, &topic).await["TopicArn"], TOPIC);
        let queue = format!("arn:aws:sqs:{HOME_REGION}:{MONITORING}:mails");
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
        }]});
        let attributes = json!({"Policy": policy.to_string()}).to_string();
        let create = [
            "sqs",
            "create-queue",
            "--queue-name",
            "mails",
            "--attributes",
            &attributes,
        ];
        let created = self.admin(MONITORING, &create).await;
        let subscribe = ["sns", "subscribe", "--topic-arn", TOPIC, "--protocol", "sqs"];
        let endpoint = ["--notification-endpoint", &queue];
        self.admin(MONITORING, &[&subscribe[..], &endpoint[..]].concat()).await;
        created["QueueUrl"].as_str().unwrap().to_owned()
    }

    /// Makes a secret; returns its ARN. From a file: of an address the AWS command line would fetch what is there.
    async fn create_secret(&self, name: &str, value: &str) -> String {
        let path = self.files.path().join("secret.txt");
        fs::write(&path, value).unwrap();
        let value = format!("file://{}", path.display());
        let create = [
            "secretsmanager",
            "create-secret",
            "--name",
            name,
            "--secret-string",
            &value,
        ];
        let created = self.admin(MONITORING, &create).await;
        created["ARN"].as_str().unwrap().to_owned()
    }

    /// What has come to those who subscribe to the topic, ten at most; it stays there.
    pub async fn mails(&self) -> Vec<Value> {
        let receive = ["sqs", "receive-message", "--queue-url", &self.mails];
        let all = ["--max-number-of-messages", "10", "--visibility-timeout", "0"];
        let answer = self.admin(MONITORING, &[&receive[..], &all[..]].concat()).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        let bodies = messages.iter().map(|message| message["Body"].as_str().unwrap());
        bodies.map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// Publishes every metric of the report: the nth has been n since an hour ago, and will be for the next quarter.
    async fn publish(&self) {
        let now = Timestamp::now();
        let metrics = self.config.sections.iter().flat_map(|section| {
            let with_section = move |metric| (section, metric);
            section.metrics.iter().map(with_section)
        });
        for (n, (section, metric)) in (1_u32..).zip(metrics) {
            let Some(Query::Stat(stat)) = Query::of(&*metric.query) else {
                continue;
            };
            let place = Place::of(&*section.place).unwrap();
            let dimensions: Vec<_> = stat.dimensions.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let published = Published {
                namespace: &stat.namespace,
                name: &stat.name,
                dimensions: &dimensions,
                unit: StandardUnit::None,
                points: (-60..15)
                    .map(|n_| (now + Span::new().minutes(n_), f64::from(n)))
                    .collect(),
            };
            let account = Account::new(&self.aws, place.account.id.as_str());
            account.publish(&place.region, &published).await.unwrap();
        }
    }
}

/// The shipped report, which posts to the stand-ins and does not wait long for what is missing.
fn report_for(skype: &SkypeStandIn) -> String {
    let hosts = skype.hosts();
    let hosts = json!({"login": hosts.login, "edge": hosts.edge, "messages": hosts.messages});
    let mut replaced = 0;
    let lines = hourly_update::report::SHIPPED.lines().map(|line| {
        let new = if line.starts_with("retry_delays:") {
            "retry_delays: [1s]".to_owned()
        } else if line.trim_start().starts_with("# hosts:") {
            format!("    hosts: {hosts}")
        } else {
            return line.to_owned();
        };
        replaced += 1;
        new
    });
    let mut report = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(replaced, 2, "{report}");
    for further in [
        json!({"name": "channel", "kind": "slack", "secret": SLACK_SECRET, "allowed_hosts": ["127.0.0.1"]}),
        json!({"name": "mails", "kind": "sns", "topic": TOPIC}),
    ] {
        report += &format!("\n  - {further}");
    }
    report
}
