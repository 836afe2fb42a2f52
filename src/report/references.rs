//! References between the metrics of one section: expressions and `liveness` name ids.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    metric::{Draft, LONGEST, PERIOD, SETTLE},
    model::{Metric, Missing, Period},
    problem::{one_of, quote, remedy},
    source::Source,
};

/// Checks every reference, and gives each expression the period and the settling time of its inputs.
pub fn resolve(drafts: Vec<Draft<'_>>, source: &dyn Source) -> Vec<Metric> {
    let section = Section::new(&drafts, source);
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
    source: &'b dyn Source,
    drafts: &'b [Draft<'a>],
    by_id: BTreeMap<&'b str, usize>,
    /// For each metric, those that its expression refers to.
    inputs: Vec<Vec<usize>>,
}

impl<'a, 'b> Section<'a, 'b> {
    fn new(drafts: &'b [Draft<'a>], source: &'b dyn Source) -> Self {
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
            source,
            drafts,
            by_id,
            inputs: Vec::new(),
        };
        section.inputs = drafts.iter().map(|draft| section.direct_inputs(draft)).collect();
        section
    }

    fn direct_inputs(&self, draft: &Draft<'_>) -> Vec<usize> {
        let Some(placed) = &draft.query else {
            return Vec::new();
        };
        let input = |id| {
            let index = self.by_id.get(id).copied();
            if index.is_none() {
                placed.cursor.wrong(format!(
                    "refers to {}, which is no id of this section; {}",
                    quote(id),
                    self.remedy(id)
                ));
            }
            index
        };
        placed.query.ids().into_iter().filter_map(input).collect()
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
            if all.len() < self.source.most_together() && all.insert(index) {
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
        let Some(cursor) = draft.expression().map(|it| &it.cursor) else {
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
        let (source, most) = (self.source.name(), self.source.most_together());
        if inputs.len() >= most {
            cursor.wrong(format!(
                "has {most} inputs or more; expected fewer, since {source} takes {most} queries at once"
            ));
            return None;
        }
        let inputs: Vec<_> = inputs.into_iter().map(|index| &self.drafts[index]).collect();

        // An expression among the inputs has a period of its own only if it says so.
        let period = |draft: &&Draft<'_>| match &draft.metric {
            Some(metric) if !metric.query.is_expression() => Some(metric.period),
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

    /// For each metric, whether its query puts a value into every bucket. Grown from nothing until nothing is added, so that
    /// expressions that refer to each other come to an end.
    fn filled(&self) -> Vec<bool> {
        let mut filled = vec![false; self.drafts.len()];
        loop {
            let is_filled = |id: &str| self.by_id.get(id).is_some_and(|index| filled[*index]);
            let grown: Vec<bool> = self
                .drafts
                .iter()
                .map(|draft| draft.query.as_ref().is_some_and(|it| it.query.is_filled(&is_filled)))
                .collect();
            if grown == filled {
                return filled;
            }
            filled = grown;
        }
    }

    /// An expression that has a value in every bucket needs a liveness metric, any other expression only for a
    /// meaning of missing data; and a sum of metrics that are absent at 0 is absent, too.
    fn fill(&self, index: usize, filled: &[bool]) {
        let draft = &self.drafts[index];
        let Some(placed) = draft.expression() else {
            return;
        };
        let (cursor, query) = (&placed.cursor, &placed.query);
        let retries = matches!(&draft.metric, Some(metric) if metric.missing == Missing::Retry);
        match &draft.liveness {
            None if filled[index] => cursor.wrong(format!(
                "fills all that it reads, so a metric that is dead would show as a settled value; expected {}, or a \"liveness\"",
                query.partial_fill()
            )),
            Some((liveness, _)) if retries && !filled[index] => {
                liveness.wrong("is of no use without \"missing: zero\" or \"missing: idle\"");
            }
            _ => {}
        }
        let summands = query.unfilled_summands();
        let zero = summands.iter().find(|id| {
            let summand = self
                .by_id
                .get(**id)
                .and_then(|index| self.drafts[*index].metric.as_ref());
            summand.is_some_and(|metric| metric.missing == Missing::Zero)
        });
        if let Some(id) = zero {
            cursor.advise(format!(
                "adds {id}, which is absent when there is nothing to count; the sum is then absent, too; {} counts it as 0",
                query.filled_with_zero(id)
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
        if self.drafts[other].expression().is_some() {
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
            && let Some(why) = partner.query.no_sign_of_idleness()
        {
            cursor.wrong(format!("{liveness:?} {why}"));
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
