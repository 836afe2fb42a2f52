//! Batches as GetMetricData takes them: how many queries, and the ids by which they are known in one request. Pure.

use std::borrow::Cow;

use super::expression;
use crate::{
    metrics::plan::{Batch, BatchQuery},
    report::MetricRef,
};

/// Queries in one GetMetricData request (CloudWatch API reference).
pub const MOST_QUERIES: usize = 500;

/// The groups in as few lists of at most 500 as first come, first served gives. The config refuses a larger group.
pub fn packed(groups: Vec<Vec<MetricRef>>) -> Vec<Vec<MetricRef>> {
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

/// The `Id` of a metric: begins with a lower-case letter, as CloudWatch demands.
pub fn id(metric: MetricRef) -> String {
    format!("s{}_m{}", metric.section, metric.metric)
}

/// The query of the batch that has this `Id`.
pub fn query<'a>(batch: &'a Batch, id: &str) -> Option<&'a BatchQuery> {
    let (section, metric) = id.strip_prefix('s')?.split_once("_m")?;
    let metric = MetricRef {
        section: section.parse().ok()?,
        metric: metric.parse().ok()?,
    };
    batch.query(metric).filter(|_| self::id(metric) == id)
}

/// An expression with the ids of its section replaced by those of the request.
pub fn in_request(text: &str, query: &BatchQuery) -> String {
    let mut rewritten = String::new();
    let mut copied = 0;
    for range in expression::ids(text) {
        let name = &text[range.clone()];
        let id = query
            .inputs
            .get(name)
            .map_or(Cow::from(name), |input| id(*input).into());
        rewritten += &text[copied..range.start];
        rewritten += &id;
        copied = range.end;
    }
    rewritten + &text[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        metrics::plan::Plan,
        testing::{as_of, config, expression, hidden, metric, production, section, with_id},
    };

    #[test]
    fn an_expression_refers_to_the_ids_of_the_batch() {
        let first = section("One", production(), "us-east-1", vec![with_id(metric("a"), "a")]);
        let text = "100*aa/IF(a>0,a,1) + SUM(SEARCH('a aa', 'Sum'))";
        let inputs = [hidden(metric("a"), "a"), hidden(metric("aa"), "aa")];
        let metrics = inputs.into_iter().chain([expression("ratio", text)]).collect();
        let second = section("Two", production(), "us-east-1", metrics);
        let batch = &Plan::new(&config(vec![first, second]), as_of(), None).unwrap().batches[0];
        assert_eq!(
            in_request(text, &batch.queries[3]),
            "100*s1_m1/IF(s1_m0>0,s1_m0,1) + SUM(SEARCH('a aa', 'Sum'))"
        );
        assert_eq!(query(batch, "s1_m2").map(|it| it.metric), Some(batch.queries[3].metric));
        for other in ["s1_m3", "s01_m2", "s1_m+2", "S1_m2", "s1_m", "aa"] {
            assert_eq!(query(batch, other), None, "{other}");
        }
    }
}
