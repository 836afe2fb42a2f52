//! One bad expression must not cost a whole account and region its metrics.
//!
//! CloudWatch refuses a request with an expression that it does not understand, and with it all other metrics. A refused
//! batch is then asked for in parts: first the statistics, which cannot be refused for an expression; then the expressions
//! without the one that CloudWatch's text names. Where it names none, or refuses again, no expression is asked for. What
//! was refused is not asked for again in the same run.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use super::{
    client::{CloudWatch, ReadError},
    page,
};
use crate::{
    metrics::{
        plan::{Batch, BatchQuery, QueryId},
        series::{Answer, Cause, Stop},
    },
    report::Query,
};

/// The expressions that were refused in this run, and why.
#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<QueryId, Stop>>);

impl Refusals {
    /// The batch without what has been refused, which the answer then tells; `None` if nothing is left of it.
    pub fn leave_out(&self, batch: &Batch, answer: &mut Answer) -> Option<Batch> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (refused, accepted): (Vec<_>, Vec<_>) =
            batch.queries.iter().partition(|query| known.contains_key(&query.id));
        let why = refused
            .iter()
            .filter_map(|query| Some((query.id.clone(), known.get(&query.id)?.clone())));
        answer.refused.extend(why);
        batch.with(accepted.into_iter().cloned().collect())
    }

    fn add(&self, id: &QueryId, stop: &Stop, answer: &mut Answer) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.clone(), stop.clone());
        answer.refused.insert(id.clone(), stop.clone());
    }
}

impl CloudWatch {
    /// Reads a batch that CloudWatch has refused with `text`, in parts.
    ///
    /// # Errors
    /// Why a part could not be read, if that was not for one of its expressions.
    pub(super) async fn read_apart(
        &self,
        batch: &Batch,
        refusal: Stop,
        text: &str,
        answer: &mut Answer,
    ) -> Result<(), Stop> {
        let statistics = batch.queries.iter().filter(|query| !is_expression(query));
        let statistics: Vec<_> = statistics.cloned().collect();
        if statistics.len() == batch.queries.len() {
            return Err(refusal);
        }
        if let Some(statistics) = batch.with(statistics) {
            let read = self.read_pages(&statistics, |_| true, answer).await;
            read.map_err(|error| error.stop)?;
        }

        let refused = match page::named_expression(text, batch) {
            Some(named) => self.refuse(batch, named, &refusal, answer),
            None => BTreeSet::new(),
        };
        let rest: BTreeSet<QueryId> = batch
            .queries
            .iter()
            .filter(|query| is_expression(query) && !refused.contains(&query.id))
            .map(|query| query.id.clone())
            .collect();
        if refused.is_empty() {
            rest.iter().for_each(|id| self.refusals.add(id, &refusal, answer));
            return Ok(());
        }
        let Some(expressions) = batch.only(&rest) else {
            return Ok(());
        };
        // The inputs have been read: a second value of theirs could contradict the first one.
        match self.read_pages(&expressions, is_expression, answer).await {
            Err(ReadError { stop, refusal: Some(_) }) => {
                rest.iter().for_each(|id| self.refusals.add(id, &stop, answer));
                Ok(())
            }
            result => result.map_err(|error| error.stop),
        }
    }

    /// Notes that an expression is refused, and with it every one that needs it.
    fn refuse(&self, batch: &Batch, named: &BatchQuery, refusal: &Stop, answer: &mut Answer) -> BTreeSet<QueryId> {
        let needs = |query: &BatchQuery, refused: &BTreeSet<QueryId>| {
            batch.inputs(query).any(|input| refused.contains(&input.id))
        };
        self.refusals.add(&named.id, refusal, answer);
        let mut refused = BTreeSet::from([named.id.clone()]);
        let indirect = Stop {
            cause: Cause::Invalid,
            detail: format!("needs {}, and {}", named.label, refusal.detail),
        };
        while let Some(query) = batch
            .queries
            .iter()
            .find(|query| !refused.contains(&query.id) && needs(query, &refused))
        {
            self.refusals.add(&query.id, &indirect, answer);
            refused.insert(query.id.clone());
        }
        refused
    }
}

fn is_expression(query: &BatchQuery) -> bool {
    matches!(query.query, Query::Expression(_))
}
