//! Secrets Manager: where the chat's credentials and its session are kept, in the function's own account and region.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use secrecy::{ExposeSecret, SecretString};

use super::{failure::Failure, ledger::PostedTable};
use crate::{
    delivery::{
        outcome::Side,
        secrets::{Renewal, Renewals, Secret, SecretError, Secrets},
    },
    metrics::series::ErrorKind,
};

/// The secrets of the function's own account.
pub struct SecretsManager {
    client: Client,
    ledger: Option<PostedTable>,
}

impl SecretsManager {
    /// The secrets in the region of `sdk`; an ARN of another region is refused by the service.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self::with(Client::new(sdk))
    }

    pub(super) fn with(client: Client) -> Self {
        Self { client, ledger: None }
    }

    /// A client that claims the renewal of a secret in the ledger, if there is one.
    #[must_use]
    pub fn with_ledger(self, ledger: Option<PostedTable>) -> Self {
        Self { ledger, ..self }
    }
}

#[async_trait::async_trait]
impl Secrets for SecretsManager {
    async fn get(&self, id: &str) -> Result<Option<Secret>, SecretError> {
        let answer = match self.client.get_secret_value().secret_id(id).send().await {
            Ok(answer) => answer,
            // Said of a secret that does not exist as well as of one without a value.
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            Err(error) => return Err(refused(id, "read", &error)),
        };
        let version = answer.version_id;
        let bytes = || answer.secret_binary.map(|blob| String::from_utf8(blob.into_inner()));
        match answer.secret_string.map(Ok).or_else(bytes) {
            Some(Ok(text)) => Ok(Some(Secret {
                text: text.into(),
                version,
            })),
            // The error would show the bytes.
            Some(Err(_)) => Err(SecretError {
                whose_move: Side::Operator,
                text: "it is binary and not UTF-8 text".into(),
            }),
            None => Ok(None),
        }
    }

    async fn put(&self, id: &str, value: SecretString, version: Option<&str>) -> Result<(), SecretError> {
        let request = self
            .client
            .put_secret_value()
            .secret_id(id)
            .secret_string(value.expose_secret())
            // it becomes the version's id
            .set_client_request_token(version.map(str::to_owned));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(id, "written", &error)),
        }
    }
}

#[async_trait::async_trait]
impl Renewals for SecretsManager {
    async fn claim_renewal(&self, secret: &str, lease: Duration) -> Renewal {
        match &self.ledger {
            Some(ledger) => ledger.claim_renewal(secret, lease).await,
            None => Renewal::OutOfReach("there is no ledger".into()),
        }
    }

    async fn end_renewal(&self, secret: &str) {
        if let Some(ledger) = &self.ledger {
            ledger.end_renewal(secret).await;
        }
    }
}

