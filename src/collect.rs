//! Batches -> series: all accounts at once, asking again only for what can still arrive.

use crate::{plan::Batch, series::Answer};

/// Where metrics are read. Implemented by `aws::cloudwatch`.
pub trait MetricSource: Sync {
    /// Asks for one batch once: assumes the account's role if that has not been done in this run, follows every page,
    /// and returns whatever was received.
    fn read(&self, batch: &Batch) -> impl Future<Output = Answer> + Send;
}
