//! The trait of what metrics are read with.

use async_trait::async_trait;

use super::{plan::Batch, series::Answer};

/// An opened source, or all of them.
#[async_trait]
pub trait MetricSource: Send + Sync {
    /// Asks for one batch once, and returns whatever was received.
    async fn read(&self, batch: &Batch) -> Answer;
}
