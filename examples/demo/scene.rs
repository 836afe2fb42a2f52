//! What is there before the function runs: accounts with their roles, secrets, and an hour of metrics.

use aws_sdk_cloudwatch::types::StandardUnit;
use jiff::{Span, Timestamp};
use testkit::{
    accounts::{Account, HOME_REGION, LEDGER, Published, Reader, SESSION_SECRET, SKYPE_SECRET, SLACK_SECRET},
    inbox::Inbox,
    local_aws::LocalAws,
    skype::SkypeStandIn,
    slack,
};

const MONITORING: &str = "100000000001";
const PRODUCTION: &str = "111111111111";
const STAGING: &str = "222222222222";
const PARTNER: &str = "333333333333";
const EXTERNAL_ID: &str = "demo-external-id";

const HOSTS: [(&str, &str); 2] = [("LoadBalancer", "app/core/1"), ("TargetGroup", "targetgroup/core/1")];
const API: [(&str, &str); 2] = [("LoadBalancer", "app/core/1"), ("TargetGroup", "targetgroup/api/1")];
const UPLOAD: [(&str, &str); 2] = [("LoadBalancer", "app/core/1"), ("TargetGroup", "targetgroup/upload/1")];

/// The accounts of the demo, and the instant that its update is about.
pub struct Scene<'a> {
    aws: &'a LocalAws,
    as_of: Timestamp,
}

impl<'a> Scene<'a> {
    /// Publishes the hour before `as_of`, but for what comes late or never.
    pub async fn publish(aws: &'a LocalAws, as_of: Timestamp) -> anyhow::Result<Self> {
        let scene = Self { aws, as_of };
        for (account, region, hosts) in [
            (PRODUCTION, "us-east-1", 5.0),
            (PRODUCTION, "eu-west-1", 3.0),
            (STAGING, "us-east-1", 2.0),
            (PARTNER, "eu-west-1", 9.0),
        ] {
            let metric = published(
                "HealthyHostCount",
                &HOSTS,
                StandardUnit::Count,
                scene.minutes(1, |_| hosts),
            );
            Account::new(aws, account).publish(region, &metric).await?;
        }
        for (region, newest, base) in [("us-east-1", 1, 0.118), ("eu-west-1", 5, 0.142)] {
            let points = scene.minutes(newest, |n| base + wave(n));
            let metric = published("TargetResponseTime", &API, StandardUnit::Seconds, points);
            Account::new(aws, PRODUCTION).publish(region, &metric).await?;
        }
        Ok(scene)
    }

    /// Makes the roles and secrets; returns the environment that the function runs in.
    pub async fn prepare(&self, skype: &SkypeStandIn, slack: &Inbox) -> anyhow::Result<Vec<(String, String)>> {
        let monitoring = Account::new(self.aws, MONITORING);
        let role = monitoring.create_function_role(&[PRODUCTION, STAGING, PARTNER]).await?;
        monitoring
            .create_secret(SKYPE_SECRET, Some(&skype.credentials()))
            .await?;
        monitoring.create_secret(SESSION_SECRET, None).await?;
        monitoring.create_ledger().await?;
        monitoring
            .create_secret(SLACK_SECRET, Some(&slack.url(slack::PATH)))
            .await?;
        for (account, external_id) in [
            (PRODUCTION, EXTERNAL_ID),
            (STAGING, EXTERNAL_ID),
            (PARTNER, "another-external-id"),
        ] {
            let reader = Reader {
                monitoring: MONITORING,
                external_id,
                may_read: true,
            };
            Account::new(self.aws, account).create_reader_role(&reader).await?;
        }
        let hosts = skype.hosts();
        let own = [
            (
                "HOURLY_CONFIG",
                concat!(env!("CARGO_MANIFEST_DIR"), "/examples/demo/report.yaml"),
            ),
            ("HOURLY_LEDGER", LEDGER),
            ("EXTERNAL_ID", EXTERNAL_ID),
            ("SKYPE_GROUP", skype.group()),
            ("SKYPE_SECRET", SKYPE_SECRET),
            ("SKYPE_SESSION_SECRET", SESSION_SECRET),
            ("SLACK_SECRET", SLACK_SECRET),
            ("SKYPE_LOGIN", hosts.login.as_str()),
            ("SKYPE_EDGE", hosts.edge.as_str()),
            ("SKYPE_MESSAGES", hosts.messages.as_str()),
        ];
        let mut environment = self.aws.environment(&role, HOME_REGION);
        environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(environment)
    }

    /// Publishes what comes while the function is already waiting for it.
    pub async fn publish_late(&self) -> anyhow::Result<()> {
        let points = self.minutes(1, |n| 0.181 + wave(n));
        let metric = published("TargetResponseTime", &UPLOAD, StandardUnit::Seconds, points);
        Account::new(self.aws, PRODUCTION).publish("us-east-1", &metric).await
    }

    /// A value for each minute of the last hour, but for those after the `newest`th before as of.
    fn minutes(&self, newest: i64, value: impl Fn(i64) -> f64) -> Vec<(Timestamp, f64)> {
        (newest..=60)
            .map(|n| (self.as_of - Span::new().minutes(n), value(n)))
            .collect()
    }
}

fn published<'a>(
    name: &'a str,
    dimensions: &'a [(&'a str, &'a str)],
    unit: StandardUnit,
    points: Vec<(Timestamp, f64)>,
) -> Published<'a> {
    Published {
        namespace: "AWS/ApplicationELB",
        name,
        dimensions,
        unit,
        points,
    }
}

/// A few milliseconds up and down, as latencies do.
fn wave(minute: i64) -> f64 {
    (minute as f64 / 3.0).sin() * 0.004
}
