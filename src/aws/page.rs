//! One page of GetMetricData's answer -> the batch's answer. Pure.
//!
//! A metric's datapoints may be spread over pages, so results are merged by id before anyone picks a point. What cannot
//! be right (a datapoint outside the window, as many timestamps as there are not values) is left out and said.

use aws_sdk_cloudwatch::{
    operation::get_metric_data::GetMetricDataOutput,
    types::{MessageData, MetricDataResult, StatusCode},
};
use jiff::Timestamp;

use crate::{
    plan::{Batch, BatchQuery},
    series::{Answer, Series, Status},
};

/// Adds a page to what the pages before it said.
pub(super) fn merge(page: &GetMetricDataOutput, batch: &Batch, answer: &mut Answer) {
    extend(&mut answer.messages, page.messages().iter().map(message));
    for result in page.metric_data_results() {
        let id = result.id().unwrap_or_default();
        match batch.queries.iter().find(|query| query.id.as_str() == id) {
            Some(query) => add(result, query, batch, answer),
            None => extend(
                &mut answer.messages,
                [format!("UnknownId: a result for {id:?}, which was not asked for")],
            ),
        }
    }
}

fn add(result: &MetricDataResult, query: &BatchQuery, batch: &Batch, answer: &mut Answer) {
    let series = answer.series.entry(query.id.clone()).or_insert_with(|| Series {
        points: Default::default(),
        status: Status::Partial,
        labels: Default::default(),
        messages: Vec::new(),
    });
    series.status = status(result.status_code());
    series.labels.extend(result.label().map(str::to_owned));
    extend(&mut series.messages, result.messages().iter().map(message));

    let (timestamps, values) = (result.timestamps(), result.values());
    if timestamps.len() != values.len() {
        // Which value belongs to which time cannot be told; another try may be answered better.
        series.status = Status::InternalError;
        let text = format!(
            "MalformedResult: {} timestamps for {} values",
            timestamps.len(),
            values.len()
        );
        return extend(&mut series.messages, [text]);
    }
    let mut strays = 0;
    for (at, value) in timestamps.iter().zip(values) {
        match Timestamp::new(at.secs(), at.subsec_nanos() as i32) {
            Ok(at) if batch.start <= at && at < batch.end && query.period.floor(at) == at => {
                // NaN and infinities come from metric math alone, and mean that there is no value.
                if value.is_finite() {
                    series.points.insert(at, *value);
                }
            }
            _ => strays += 1,
        }
    }
    if strays > 0 {
        let text = format!("MalformedResult: {strays} datapoints that do not begin a bucket of the window");
        extend(&mut series.messages, [text]);
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

fn message(message: &MessageData) -> String {
    format!(
        "{}: {}",
        message.code().unwrap_or("no code"),
        message.value().unwrap_or("no text")
    )
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
