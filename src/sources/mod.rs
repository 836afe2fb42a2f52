//! The systems that metrics are read from, and the registry of them.

pub mod cloudwatch;
pub mod kind;

use async_trait::async_trait;

use self::kind::{Clients, SourceKind};
use crate::{
    metrics::{
        plan::Batch,
        series::{Answer, ErrorKind, ReadError},
        source::MetricSource,
    },
    report::source::Source,
};

/// Every source. A section whose keys show none belongs to the first one.
pub const SOURCES: &[&dyn SourceKind] = &[&cloudwatch::config::CloudWatchKind];

/// Every source, for the reader of report.yaml.
pub fn readers() -> Vec<&'static dyn Source> {
    SOURCES.iter().map(|kind| *kind as &dyn Source).collect()
}

/// All sources, opened for one run.
pub struct Sources(Vec<(&'static str, Box<dyn MetricSource>)>);

impl Sources {
    /// Opens every source. Nothing is sent yet.
    pub fn open(clients: &Clients<'_>) -> Self {
        Self(SOURCES.iter().map(|kind| (kind.name(), kind.open(clients))).collect())
    }
}

#[async_trait]
impl MetricSource for Sources {
    async fn read(&self, batch: &Batch) -> Answer {
        let name = batch.place.source().name();
        match self.0.iter().find(|(known, _)| *known == name) {
            Some((_, source)) => source.read(batch).await,
            None => Answer {
                stopped: Some(ReadError {
                    kind: ErrorKind::Invalid,
                    detail: format!("{name} is no registered source"),
                }),
                ..Answer::default()
            },
        }
    }
}
