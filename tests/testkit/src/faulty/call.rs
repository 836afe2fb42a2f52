//! The outgoing calls of a run.

use std::fmt;

use axum::http::HeaderMap;

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    Sts,
    CloudWatch,
    SecretsManager,
    DynamoDb,
    Login,
    Edge,
    /// The cloud that Skype is asked in first.
    Gateway,
    /// The cloud that the bot turns out to belong to.
    OtherGateway,
}

impl Service {
    pub const AWS: [Self; 4] = [Self::Sts, Self::CloudWatch, Self::SecretsManager, Self::DynamoDb];

    pub fn is_aws(self) -> bool {
        Self::AWS.contains(&self)
    }
}

/// What it is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    AssumeRole,
    GetMetricData,
    GetCredentials,
    GetSession,
    PutSession,
    Claim,
    Record,
    SignIn,
    Exchange,
    Register,
    RegisterElsewhere,
    Post,
}

impl Call {
    /// In the order of a run.
    pub const ALL: [Self; 12] = [
        Self::AssumeRole,
        Self::GetMetricData,
        Self::GetCredentials,
        Self::GetSession,
        Self::SignIn,
        Self::Exchange,
        Self::Register,
        Self::RegisterElsewhere,
        Self::PutSession,
        Self::Claim,
        Self::Post,
        Self::Record,
    ];

    pub fn of(service: Service, path: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let target = headers.get("x-amz-target").map_or("", |it| it.to_str().unwrap());
        let has = |text: &str| body.windows(text.len()).any(|window| window == text.as_bytes());
        match service {
            Service::Sts if has("Action=AssumeRole") => Self::AssumeRole,
            Service::CloudWatch if path.ends_with("/operation/GetMetricData") => Self::GetMetricData,
            Service::SecretsManager if target == "secretsmanager.PutSecretValue" => Self::PutSession,
            Service::SecretsManager if has("session") => Self::GetSession,
            Service::SecretsManager => Self::GetCredentials,
            // Both are updates; only a claim depends on what has been posted.
            Service::DynamoDb if has("attribute_not_exists(posted)") => Self::Claim,
            Service::DynamoDb if target == "DynamoDB_20120810.UpdateItem" => Self::Record,
            Service::Login => Self::SignIn,
            Service::Edge => Self::Exchange,
            Service::Gateway if path.ends_with("/endpoints") => Self::Register,
            Service::OtherGateway if path.ends_with("/endpoints") => Self::RegisterElsewhere,
            Service::Gateway | Service::OtherGateway if path.ends_with("/messages") => Self::Post,
            _ => panic!("an unknown call of {service:?}: {path} {target}"),
        }
    }

    pub fn service(self) -> Service {
        match self {
            Self::AssumeRole => Service::Sts,
            Self::GetMetricData => Service::CloudWatch,
            Self::GetCredentials | Self::GetSession | Self::PutSession => Service::SecretsManager,
            Self::Claim | Self::Record => Service::DynamoDb,
            Self::SignIn => Service::Login,
            Self::Exchange => Service::Edge,
            Self::Register => Service::Gateway,
            Self::RegisterElsewhere | Self::Post => Service::OtherGateway,
        }
    }

    /// How many calls its service has answered before it in a run without faults.
    pub fn calls_before(self) -> usize {
        match self {
            Self::PutSession => 2,
            Self::Record | Self::Post => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AssumeRole => "STS AssumeRole",
            Self::GetMetricData => "CloudWatch GetMetricData",
            Self::GetCredentials => "Secrets Manager: get the credentials",
            Self::GetSession => "Secrets Manager: get the session",
            Self::PutSession => "Secrets Manager: put the session",
            Self::Claim => "DynamoDB: claim the message",
            Self::Record => "DynamoDB: record the outcome",
            Self::SignIn => "Skype: sign in",
            Self::Exchange => "Skype: exchange the ticket",
            Self::Register => "Skype: register",
            Self::RegisterElsewhere => "Skype: register, after being moved to another cloud",
            Self::Post => "Skype: post",
        })
    }
}
