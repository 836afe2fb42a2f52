//! What the demo and the tests put into a [`LocalAws`]: roles, secrets and metrics, account by account.

use std::time::Duration;

use anyhow::{Context, bail};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus};
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit},
};
use aws_sdk_sts::config::Credentials;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::sleep;

use super::local_aws::LocalAws;

/// The role that the function runs under, in the monitoring account.
pub const FUNCTION_ROLE: &str = "hourly-update";
/// The role that it assumes, in each source account.
pub const READER_ROLE: &str = "hourly-update-reader";
/// The secret with the Skype user's name and password.
pub const SKYPE_SECRET: &str = "hourly-update/skype";
/// The secret that the Skype session is kept in.
pub const SESSION_SECRET: &str = "hourly-update/skype-session";
/// Where the address of a channel's webhook is kept.
pub const SLACK_SECRET: &str = "hourly-update/slack";
/// The table in which the function keeps what it has posted.
pub const LEDGER: &str = "hourly-update-ledger";
/// The region that the function, its secrets and all roles' stacks are in.
pub const HOME_REGION: &str = "us-east-1";

const READER_TEMPLATE: &str = include_str!("../../../deploy/reader-role.yaml");

/// An AWS account, set up by its root user.
pub struct Account<'a> {
    aws: &'a LocalAws,
    id: &'a str,
}

/// Who may assume a reader role, and what it may then do.
pub struct Reader<'a> {
    /// The account whose [`FUNCTION_ROLE`] is trusted.
    pub monitoring: &'a str,
    /// The external id that the trust policy asks for.
    pub external_id: &'a str,
    /// Whether its policy allows to read metrics; a role without that can be assumed, but is of no use.
    pub may_read: bool,
}

/// The datapoints of one metric, as an AWS service would publish them.
pub struct Published<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub dimensions: &'a [(&'a str, &'a str)],
    pub unit: StandardUnit,
    pub points: Vec<(Timestamp, f64)>,
}

impl<'a> Reader<'a> {
    /// A role that may read metrics.
    pub fn new(monitoring: &'a str, external_id: &'a str) -> Self {
        Self {
            monitoring,
            external_id,
            may_read: true,
        }
    }
}

impl Published<'static> {
    /// Healthy hosts behind a load balancer: the same number in each of so many minutes before a time.
    pub fn healthy_hosts(before: Timestamp, minutes: i64, number: f64) -> Self {
        Self {
            namespace: "AWS/ApplicationELB",
            name: "HealthyHostCount",
            dimensions: &[("LoadBalancer", "app/core/1")],
            unit: StandardUnit::Count,
            points: (1..=minutes)
                .map(|n| (before - SignedDuration::from_mins(n), number))
                .collect(),
        }
    }
}

impl<'a> Account<'a> {
    /// The account with these twelve digits.
    pub fn new(aws: &'a LocalAws, id: &'a str) -> Self {
        Self { aws, id }
    }