/// The service's words are left out: those about a bad request repeat what was sent.
fn refused<E>(id: &str, done: &str, error: &SdkError<E, HttpResponse>) -> SecretError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let failure = Failure::of(error);
    tracing::warn!(
        secret = id,
        code = failure.what,
        request_id = error.request_id(),
        "a secret could not be {done}"
    );
    let what = failure.what;
    let (whose_move, why) = match failure.kind {
        _ if failure.bad_credentials => (
            Side::Operator,
            "the credentials that the function runs with do not work",
        ),
        ErrorKind::Denied | ErrorKind::WrongAccount => (Side::Operator, "access is denied"),
        // A bad name, a secret marked for deletion, a key that cannot decrypt it: none of them passes by itself.
        ErrorKind::Invalid => (Side::Operator, "the request is refused"),
        ErrorKind::Throttled | ErrorKind::Unavailable => (Side::Service, "the store of secrets is unavailable"),
    };
    let text = format!("{why} ({what})");
    SecretError { whose_move, text }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::{
        operation::{get_secret_value::GetSecretValueOutput, put_secret_value::PutSecretValueOutput},
        primitives::Blob,
    };
    use aws_smithy_mocks::{Rule, mock, mock_client};

    use super::*;

    const ID: &str = "hourly-update/skype";

    fn secrets(rule: &Rule) -> SecretsManager {
        SecretsManager::with(mock_client!(aws_sdk_secretsmanager, [rule]))
    }

    async fn get(rule: Rule) -> Result<Option<String>, SecretError> {
        let secret = secrets(&rule).get(ID).await?;
        Ok(secret.map(|secret| secret.text.expose_secret().to_owned()))
    }

    fn refusal(status: u16, code: &str) -> (u16, Option<String>) {
        (
            status,
            Some(format!(r#"{{"__type":"{code}","message":"about hunter2"}}"#)),
        )
    }

    #[tokio::test]
    async fn text_and_bytes_are_read() {
        let text = mock!(Client::get_secret_value)
            .match_requests(|request| request.secret_id() == Some(ID) && request.version_stage().is_none())
            .then_output(|| GetSecretValueOutput::builder().secret_string("hunter2").build());
        assert_eq!(get(text).await, Ok(Some("hunter2".to_owned())));
        let bytes = mock!(Client::get_secret_value).then_output(|| {
            GetSecretValueOutput::builder()
                .secret_binary(Blob::new("hunter2"))
                .build()
        });
        assert_eq!(get(bytes).await, Ok(Some("hunter2".to_owned())));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_the_operators_move() {
        let rule = mock!(Client::get_secret_value).then_output(|| {
            GetSecretValueOutput::builder()
                .secret_binary(Blob::new([0xff, 0xfe]))
                .build()
        });
        let error = get(rule).await.unwrap_err();
        assert_eq!(error.whose_move, Side::Operator);
        assert_eq!(error.text, "it is binary and not UTF-8 text");
    }

    #[tokio::test]
    async fn no_secret_and_no_value_are_the_same() {
        let (status, body) = refusal(400, "ResourceNotFoundException");
        assert_eq!(
            get(mock!(Client::get_secret_value)
                .sequence()
                .http_status(status, body)
                .build())
            .await,
            Ok(None)
        );
        let rule = mock!(Client::get_secret_value).then_output(|| GetSecretValueOutput::builder().build());
        assert_eq!(get(rule).await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_say_whose_move_it_is() {
        let table = [
            (400, "AccessDeniedException", Side::Operator, "access is denied"),
            (400, "InvalidRequestException", Side::Operator, "the request is refused"),
            (400, "DecryptionFailure", Side::Operator, "the request is refused"),
            (
                400,
                "ThrottlingException",
                Side::Service,
                "the store of secrets is unavailable",
            ),
            (
                500,
                "InternalServiceError",
                Side::Service,
                "the store of secrets is unavailable",
            ),
        ];
        for (status, code, whose_move, why) in table {
            let (status, body) = refusal(status, code);
            let rule = mock!(Client::get_secret_value)
                .sequence()
                .http_status(status, body)
                .times(3)
                .build();
            let error = get(rule).await.unwrap_err();
            let text = format!("{why} ({code})");
            assert_eq!(error, SecretError { whose_move, text });
        }
    }

    #[tokio::test]
    async fn a_value_is_put_as_text() {
        let rule = mock!(Client::put_secret_value)
            .match_requests(|request| request.secret_id() == Some(ID) && request.secret_string() == Some("session"))
            .then_output(|| PutSecretValueOutput::builder().build());
        assert_eq!(secrets(&rule).put(ID, "session".to_owned().into(), None).await, Ok(()));
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_value_has_a_version_that_may_be_chosen() {
        let rule = mock!(Client::get_secret_value).then_output(|| {
            GetSecretValueOutput::builder()
                .secret_string("a")
                .version_id("v1")
                .build()
        });
        let secret = secrets(&rule).get(ID).await.unwrap().unwrap();
        assert_eq!(secret.version.as_deref(), Some("v1"));
        let chosen = "00000000000000000000000000000001";
        let rule = mock!(Client::put_secret_value)
            .match_requests(move |request| request.client_request_token() == Some(chosen))
            .then_output(|| PutSecretValueOutput::builder().build());
        assert_eq!(
            secrets(&rule).put(ID, "a".to_owned().into(), Some(chosen)).await,
            Ok(())
        );
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn putting_into_no_secret_is_an_error() {
        let (status, body) = refusal(400, "ResourceNotFoundException");
        let rule = mock!(Client::put_secret_value)
            .sequence()
            .http_status(status, body)
            .build();
        let error = secrets(&rule)
            .put(ID, "session".to_owned().into(), None)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the request is refused (ResourceNotFoundException)");
        assert_eq!(error.whose_move, Side::Operator);
    }
}
