//! Evidence -> the readings of a run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{judge::View, model::Reading};
use crate::{
    metrics::series::Evidence,
    report::{Config, MetricRef},
};

/// The readings of all metrics that there is evidence of, in the order of the report.
pub fn read(config: &Config, as_of: Timestamp, evidence: &BTreeMap<MetricRef, Evidence>) -> Vec<Reading> {
    let nothing = Evidence::default();
    let readings = evidence.iter().map(|(place, known)| {
        let section = &config.sections[place.section];
        let of = |metric| evidence.get(&MetricRef { metric, ..*place }).unwrap_or(&nothing);
        let metric = &section.metrics[place.metric];
        let liveness = metric.liveness.as_deref().and_then(|id| section.position(id));
        let inputs = section.inputs(place.metric).into_iter();
        let view = View {
            source: section.place.source().name(),
            metric,
            as_of,
            evidence: known,
            liveness: liveness.map(of),
            inputs: inputs.filter(|input| Some(*input) != liveness).map(of).collect(),
        };
        view.reading(*place)
    });
    readings.collect()
}
