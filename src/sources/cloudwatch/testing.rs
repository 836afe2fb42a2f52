//! Accounts, and what STS answers, for tests.
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_sdk_sts::{
    operation::assume_role::AssumeRoleOutput,
    primitives::DateTime,
    types::{AssumedRoleUser, Credentials},
};

use super::account::{Role, SourceAccount};
use crate::aws::{ATTEMPTS, names::AccountId};

pub const ROLE_ARN: &str = "arn:aws:iam::222222222222:role/monitoring/hourly-update-reader";
pub const EXTERNAL_ID: &str = "the-external-id";
pub const ROLE_SECRET: &str = "the-secret-key-of-the-role";

/// A source account that is read through a role.
pub fn account() -> Arc<SourceAccount> {
    Arc::new(SourceAccount {
        name: "production".to_owned(),
        id: AccountId::parse("222222222222").unwrap(),
        role: Some(Role {
            arn: ROLE_ARN.to_owned(),
            external_id: Some(EXTERNAL_ID.to_owned()),
        }),
    })
}

/// The same account, if the function runs in it.
pub fn own_account() -> Arc<SourceAccount> {
    Arc::new(SourceAccount {
        role: None,
        ..SourceAccount::clone(&account())
    })
}

/// As many attempts as [`crate::aws::sdk_config`] allows.
pub fn with_attempts_of_sts(config: aws_sdk_sts::config::Builder) -> aws_sdk_sts::config::Builder {
    config.retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
}

/// STS gives credentials of `account`.
pub fn assumed(account: &'static str) -> AssumeRoleOutput {
    AssumeRoleOutput::builder()
        .assumed_role_user(
            AssumedRoleUser::builder()
                .assumed_role_id("AROAEXAMPLE:session")
                .arn(format!(
                    "arn:aws:sts::{account}:assumed-role/hourly-update-reader/session"
                ))
                .build()
                .unwrap(),
        )
        .credentials(
            Credentials::builder()
                .access_key_id("ASIAEXAMPLE")
                .secret_access_key(ROLE_SECRET)
                .session_token("token-of-the-role")
                .expiration(DateTime::from_secs(1_795_356_720))
                .build()
                .unwrap(),
        )
        .build()
}
