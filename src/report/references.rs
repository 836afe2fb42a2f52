//! What the metrics of one section say about each other: expressions and signs of life refer to ids.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    expression,
    metric::{Draft, LONGEST, PERIOD, SETTLE},
    model::{Metric, Missing, Period, Query},
    problem::{one_of, quote, remedy},
};

/// GetMetricData takes this many queries at once, and an expression must be together with its inputs.
const MOST_TOGETHER: usize = 500;

/// Checks every reference, and gives each expression the period and the settling time of its inputs.
pub fn resolve(drafts: Vec<Draft<'_>>) -> Vec<Metric> {
    let section = Section::new(&drafts);
    let timings: Vec<_> = (0..drafts.len()).map(|index| section.timing(index)).collect();
    let filled = section.filled();
    for index in 0..drafts.len() {
        section.liveness(index, &timings);
        section.fill(index, &filled);
        section.age(index, &timings);
    }
    let metrics = drafts.into_iter().zip(timings).zip(filled);
    let metrics = metrics.filter_map(|((draft, timing), filled)| {
        let metric = draft.metric?;
        Some(match timing {
            Some(Timing { period, settle }) => Metric {
                period,
                settle,
                filled,
                ..metric
            },
            None => metric,
        })
    });
    metrics.collect()
}

/// When a metric's buckets begin, and when they no longer change.
#[derive(Clone, Copy)]
struct Timing {
    period: Period,
    settle: Duration,
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
    /// `None` where it cannot be known because of a mistake.
    fn timing(&self, index: usize) -> Option<Timing> {
        let draft = &self.drafts[index];
        let Some((cursor, _)) = draft.expression.as_ref() else {
            let metric = draft.metric.as_ref()?;
            return Some(Timing {
                period: metric.period,
                settle: metric.settle,
            });
        };
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
        let settle = match &draft.settle {
            Some((_, settle)) => *settle,
            None => slowest.max(SETTLE.default_value()?),
        };
        let period = periods.first().copied();
        Some(Timing {
            period: period.or_else(|| PERIOD.default_value())?,
            settle,
        })
    }

    /// For each metric, whether FILL gives it a value in every bucket. Grown from nothing until nothing is added, so that
    /// expressions that refer to each other come to an end.
    fn filled(&self) -> Vec<bool> {
        let mut filled = vec![false; self.drafts.len()];
        loop {
            let is_filled = |id: &str| self.by_id.get(id).is_some_and(|index| filled[*index]);
            let grown: Vec<bool> = self
                .drafts
                .iter()
                .map(|draft| matches!(&draft.expression, Some((_, text)) if expression::is_always_filled(text, is_filled)))
                .collect();
            if grown == filled {
                return filled;
            }
            filled = grown;
        }
    }

    /// An expression that FILL gives a value in every bucket needs a liveness metric, any other expression only for a
    /// meaning of missing data; and a sum of metrics that are absent at 0 is absent, too.
    fn fill(&self, index: usize, filled: &[bool]) {
        let draft = &self.drafts[index];
        let Some((cursor, text)) = &draft.expression else {
            return;
        };
        let retries = matches!(&draft.metric, Some(metric) if metric.missing == Missing::Retry);
        match &draft.liveness {
            None if filled[index] => cursor.wrong(
                "fills all that it reads, so a metric that is dead would show as a settled value; expected FILL around a part \
                 only, as in 100*FILL(errors,0)/requests, or a \"liveness\"",
            ),
            Some((liveness, _)) if retries && !filled[index] => {
                liveness.wrong("is of no use without \"missing: zero\" or \"missing: idle\"");
            }
            _ => {}
        }
        let summands = expression::unfilled_summands(text);
        let zero = summands.iter().find(|id| {
            let summand = self
                .by_id
                .get(**id)
                .and_then(|index| self.drafts[*index].metric.as_ref());
            summand.is_some_and(|metric| metric.missing == Missing::Zero)
        });
        if let Some(id) = zero {
            cursor.advise(format!(
                "adds {id}, which is absent when there is nothing to count; the sum is then absent, too; FILL({id},0) counts it as 0"
            ));
        }
    }

    /// A value that is too old says nothing about this hour.
    fn age(&self, index: usize, timings: &[Option<Timing>]) {
        let (Some(metric), Some(Timing { settle, .. })) = (&self.drafts[index].metric, timings[index]) else {
            return;
        };
        let oldest = (settle + metric.widen_by).as_secs();
        if oldest > LONGEST {
            self.drafts[index].cursor.wrong(format!(
                "settle ({} s) and widen_by ({} s) reach {oldest} s back; expected {LONGEST} s together at most",
                settle.as_secs(),
                metric.widen_by.as_secs()
            ));
        }
    }

    /// A liveness metric must be able to tell of each of the metric's buckets.
    fn liveness(&self, index: usize, timings: &[Option<Timing>]) {
        let Some((cursor, liveness)) = &self.drafts[index].liveness else {
            return;
        };
        let Some(&other) = self.by_id.get(liveness.as_str()) else {
            return cursor.wrong(format!(
                "{liveness:?} is no id of this section; {}",
                self.remedy(liveness)
            ));
        };
        if other == index {
            return cursor
                .wrong("is this metric itself; expected another one, which is published when this one is not");
        }
        if self.drafts[other].expression.is_some() {
            return cursor.wrong(format!("{liveness:?} is an expression; expected a statistic"));
        }
        let Some(partner) = &self.drafts[other].metric else {
            return;
        };
        if partner.missing != Missing::Retry {
            cursor.wrong(format!(
                "{liveness:?} is itself absent when there is nothing to count; expected one that is always published"
            ));
        }
        if let Some(Missing::Idle { .. }) = self.drafts[index].metric.as_ref().map(|metric| &metric.missing)
            && let Query::Stat(stat) = &partner.query
            && stat.statistic != "Sum"
        {
            cursor.wrong(format!(
                "{liveness:?} is read as {}, but only a Sum of 0 tells that there was no traffic; expected one with \"statistic: Sum\"",
                stat.statistic
            ));
        }
        if let (Some(own), Some(theirs)) = (timings[index], timings[other]) {
            if own.period != theirs.period {
                cursor.wrong(format!(
                    "{liveness:?} has a period of {} s, this metric one of {} s; expected the same, since it tells of each bucket",
                    theirs.period.secs(),
                    own.period.secs()
                ));
            }
            if theirs.settle > own.settle {
                cursor.wrong(format!(
                    "{liveness:?} settles after {} s, this metric after {} s; expected it to settle no later",
                    theirs.settle.as_secs(),
                    own.settle.as_secs()
                ));
            }
        }
    }
}