    /// Makes [`FUNCTION_ROLE`], with the permissions that `template.yaml` gives it: it may assume [`READER_ROLE`] in
    /// the `sources`, read both Skype secrets and write the session's, and change the ledger's items. Returns
    /// credentials under it, as Lambda would hand them to the function.
    pub async fn create_function_role(&self, sources: &[&str]) -> anyhow::Result<Credentials> {
        let readers: Vec<_> = sources.iter().map(|id| reader_arn(id)).collect();
        let secret = |name| format!("arn:aws:secretsmanager:{HOME_REGION}:{}:secret:{name}-??????", self.id);
        let ledger = format!("arn:aws:dynamodb:{HOME_REGION}:{}:table/{LEDGER}", self.id);
        let template = json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": FUNCTION_ROLE,
            // The root user plays Lambda's part.
            "AssumeRolePolicyDocument": policy(json!([{
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com", "AWS": format!("arn:aws:iam::{}:root", self.id)},
                "Action": "sts:AssumeRole",
            }])),
            "Policies": [{"PolicyName": FUNCTION_ROLE, "PolicyDocument": policy(json!([
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": readers},
                {
                    "Effect": "Allow",
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": [secret(SKYPE_SECRET), secret(SESSION_SECRET), secret(SLACK_SECRET)],
                },
                {"Effect": "Allow", "Action": "secretsmanager:PutSecretValue", "Resource": secret(SESSION_SECRET)},
                {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": ledger},
            ]))}],
        }}}});
        self.deploy(FUNCTION_ROLE, &template.to_string(), &[]).await?;
        self.assume(&format!("arn:aws:iam::{}:role/{FUNCTION_ROLE}", self.id))
            .await
    }

    /// Makes [`READER_ROLE`] from the template that source accounts deploy, and returns its ARN.
    pub async fn create_reader_role(&self, reader: &Reader<'_>) -> anyhow::Result<String> {
        let template = if reader.may_read {
            READER_TEMPLATE.to_owned()
        } else {
            READER_TEMPLATE.replace("cloudwatch:GetMetricData", "cloudwatch:ListMetrics")
        };
        let parameters = [
            ("MonitoringAccountId", reader.monitoring),
            ("FunctionRoleName", FUNCTION_ROLE),
            ("ReaderRoleName", READER_ROLE),
            ("ExternalId", reader.external_id),
        ];
        self.deploy(READER_ROLE, &template, &parameters).await?;
        Ok(reader_arn(self.id))
    }

    /// Makes a secret in [`HOME_REGION`], with or, as a new stack does, without a value.
    pub async fn create_secret(&self, name: &str, value: Option<&str>) -> anyhow::Result<()> {
        let client = aws_sdk_secretsmanager::Client::new(&self.config(HOME_REGION));
        client
            .create_secret()
            .name(name)
            .set_secret_string(value.map(str::to_owned))
            .send()
            .await
            .with_context(|| format!("cannot create the secret {name}"))?;
        Ok(())
    }

    /// Makes the [`LEDGER`] in [`HOME_REGION`].
    pub async fn create_ledger(&self) -> anyhow::Result<()> {
        let template = json!({"Resources": {"Ledger": {"Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": LEDGER,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "message", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "message", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true},
        }}}});
        self.deploy(LEDGER, &template.to_string(), &[]).await
    }

    /// Publishes a metric.
    pub async fn publish(&self, region: &str, metric: &Published<'_>) -> anyhow::Result<()> {
        let dimensions: Vec<_> = metric
            .dimensions
            .iter()
            .map(|(name, value)| Dimension::builder().name(*name).value(*value).build())
            .collect();
        let data = metric.points.iter().map(|(time, value)| {
            MetricDatum::builder()
                .metric_name(metric.name)
                .set_dimensions(Some(dimensions.clone()))
                .unit(metric.unit.clone())
                .timestamp(DateTime::from_secs(time.as_second()))
                .value(*value)
                .build()
        });
        // The local AWS does not unpack requests.
        let config = self
            .config(region)
            .into_builder()
            .disable_request_compression(true)
            .build();
        aws_sdk_cloudwatch::Client::new(&config)
            .put_metric_data()
            .namespace(metric.namespace)
            .set_metric_data(Some(data.collect()))
            .send()
            .await
            .with_context(|| format!("cannot publish {} in {} {region}", metric.name, self.id))?;
        Ok(())
    }

    /// Assumes a role of this account as its root user.
    async fn assume(&self, role: &str) -> anyhow::Result<Credentials> {
        let answer = aws_sdk_sts::Client::new(&self.config(HOME_REGION))
            .assume_role()
            .role_arn(role)
            .role_session_name("local-lambda")
            .send()
            .await
            .with_context(|| format!("cannot assume {role}"))?;
        let keys = answer.credentials().context("AssumeRole gave no credentials")?;
        let token = Some(keys.session_token().to_owned());
        Ok(Credentials::new(
            keys.access_key_id(),
            keys.secret_access_key(),
            token,
            None,
            "local role",
        ))
    }

    /// Creates a stack from a CloudFormation template, and waits until it is complete.
    pub async fn deploy(&self, stack: &str, template: &str, parameters: &[(&str, &str)]) -> anyhow::Result<()> {
        let client = aws_sdk_cloudformation::Client::new(&self.config(HOME_REGION));
        let parameters = parameters
            .iter()
            .map(|(key, value)| Parameter::builder().parameter_key(*key).parameter_value(*value).build());
        client
            .create_stack()
            .stack_name(stack)
            .template_body(template)
            .set_parameters(Some(parameters.collect()))
            .capabilities(Capability::CapabilityNamedIam)
            .send()
            .await
            .with_context(|| format!("cannot create the stack {stack} in {}", self.id))?;
        loop {
            let answer = client.describe_stacks().stack_name(stack).send().await?;
            let described = answer.stacks().first().context("the new stack is not described")?;
            match described.stack_status() {
                Some(StackStatus::CreateComplete) => return Ok(()),
                Some(StackStatus::CreateInProgress) => sleep(Duration::from_millis(20)).await,
                other => bail!(
                    "the stack {stack} in {}: {other:?} {:?}",
                    self.id,
                    described.stack_status_reason()
                ),
            }
        }
    }

    fn config(&self, region: &str) -> SdkConfig {
        self.aws.sdk_config(self.aws.root_of(self.id), region)
    }
}

/// The ARN of an account's [`READER_ROLE`].
pub fn reader_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/{READER_ROLE}")
}

fn policy(statements: serde_json::Value) -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}
