//! Report and as of -> what to ask each place for, in as few batches as it takes.
//!
//! One wide window is asked for instead of a growing one: an answer for an hour contains every answer for a part of it,
//! and a source may charge by metric, not by datapoint. Which bucket is shown is decided later, by `reading`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    clock::earlier,
    report::{
        Config, Metric, MetricRef, Period, Section, UnknownName,
        source::{Opaque, Place, Query},
    },
};

/// How much is read besides what a reading needs: enough to tell what a metric last was.
const HISTORY: Duration = Duration::from_secs(3600);

/// All that one run asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The instant that the update is about.
    pub as_of: Timestamp,
    /// One for each place, or as many as its source needs.
    pub batches: Vec<Batch>,
}

/// The metrics that are asked for at once in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Where the metrics are.
    pub place: Opaque<dyn Place>,
    /// The first instant: on the grid of every period in the batch.
    pub start: Timestamp,
    /// The first instant after the window: as of.
    pub end: Timestamp,
    /// As many as the source takes at once; an expression is always together with its inputs.
    pub queries: Vec<BatchQuery>,
}

/// One metric of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchQuery {
    /// The metric that it maps back to.
    pub metric: MetricRef,
    /// The query of its source.
    pub query: Opaque<dyn Query>,
    /// The metrics that the query refers to, by the ids that it uses.
    pub inputs: BTreeMap<String, MetricRef>,
    /// The length of the buckets.
    pub period: Period,
    /// The metric that shows whether this one could have had datapoints.
    pub liveness: Option<MetricRef>,
    /// The metric's name, for people.
    pub label: String,
}

impl Plan {
    /// The plan for the sections with these titles (all, if `None`).
    ///
    /// # Errors
    /// [`UnknownName`] for a title that the config does not have.
    pub fn new(config: &Config, as_of: Timestamp, only: Option<&[String]>) -> Result<Self, UnknownName> {
        let mut targets: Vec<Target<'_>> = Vec::new();
        for index in shown_sections(config, only)? {
            let section = &config.sections[index];
            let groups = inseparable(index, section);
            match targets.iter_mut().find(|target| *target.place == section.place) {
                Some(target) => target.groups.extend(groups),
                None => targets.push(Target {
                    place: &section.place,
                    groups,
                }),
            }
        }
        let batches = targets
            .into_iter()
            .flat_map(|target| target.batches(config, as_of))
            .collect();
        Ok(Self { as_of, batches })
    }
}

/// All that is read in one place.
struct Target<'a> {
    place: &'a Opaque<dyn Place>,
    groups: Vec<Vec<MetricRef>>,
}

impl Target<'_> {
    fn batches(self, config: &Config, as_of: Timestamp) -> Vec<Batch> {
        let batches = self.place.source().batches(self.groups);
        batches
            .iter()
            .map(|metrics| Batch::new(config, as_of, self.place, metrics))
            .collect()
    }
}

/// The positions of the sections to show, in the order of the config.
fn shown_sections(config: &Config, only: Option<&[String]>) -> Result<Vec<usize>, UnknownName> {
    let Some(only) = only else {
        return Ok((0..config.sections.len()).collect());
    };
    UnknownName::check("section", only, config.sections.iter().map(|section| &section.title))?;
    let wanted = |index: &usize| only.contains(&config.sections[*index].title);
    Ok((0..config.sections.len()).filter(wanted).collect())
}

impl Batch {
    fn new(config: &Config, as_of: Timestamp, place: &Opaque<dyn Place>, metrics: &[MetricRef]) -> Self {
        let section = |metric: &MetricRef| &config.sections[metric.section];
        let of = |metric: &MetricRef| &section(metric).metrics[metric.metric];
        let longest = metrics.iter().map(|m| reach(of(m))).max().unwrap_or_default();
        Self {
            place: place.clone(),
            start: Period::HOUR.floor(earlier(as_of, HISTORY + longest)),
            end: as_of,
            queries: metrics
                .iter()
                .map(|metric| {
                    let partner = |id: &str| {
                        let metric = MetricRef {
                            metric: section(metric).position(id)?,
                            ..*metric
                        };
                        Some(metric)
                    };
                    let ids = of(metric).query.ids().into_iter();
                    BatchQuery {
                        metric: *metric,
                        query: of(metric).query.clone(),
                        inputs: ids.filter_map(|id| Some((id.to_owned(), partner(id)?))).collect(),
                        period: of(metric).period,
                        liveness: of(metric).liveness.as_deref().and_then(partner),
                        label: of(metric).label.clone(),
                    }
                })
                .collect(),
        }
    }

    /// A batch with some of its metrics, and what each of them needs: an expression its inputs, and any metric the one
    /// that shows whether it could have had datapoints, so that both are from the same instant. `None` if for no metric.
    pub fn only(&self, wanted: &BTreeSet<MetricRef>) -> Option<Self> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<MetricRef> = wanted.iter().copied().collect();
        while let Some(metric) = open.pop() {
            if let Some(query) = self.query(metric)
                && needed.insert(metric)
            {
                open.extend(query.inputs.values());
                open.extend(query.liveness);
            }
        }
        let needed = self.queries.iter().filter(|query| needed.contains(&query.metric));
        self.with(needed.cloned().collect())
    }

    /// A batch for the same place and window with these queries, if there are any.
    pub fn with(&self, queries: Vec<BatchQuery>) -> Option<Self> {
        (!queries.is_empty()).then(|| Self {
            queries,
            ..self.clone()
        })
    }

    /// The query of this metric.
    pub fn query(&self, metric: MetricRef) -> Option<&BatchQuery> {
        self.queries.iter().find(|query| query.metric == metric)
    }
}

/// How far before as of the oldest bucket of a metric's widest window can begin.
fn reach(metric: &Metric) -> Duration {
    metric.settle + metric.widen_by + Duration::from_secs(metric.period.secs().into())
}

/// The section's metrics, those that must be read at once put together: an expression with its inputs, and a
/// metric with its sign of life, so that both are from the same instant.
fn inseparable(section_index: usize, section: &Section) -> Vec<Vec<MetricRef>> {
    let mut group_of: Vec<usize> = (0..section.metrics.len()).collect();
    for (index, metric) in section.metrics.iter().enumerate() {
        let partners = metric.query.ids().into_iter().chain(metric.liveness.as_deref());
        for partner in partners.filter_map(|id| section.position(id)) {
            let (from, to) = (group_of[partner], group_of[index]);
            group_of.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
        }
    }
    let mut groups: BTreeMap<usize, Vec<MetricRef>> = BTreeMap::new();
    for (metric, group) in group_of.into_iter().enumerate() {
        groups.entry(group).or_default().push(MetricRef {
            section: section_index,
            metric,
        });
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests;
