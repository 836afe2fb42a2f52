//! Whatever the pages say, what is kept of them is what was asked for.
use aws_sdk_cloudwatch::primitives::DateTime;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    metrics::plan::Plan,
    sources::cloudwatch::batch::id,
    testing::{self, fuzz::fuzz_with},
};

fn batch() -> Batch {
    let metrics = ["Hosts", "Requests", "Errors"].map(testing::metric).into();
    let config = testing::config(vec![testing::section(
        "Core",
        testing::production(),
        "us-east-1",
        metrics,
    )]);
    Plan::new(&config, testing::as_of(), None).unwrap().batches.remove(0)
}

fn any_time(batch: &Batch) -> impl Strategy<Value = DateTime> + use<> {
    let (start, end) = (batch.start.as_second(), batch.end.as_second());
    prop_oneof![
        3 => (start / 60..=end / 60).prop_map(|minute| DateTime::from_secs(minute * 60)),
        1 => (start..end).prop_map(DateTime::from_secs),
        1 => (any::<i64>(), 0..1_000_000_000_u32).prop_map(|(secs, nanos)| DateTime::from_secs_and_nanos(secs, nanos)),
    ]
}

fn any_message() -> impl Strategy<Value = MessageData> {
    (option::of(".{0,20}"), option::of(".{0,40}"))
        .prop_map(|(code, value)| MessageData::builder().set_code(code).set_value(value).build())
}

fn any_result(batch: &Batch) -> impl Strategy<Value = MetricDataResult> + use<> {
    let mut ids: Vec<String> = batch.queries.iter().map(|query| id(query.metric)).collect();
    ids.extend(["".into(), "other".into()]);
    let status = select(vec![
        "Complete",
        "PartialData",
        "InternalError",
        "Forbidden",
        "Surprise",
        "",
    ]);
    (
        option::of(select(ids)),
        option::of(".{0,10}"),
        option::of(status.prop_map(StatusCode::from)),
        vec(any_time(batch), 0..8),
        vec(any::<f64>(), 0..8),
        any::<bool>(),
        vec(any_message(), 0..3),
    )
        .prop_map(|(id, label, status, mut times, mut values, are_pairs, messages)| {
            if are_pairs {
                let both = times.len().min(values.len());
                times.truncate(both);
                values.truncate(both);
            }
            MetricDataResult::builder()
                .set_id(id)
                .set_label(label)
                .set_status_code(status)
                .set_timestamps(Some(times))
                .set_values(Some(values))
                .set_messages(Some(messages))
                .build()
        })
}

#[test]
fn fuzz_pages() {
    let batch = batch();
    let page = (vec(any_result(&batch), 0..5), vec(any_message(), 0..3)).prop_map(|(results, messages)| {
        GetMetricDataOutput::builder()
            .set_metric_data_results(Some(results))
            .set_messages(Some(messages))
            .build()
    });
    fuzz_with("GetMetricData pages", vec(page, 1..4), |pages| {
        let mut answer = Answer::default();
        for page in &pages {
            merge(page, &batch, &mut answer);
        }
        for (metric, series) in &answer.series {
            assert!(batch.query(*metric).is_some(), "{metric:?} was not asked for");
            for (at, value) in &series.points {
                assert!(
                    batch.start <= *at && *at < batch.end && value.is_finite(),
                    "{at}: {value}"
                );
            }
        }
    });
}
