//! One page of GetMetricData's answer -> the batch's answer. Pure.
//!
//! A metric's datapoints may be spread over pages, so results are merged by id before anyone picks a point. What cannot
//! be right (a datapoint outside the window, as many timestamps as there are not values) is left out and said.

use aws_sdk_cloudwatch::{
    operation::get_metric_data::GetMetricDataOutput,
    types::{MessageData, MetricDataResult, StatusCode},
};
use jiff::Timestamp;

use super::batch::query;
use crate::metrics::{
    plan::{Batch, BatchQuery},
    series::{Answer, Series, Status},
};

/// Adds a page to what the pages before it said.
pub(super) fn merge(page: &GetMetricDataOutput, batch: &Batch, answer: &mut Answer) {
    extend(
        &mut answer.messages,
        page.messages().iter().map(|it| message(it, batch)),
    );
    for result in page.metric_data_results() {
        let id = result.id().unwrap_or_default();
        match query(batch, id) {
            Some(query) => add(result, query, batch, answer),
            None => tracing::warn!(id, "CloudWatch answered a query that was not asked"),
        }
    }
}

fn add(result: &MetricDataResult, query: &BatchQuery, batch: &Batch, answer: &mut Answer) {
    let series = answer.series.entry(query.metric).or_insert_with(|| Series {
        points: Default::default(),
        status: Status::Partial,
        labels: Default::default(),
        contradictory: false,
        defects: Vec::new(),
        messages: Vec::new(),
    });
    series.status = status(result.status_code());
    series.labels.extend(result.label().map(str::to_owned));
    extend(
        &mut series.messages,
        result.messages().iter().map(|it| message(it, batch)),
    );

    let (timestamps, values) = (result.timestamps(), result.values());
    if timestamps.len() != values.len() {
        // Which value belongs to which time cannot be told; another try may be answered better.
        series.status = Status::InternalError;
        let text = format!("{} times came with {} values", timestamps.len(), values.len());
        return extend(&mut series.defects, [text]);
    }
    let mut strays = 0;
    for (at, value) in timestamps.iter().zip(values) {
        match Timestamp::new(at.secs(), at.subsec_nanos() as i32) {
            Ok(at) if batch.start <= at && at < batch.end && query.period.floor(at) == at => {
                // NaN and infinities come from metric math alone, and mean that there is no value.
                if value.is_finite() {
                    let known = series.points.insert(at, *value);
                    series.contradictory |= known.is_some_and(|known| known != *value);
                }
            }
            _ => strays += 1,
        }
    }
    if strays > 0 {
        let text = match strays {
            1 => "a datapoint with an unexpected time was left out".to_owned(),
            n => format!("{n} datapoints with unexpected times were left out"),
        };
        extend(&mut series.defects, [text]);
    }
}

/// A code that this program does not know is nothing to rely on, and neither is none.
fn status(code: Option<&StatusCode>) -> Status {
    match code {
        Some(StatusCode::Complete) => Status::Complete,
        Some(StatusCode::PartialData) => Status::Partial,
        Some(StatusCode::Forbidden) => Status::Forbidden,
        _ => Status::InternalError,
    }
}

fn message(message: &MessageData, batch: &Batch) -> String {
    format!(
        "{}: {}",
        message.code().unwrap_or("no code"),
        with_labels(message.value().unwrap_or("no text"), batch)
    )
}

/// The id of the first expression of the batch that CloudWatch's text names.
pub(super) fn named_expression<'a>(text: &str, batch: &'a Batch) -> Option<&'a BatchQuery> {
    let named = words(text).filter_map(|word| query(batch, word));
    named.into_iter().find(|query| query.query.is_expression())
}

/// CloudWatch's text with the metrics' labels in the place of ids, which say nothing to people.
pub(super) fn with_labels(text: &str, batch: &Batch) -> String {
    let label = |word| query(batch, word).map_or(word, |query| &query.label);
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    for word in words(text) {
        // Words are slices of the text, in its order.
        if let Some((before, after)) = rest.split_once(word) {
            written.push_str(before);
            written.push_str(label(word));
            rest = after;
        }
    }
    written + rest
}

/// The texts that can be ids.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty())
}

/// Every page repeats what is said of the whole.
fn extend(messages: &mut Vec<String>, new: impl IntoIterator<Item = String>) {
    for message in new {
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
}

#[cfg(test)]
mod tests;
