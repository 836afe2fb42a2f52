//! CloudWatch as it is opened for one run.
//!
//! CloudWatch refuses a request as a whole for one bad expression in it. So that the other metrics arrive, a refused batch
//! is asked for in parts; see `refusals`.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::config::Builder;
use jiff::Timestamp;

use super::{
    config::CloudWatchKind,
    credentials::Accounts,
    reader::{PageError, Reader},
    refusals::Refusals,
};
use crate::{
    metrics::{plan::Batch, series::Answer, source::MetricSource},
    sources::kind::{Clients, SourceKind},
};

impl SourceKind for CloudWatchKind {
    fn open(&self, clients: &Clients<'_>) -> Box<dyn MetricSource> {
        Box::new(CloudWatch::new(clients.sdk, clients.as_of))
    }
}

/// CloudWatch in all source accounts and regions of one run.
pub struct CloudWatch {
    reader: Reader,
    refusals: Refusals,
}

impl CloudWatch {
    /// For the run about `as_of`. A new one for each run: it keeps the credentials that it assumes.
    pub fn new(sdk: &SdkConfig, as_of: Timestamp) -> Self {
        Self::with(aws_sdk_sts::Client::new(sdk), Builder::from(sdk), as_of)
    }

    /// `config` lacks what differs from batch to batch: region and credentials.
    fn with(sts: aws_sdk_sts::Client, config: Builder, as_of: Timestamp) -> Self {
        Self {
            reader: Reader::new(Accounts::new(sts, as_of), config),
            refusals: Refusals::default(),
        }
    }
}

#[async_trait]
impl MetricSource for CloudWatch {
    /// Assumes the account's role if that has not been done in this run, and follows every page.
    async fn read(&self, batch: &Batch) -> Answer {
        let mut answer = Answer::default();
        let Some(accepted) = self.refusals.leave_out(batch, &mut answer) else {
            return answer;
        };
        answer.stopped = match self.reader.read(&accepted, |_| true, &mut answer).await {
            Ok(()) => None,
            Err(PageError {
                error,
                refusal: Some(text),
            }) => {
                let apart = self
                    .refusals
                    .read_apart(&self.reader, &accepted, error, &text, &mut answer);
                apart.await.err()
            }
            Err(PageError { error, .. }) => Some(error),
        };
        answer
    }
}

#[cfg(test)]
mod tests;
