//! The trait of a registered source.

use jiff::Timestamp;

use crate::{aws::SdkConfig, metrics::source::MetricSource, report::source::Source};

/// The clients that sources share, for one run.
pub struct Clients<'a> {
    /// For AWS: region, credentials and endpoint of the function itself.
    pub sdk: &'a SdkConfig,
    /// For everything else.
    pub http: &'a reqwest::Client,
    /// The instant that the run is about.
    pub as_of: Timestamp,
}

/// A source that can be opened.
pub trait SourceKind: Source {
    /// Opens it for one run. Nothing is sent yet.
    fn open(&self, clients: &Clients<'_>) -> Box<dyn MetricSource>;
}
