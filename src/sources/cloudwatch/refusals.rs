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
    page,
    reader::{PageError, Reader},
};
use crate::{
    metrics::{
        plan::{Batch, BatchQuery},
        series::{Answer, ErrorKind, ReadError},
    },
    report::MetricRef,
};

/// The expressions that were refused in this run, and why.
#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<MetricRef, ReadError>>);

impl Refusals {
    /// The batch without what has been refused, which the answer then tells; `None` if nothing is left of it.
    pub fn leave_out(&self, batch: &Batch, answer: &mut Answer) -> Option<Batch> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (refused, accepted): (Vec<_>, Vec<_>) = batch
            .queries
            .iter()
            .partition(|query| known.contains_key(&query.metric));
        let why = refused
            .iter()
            .filter_map(|query| Some((query.metric, known.get(&query.metric)?.clone())));
        answer.refused.extend(why);
        batch.with(accepted.into_iter().cloned().collect())
    }

    fn add(&self, metric: MetricRef, error: &ReadError, answer: &mut Answer) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(metric, error.clone());
        answer.refused.insert(metric, error.clone());
    }

    /// Reads a batch that CloudWatch has refused with `text`, in parts.
    ///
    /// # Errors
    /// Why a part could not be read, if that was not for one of its expressions.
    pub async fn read_apart(
        &self,
        reader: &Reader,
        batch: &Batch,
        refusal: ReadError,
        text: &str,
        answer: &mut Answer,
    ) -> Result<(), ReadError> {
        let statistics = batch.queries.iter().filter(|query| !query.query.is_expression());
        let statistics: Vec<_> = statistics.cloned().collect();
        if statistics.len() == batch.queries.len() {
            return Err(refusal);
        }
        if let Some(statistics) = batch.with(statistics) {
            let read = reader.read(&statistics, |_| true, answer).await;
            read.map_err(|it| it.error)?;
        }

        let refused = match page::named_expression(text, batch) {
            Some(named) => self.refuse(batch, named, &refusal, answer),
            None => BTreeSet::new(),
        };
        let rest: BTreeSet<MetricRef> = batch
            .queries
            .iter()
            .filter(|query| query.query.is_expression() && !refused.contains(&query.metric))
            .map(|query| query.metric)
            .collect();
        if refused.is_empty() {
            rest.iter().for_each(|metric| self.add(*metric, &refusal, answer));
            return Ok(());
        }
        let Some(expressions) = batch.only(&rest) else {
            return Ok(());
        };
        // The inputs have been read: a second value of theirs could contradict the first one.
        match reader.read(&expressions, |it| it.query.is_expression(), answer).await {
            Err(PageError {
                error,
                refusal: Some(_),
            }) => {
                rest.iter().for_each(|metric| self.add(*metric, &error, answer));
                Ok(())
            }
            result => result.map_err(|it| it.error),
        }
    }

    /// Notes that an expression is refused, and with it every one that needs it.
    fn refuse(
        &self,
        batch: &Batch,
        named: &BatchQuery,
        refusal: &ReadError,
        answer: &mut Answer,
    ) -> BTreeSet<MetricRef> {
        let needs = |query: &BatchQuery, refused: &BTreeSet<MetricRef>| {
            query.inputs.values().any(|input| refused.contains(input))
        };
        self.add(named.metric, refusal, answer);
        let mut refused = BTreeSet::from([named.metric]);
        let indirect = ReadError {
            kind: ErrorKind::Invalid,
            detail: format!("needs {}, and {}", named.label, refusal.detail),
        };
        while let Some(query) = batch
            .queries
            .iter()
            .find(|query| !refused.contains(&query.metric) && needs(query, &refused))
        {
            self.add(query.metric, &indirect, answer);
            refused.insert(query.metric);
        }
        refused
    }
}
