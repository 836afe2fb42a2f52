//! Config and as of -> what to ask CloudWatch for, in as few calls as it takes.
//!
//! One wide window is asked for instead of a growing one: an answer for an hour contains every answer for a part of it,
//! and CloudWatch charges by metric, not by datapoint. Which bucket is shown is decided later, by `reading`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    clock::earlier,
    report::{Config, Metric, Period, Query, Section, SourceAccount, UnknownName, expression},
};

/// Queries in one GetMetricData request (CloudWatch API reference).
pub const MOST_QUERIES: usize = 500;

/// How much is read besides what a reading needs: enough to tell what a metric last was.
const HISTORY: Duration = Duration::from_secs(3600);

/// All that one run asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The instant that the update is about.
    pub as_of: Timestamp,
    /// One for each (account, region), and for each 500 queries.
    pub batches: Vec<Batch>,
}

/// What one GetMetricData call (with all its pages) asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Whose metrics.
    pub account: Arc<SourceAccount>,
    /// In which region.
    pub region: String,
    /// StartTime: on the grid of every period in the batch.
    pub start: Timestamp,
    /// EndTime: as of.
    pub end: Timestamp,
    /// At most 500; an expression is always together with its inputs.
    pub queries: Vec<BatchQuery>,
}

/// One metric of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchQuery {
    /// Unique within the run, and the same in every run of the same config.
    pub id: QueryId,
    /// The metric that it maps back to.
    pub metric: MetricRef,
    /// What is asked for; an expression refers to ids of this batch.
    pub query: Query,
    /// The length of the buckets.
    pub period: Period,
    /// The query that shows whether this one could have had datapoints.
    pub liveness: Option<QueryId>,
    /// What people call the metric.
    pub label: String,
}

/// An `Id` of GetMetricData.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(String);

impl QueryId {
    /// The id of a metric: begins with a lower-case letter, as CloudWatch demands.
    pub fn of(metric: MetricRef) -> Self {
        Self(format!("s{}_m{}", metric.section, metric.metric))
    }

