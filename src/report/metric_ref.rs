//! The position of a metric in its report.

/// A metric of the report, by position. Unique within a run, and the same in every run of the same report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricRef {
    /// Index into the report's sections.
    pub section: usize,
    /// Index into that section's metrics.
    pub metric: usize,
}
