//! With which credentials a source account is read: assumed explicitly and checked before the first query, once per
//! account and run.
//!
//! Explicitly, because a role that may not be assumed looks like a transport failure when the refusal comes up inside a
//! CloudWatch call. Checked, because numbers of the wrong account look as good as those of the right one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_sts::{Client, config::Credentials, operation::RequestId};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jiff::Timestamp;

use super::account::{Role, SourceAccount};
use crate::{
    aws::{failure::Failure, names::AccountId},
    metrics::series::{ErrorKind, ReadError},
};

/// A second fence: even a role that may do more gives credentials that read metrics and nothing else.
const SESSION_POLICY: &str = concat!(
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","#,
    r#""Action":["cloudwatch:GetMetricData","cloudwatch:ListMetrics"],"Resource":"*"}]}"#,
);

/// How long assumed credentials live, in seconds: the shortest that STS offers, and many times longer than a run.
const SESSION_SECONDS: i32 = 900;

/// With which credentials an account is read.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// The function's own, which turned out to belong to the account.
    Own,
    /// The credentials of its role.
    Assumed(Credentials),
}

/// Asking STS for one account, shared by all that wait for the answer.
type Attempt = Shared<BoxFuture<'static, Result<Identity, ReadError>>>;

/// The source accounts of one run.
pub(crate) struct Accounts {
    sts: Client,
    session: String,
    /// A handful at most, so a list does. Attempts that failed are taken out again.
    attempts: Mutex<Vec<(Arc<SourceAccount>, Attempt)>>,
}

impl Accounts {
    /// The accounts of the run about `as_of`, which names the sessions: `hourly-update-20261122T1357Z` is what the
    /// source accounts' CloudTrail shows.
    pub fn new(sts: Client, as_of: Timestamp) -> Self {
        Self {
            sts,
            session: as_of.strftime("hourly-update-%Y%m%dT%H%MZ").to_string(),
            attempts: Mutex::default(),
        }
    }

    /// The credentials for `account`. Whoever asks while STS is being asked gets the same answer; a failure is not
    /// kept, so the next one to ask tries again.
    pub async fn identity(&self, account: &Arc<SourceAccount>) -> Result<Identity, ReadError> {
        let attempt = self.attempt(account);
        let result = attempt.clone().await;
        if result.is_err() {
            self.lock().retain(|(_, kept)| !kept.ptr_eq(&attempt));
        }
        result
    }

    /// Drops the credentials for `account`: they have stopped working.
    pub fn forget(&self, account: &SourceAccount) {
        self.lock().retain(|(known, _)| !same(known, account));
    }

    fn attempt(&self, account: &Arc<SourceAccount>) -> Attempt {
        let mut attempts = self.lock();
        if let Some((_, attempt)) = attempts.iter().find(|(known, _)| same(known, account)) {
            return attempt.clone();
        }
        let ask = ask(self.sts.clone(), Arc::clone(account), self.session.clone());
        let attempt = ask.boxed().shared();
        attempts.push((Arc::clone(account), attempt.clone()));
        attempt
    }

    /// Nothing that can panic happens while it is held.
    fn lock(&self) -> MutexGuard<'_, Vec<(Arc<SourceAccount>, Attempt)>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whatever report.yaml calls them.
fn same(one: &SourceAccount, other: &SourceAccount) -> bool {
    one.id == other.id && one.role == other.role
}

async fn ask(sts: Client, account: Arc<SourceAccount>, session: String) -> Result<Identity, ReadError> {
    let result = match &account.role {
        Some(role) => assume(&sts, &account.id, role, session).await,
        None => own(&sts, &account.id).await,
    };
    if let Err(error) = &result {
        tracing::warn!(account = %account.id, kind = ?error.kind, detail = error.detail, "no credentials for an account");
    }
    result
}

/// Assumes `role`. The service's words are left out of what is told: they may repeat the external id.
async fn assume(sts: &Client, account: &AccountId, role: &Role, session: String) -> Result<Identity, ReadError> {
    let name = role.arn.rsplit('/').next().unwrap_or(&role.arn);
    let request = sts
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name(session)
        .set_external_id(role.external_id.clone())
        .duration_seconds(SESSION_SECONDS)
        .policy(SESSION_POLICY);
    let answer = request.send().await.map_err(|error| {
        let failure = Failure::of(&error);
        tracing::debug!(
            code = failure.what,
            request_id = error.request_id(),
            "AssumeRole failed"
        );
        let verb = if failure.kind == ErrorKind::Denied {
            "may"
        } else {
            "could"
        };
        read_error(failure, |what| {
            format!("role {name} of account {account} {verb} not be assumed ({what})")
        })
    })?;

    let arn = answer.assumed_role_user().map(|user| user.arn());
    belongs_to(account, arn.and_then(account_of_arn), || {
        format!("role {name} gave credentials")
    })?;
    let credentials = answer.credentials().ok_or_else(|| ReadError {
        kind: ErrorKind::Unavailable,
        detail: format!("role {name} of account {account}: STS answered without credentials"),
    })?;
    Ok(Identity::Assumed(Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        Some(credentials.session_token().to_owned()),
        (*credentials.expiration()).try_into().ok(),
        "AssumeRole",
    )))
}

/// Asks whose credentials the function runs with. That needs no permission.
async fn own(sts: &Client, account: &AccountId) -> Result<Identity, ReadError> {
    let answer = sts.get_caller_identity().send().await.map_err(|error| {
        let failure = Failure::of(&error);
        tracing::debug!(
            code = failure.what,
            request_id = error.request_id(),
            "GetCallerIdentity failed"
        );
        read_error(failure, |what| {
            format!("whose credentials the function runs with could not be told ({what})")
        })
    })?;
    belongs_to(account, answer.account(), || {
        "the function runs with credentials".to_owned()
    })?;
    Ok(Identity::Own)
}

fn read_error(failure: Failure, otherwise: impl FnOnce(String) -> String) -> ReadError {
    ReadError {
        kind: failure.kind,
        detail: if failure.bad_credentials {
            format!(
                "the credentials that the function runs with do not work ({})",
                failure.what
            )
        } else {
            otherwise(failure.what)
        },
    }
}

/// Refuses credentials that do not belong to the configured account.
fn belongs_to(account: &AccountId, found: Option<&str>, what: impl FnOnce() -> String) -> Result<(), ReadError> {
    if found == Some(account.as_str()) {
        return Ok(());
    }
    let found = found.map_or_else(
        || "an account that STS does not name".to_owned(),
        |id| format!("account {id}"),
    );
    Err(ReadError {
        kind: ErrorKind::WrongAccount,
        detail: format!("{} of {found}, not of account {account}", what()),
    })
}

/// The account in `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
fn account_of_arn(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

#[cfg(test)]
mod tests;