    /// The id that CloudWatch named in an answer.
    pub fn from_answer(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A metric of the config, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricRef {
    /// Index into the config's sections.
    pub section: usize,
    /// Index into that section's metrics.
    pub metric: usize,
}

impl Plan {
    /// What to ask for, for the sections with these titles (all, if `None`).
    ///
    /// # Errors
    /// [`UnknownName`] for a title that the config does not have.
    pub fn new(config: &Config, as_of: Timestamp, only: Option<&[String]>) -> Result<Self, UnknownName> {
        let mut targets: Vec<Target<'_>> = Vec::new();
        for index in shown_sections(config, only)? {
            let section = &config.sections[index];
            let groups = inseparable(index, section);
            match targets.iter_mut().find(|target| target.holds(section)) {
                Some(target) => target.groups.extend(groups),
                None => targets.push(Target {
                    account: &section.account,
                    region: &section.region,
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

/// All that is read in one account and one region.
struct Target<'a> {
    account: &'a Arc<SourceAccount>,
    region: &'a str,
    groups: Vec<Vec<MetricRef>>,
}

impl Target<'_> {
    fn holds(&self, section: &Section) -> bool {
        *self.account == section.account && self.region == section.region
    }

    fn batches(self, config: &Config, as_of: Timestamp) -> Vec<Batch> {
        packed(self.groups)
            .iter()
            .map(|metrics| Batch::new(config, as_of, self.account, self.region, metrics))
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
    fn new(
        config: &Config,
        as_of: Timestamp,
        account: &Arc<SourceAccount>,
        region: &str,
        metrics: &[MetricRef],
    ) -> Self {
        let section = |metric: &MetricRef| &config.sections[metric.section];
        let of = |metric: &MetricRef| &section(metric).metrics[metric.metric];
        let longest = metrics.iter().map(|m| reach(of(m))).max().unwrap_or_default();
        Self {
            account: Arc::clone(account),
            region: region.to_owned(),
            start: Period::HOUR.floor(earlier(as_of, HISTORY + longest)),
            end: as_of,
            queries: metrics
                .iter()
                .map(|metric| {
                    let liveness = of(metric).liveness.as_deref();
                    let liveness = liveness.and_then(|id| section(metric).position(id));
                    let partner = |index| MetricRef {
                        metric: index,
                        ..*metric
                    };
                    BatchQuery {
                        id: QueryId::of(*metric),
                        metric: *metric,
                        query: in_batch(&of(metric).query, metric.section, section(metric)),
                        period: of(metric).period,
                        liveness: liveness.map(|index| QueryId::of(partner(index))),
                        label: of(metric).label.clone(),
                    }
                })
                .collect(),
        }
    }

    /// A batch with some of its metrics, and what each of them needs: an expression its inputs, and any metric the one
    /// that shows whether it could have had datapoints, so that both are from the same instant. `None` if for no metric.
    pub fn only(&self, wanted: &BTreeSet<QueryId>) -> Option<Self> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<&QueryId> = wanted.iter().collect();
        while let Some(id) = open.pop() {
            if let Some(query) = self.query(id.as_str())
                && needed.insert(&query.id)
            {
                open.extend(self.inputs(query).map(|input| &input.id));
                open.extend(&query.liveness);
            }
        }
        let needed = self.queries.iter().filter(|query| needed.contains(&query.id));
        self.with(needed.cloned().collect())
    }

    /// A batch for the same place and window with these queries, if there are any.
    pub fn with(&self, queries: Vec<BatchQuery>) -> Option<Self> {
        (!queries.is_empty()).then(|| Self {
            queries,
            ..self.clone()
        })
    }

    /// The query with this id.
    pub fn query(&self, id: &str) -> Option<&BatchQuery> {
        self.queries.iter().find(|query| query.id.as_str() == id)
    }

    /// The queries that an expression names; none for a statistic.
    pub fn inputs<'a>(&'a self, query: &'a BatchQuery) -> impl Iterator<Item = &'a BatchQuery> {
        let text = match &query.query {
            Query::Expression(text) => text.as_str(),
            Query::Stat(_) => "",
        };
        let ids = expression::ids(text).into_iter();
        ids.filter_map(move |range| self.query(&text[range]))
    }
}

/// How far before as of the oldest bucket of a metric's widest window can begin.
fn reach(metric: &Metric) -> Duration {
    metric.settle + metric.widen_by + Duration::from_secs(metric.period.secs().into())
}

/// The query with the ids of its section replaced by those of the batch.
fn in_batch(query: &Query, section_index: usize, section: &Section) -> Query {
    let Query::Expression(text) = query else {
        return query.clone();
    };
    let mut rewritten = String::new();
    let mut copied = 0;
    for range in expression::ids(text) {
        rewritten.push_str(&text[copied..range.start]);
        let name = &text[range.clone()];
        match section.position(name) {
            Some(metric) => rewritten.push_str(
                QueryId::of(MetricRef {
                    section: section_index,
                    metric,
                })
                .as_str(),
            ),
            None => rewritten.push_str(name),
        }
        copied = range.end;
    }
    rewritten.push_str(&text[copied..]);
    Query::Expression(rewritten)
}

/// The section's metrics, those that must be read in one call put together: an expression with its inputs, and a
/// metric with its sign of life, so that both are from the same instant.
fn inseparable(section_index: usize, section: &Section) -> Vec<Vec<MetricRef>> {
    let mut group_of: Vec<usize> = (0..section.metrics.len()).collect();
    for (index, metric) in section.metrics.iter().enumerate() {
        let mut partners: Vec<&str> = match &metric.query {
            Query::Expression(text) => expression::ids(text).into_iter().map(|range| &text[range]).collect(),
            Query::Stat(_) => Vec::new(),
        };
        partners.extend(metric.liveness.as_deref());
        for partner in partners.into_iter().filter_map(|id| section.position(id)) {
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

/// The groups in as few lists of at most 500 as first come, first served gives. The config refuses a larger group.
fn packed(groups: Vec<Vec<MetricRef>>) -> Vec<Vec<MetricRef>> {
    let mut batches: Vec<Vec<MetricRef>> = Vec::new();
    for group in groups {
        match batches
            .iter_mut()
            .find(|batch| batch.len() + group.len() <= MOST_QUERIES)
        {
            Some(batch) => batch.extend(group),
            None => batches.push(group),
        }
    }
    batches.iter_mut().for_each(|batch| batch.sort());
    batches
}

#[cfg(test)]
mod tests;
