//! What the metrics of one section say about each other: expressions and signs of life refer to ids.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Metric, Missing, Period, Query, expression,
    metric::{DEFAULT_PERIOD, DEFAULT_SETTLE, Draft},
    problem::{one_of, quote, remedy},
};

/// GetMetricData takes this many queries at once, and an expression must be together with its inputs.
const MOST_TOGETHER: usize = 500;

/// Checks every reference, and gives each expression the period and the settling time of its inputs.
pub fn resolve(drafts: Vec<Draft<'_>>) -> Vec<Metric> {
    let section = Section::new(&drafts);
    let settled: Vec<_> = (0..drafts.len()).map(|index| section.expression(index)).collect();
    (0..drafts.len()).for_each(|index| section.liveness(index));
    let metrics = drafts.into_iter().zip(settled).filter_map(|(draft, settled)| {
        let metric = draft.metric?;
        Some(match settled {
            Some((period, settle)) => Metric {
                period,
                settle,
                ..metric
            },
            None => metric,
        })
    });
    metrics.collect()
}

/// The metrics of a section, those included that could not be read, so that a reference to one is not a second mistake.
struct Section<'a, 'b> {
    drafts: &'b [Draft<'a>],
    by_id: BTreeMap<&'b str, usize>,
    /// For each metric, those that its expression refers to.
    inputs: Vec<Vec<usize>>,
}

impl<'a, 'b> Section<'a, 'b> {
    fn new(drafts: &'b [Draft<'a>]) -> Self {
        let mut by_id = BTreeMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let Some((cursor, id)) = &draft.id else { continue };
            if by_id.contains_key(id.as_str()) {
                cursor.wrong(format!(
                    "{id:?} is the id of another metric of this section; expected each id once"
                ));
            } else {
                by_id.insert(id.as_str(), index);
            }
        }
        let mut section = Self {
            drafts,
            by_id,
            inputs: Vec::new(),
        };
        section.inputs = drafts.iter().map(|draft| section.direct_inputs(draft)).collect();
        section
    }

    fn direct_inputs(&self, draft: &Draft<'_>) -> Vec<usize> {
        let Some((cursor, text)) = &draft.expression else {
            return Vec::new();
        };
        let ids: BTreeSet<_> = expression::ids(text).into_iter().map(|range| &text[range]).collect();
        let input = |id| {
            let index = self.by_id.get(id).copied();
            if index.is_none() {
                cursor.wrong(format!(
                    "refers to {}, which is no id of this section; {}",
                    quote(id),
                    self.remedy(id)
                ));
            }
            index
        };
        ids.into_iter().filter_map(input).collect()
    }

    fn remedy(&self, id: &str) -> String {
        let known: Vec<_> = self.by_id.keys().copied().collect();
        remedy(id, &known)
    }

    /// All that the metric's value is computed from, directly or not; or as much of it as is already too much.
    fn all_inputs(&self, index: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut next = self.inputs[index].clone();
        while let Some(index) = next.pop() {
            if all.len() < MOST_TOGETHER && all.insert(index) {
                next.extend(&self.inputs[index]);
            }
        }
        all
    }

    /// The period and the settling time of an expression: a value is complete when the slowest input is. An input's own
    /// inputs count too, since an expression among them may have inherited its settling time.
    fn expression(&self, index: usize) -> Option<(Period, Duration)> {
        let draft = &self.drafts[index];
        let (cursor, _) = draft.expression.as_ref()?;
        let inputs = self.all_inputs(index);
        if inputs.contains(&index) {
            cursor.wrong("refers to itself, directly or through others; expected an end to it");
            return None;
        }
        if inputs.len() >= MOST_TOGETHER {
            cursor.wrong(format!(
                "has {MOST_TOGETHER} inputs or more; expected fewer, since CloudWatch takes {MOST_TOGETHER} queries at once"
            ));
            return None;
        }
        let inputs: Vec<_> = inputs.into_iter().map(|index| &self.drafts[index]).collect();

        // An expression among the inputs has a period of its own only if it says so.
        let period = |draft: &&Draft<'_>| match &draft.metric {
            Some(Metric {
                query: Query::Stat(_),
                period,
                ..
            }) => Some(*period),
            _ => draft.period,
        };
        let periods: BTreeSet<_> = inputs.iter().filter_map(period).chain(draft.period).collect();
        if periods.len() > 1 {
            let secs: Vec<_> = periods.iter().map(|period| format!("{} s", period.secs())).collect();
            cursor.wrong(format!("mixes periods; expected one, either {}", one_of(&secs)));
        }

        let slowest = inputs
            .iter()
            .filter_map(|input| input.metric.as_ref())
            .map(|input| input.settle)
            .max();
        let slowest = slowest.unwrap_or_default();
        if let Some((cursor, settle)) = draft.settle.as_ref().filter(|(_, settle)| *settle < slowest) {
            let (settle, slowest) = (settle.as_secs(), slowest.as_secs());
            cursor.wrong(format!(
                "{settle} s is before the inputs have settled; expected at least {slowest} s"
            ));
        }
        let settle = draft
            .settle
            .as_ref()
            .map_or(slowest.max(DEFAULT_SETTLE), |(_, settle)| *settle);
        Some((periods.first().copied().unwrap_or(DEFAULT_PERIOD), settle))
    }

    fn liveness(&self, index: usize) {
        let Some((cursor, liveness)) = &self.drafts[index].liveness else {
            return;
        };
        match self.by_id.get(liveness.as_str()) {
            None => cursor.wrong(format!(
                "{liveness:?} is no id of this section; {}",
                self.remedy(liveness)
            )),
            Some(own) if *own == index => {
                cursor.wrong("is this metric itself; expected another one, which is published when this one is not");
            }
            Some(other) => {
                let other = self.drafts[*other].metric.as_ref();
                if other.is_some_and(|other| matches!(other.missing, Missing::Zero { .. })) {
                    cursor.wrong(format!(
                        "{liveness:?} is itself absent when there is nothing to count; expected one that is always published"
                    ));
                }
            }
        }
    }
}
