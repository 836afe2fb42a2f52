//! Words for unit tests: small configs, and answers to them.

pub mod ear;
pub mod fuzz;
mod slowest;
pub mod updates;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    metrics::{
        plan::{MetricRef, QueryId},
        series::{Cause, Evidence, Series, Status, Stop},
    },
    report::{
        AccountId, Config, Destination, Display, Metric, Missing, Period, Query, Reach, Role, Section, Show,
        SourceAccount, Stat, Unit,
    },
};

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().unwrap()
}

/// 13:57:00.
pub fn as_of() -> Timestamp {
    at("13:57:00")
}

pub fn account(name: &str, id: &str) -> Arc<SourceAccount> {
    Arc::new(SourceAccount {
        name: name.into(),
        id: AccountId::parse(id).unwrap(),
        role: Some(Role {
            arn: format!("arn:aws:iam::{id}:role/reader"),
            external_id: Some("ext".into()),
        }),
    })
}

pub fn production() -> Arc<SourceAccount> {
    account("production", "111111111111")
}

pub fn staging() -> Arc<SourceAccount> {
    account("staging", "222222222222")
}

/// A one-minute count.
pub fn metric(label: &str) -> Metric {
    Metric {
        label: label.into(),
        long_label: None,
        query: Query::Stat(Stat {
            namespace: "Test".into(),
            name: label.into(),
            dimensions: vec![("Stack".into(), "core".into())],
            statistic: "Average".into(),
        }),
        period: Period::MINUTE,
        display: Display {
            unit: Unit::Count,
            show: Show::Count,
            decimals: 0,
        },
        id: None,
        hidden: false,
        missing: Missing::Retry,
        liveness: None,
        filled: false,
        settle: Duration::from_secs(120),
        widen_by: Duration::from_secs(300),
    }
}

/// A one-minute latency, published and shown in milliseconds.
pub fn latency(label: &str) -> Metric {
    Metric {
        display: Display {
            unit: Unit::Time { micros: 1000 },
            show: Show::Ms,
            decimals: 0,
        },
        ..metric(label)
    }
}

pub fn with_id(metric: Metric, id: &str) -> Metric {
    Metric {
        id: Some(id.into()),
        ..metric
    }
}

pub fn hidden(metric: Metric, id: &str) -> Metric {
    Metric {
        hidden: true,
        ..with_id(metric, id)
    }
}

pub fn expression(label: &str, text: &str) -> Metric {
    Metric {
        query: Query::Expression(text.into()),
        ..metric(label)
    }
}

/// `missing: zero`.
pub fn sparse(metric: Metric, liveness: &str) -> Metric {
    Metric {
        missing: Missing::Zero,
        liveness: Some(liveness.into()),
        ..metric
    }
}

/// `missing: idle`.
pub fn idle(metric: Metric, liveness: &str) -> Metric {
    Metric {
        missing: Missing::Idle {
            text: "no requests".into(),
        },
        liveness: Some(liveness.into()),
        ..metric
    }
}

/// A one-minute Sum.
pub fn sum(label: &str) -> Metric {
    let mut metric = metric(label);
    if let Query::Stat(stat) = &mut metric.query {
        stat.statistic = "Sum".into();
    }
    metric
}

pub fn section(title: &str, account: Arc<SourceAccount>, region: &str, metrics: Vec<Metric>) -> Section {
    Section {
        title: title.into(),
        account,
        region: region.into(),
        metrics,
    }
}

/// A report with these sections, the usual delays and one Skype group, `operations`.
pub fn config(sections: Vec<Section>) -> Config {
    Config {
        report: "hourly".into(),
        sections,
        retry_delays: [10, 20, 40].map(Duration::from_secs).to_vec(),
        destinations: vec![destination("operations")],
        dashboard: None,
        advice: Vec::new(),
    }
}

pub fn destination(name: &str) -> Destination {
    Destination {
        name: name.into(),
        required: true,
        reach: Reach::Elsewhere,
    }
}

pub fn one_section(metrics: Vec<Metric>) -> Config {
    config(vec![section("Production", production(), "us-east-1", metrics)])
}

pub fn place(section: usize, metric: usize) -> MetricRef {
    MetricRef { section, metric }
}

pub fn id(section: usize, metric: usize) -> QueryId {
    QueryId::of(place(section, metric))
}

/// A complete series with these datapoints, given as `("13:54", 5.0)`.
pub fn series(points: &[(&str, f64)]) -> Series {
    Series {
        points: points
            .iter()
            .map(|(time, value)| (at(&format!("{time}:00")), *value))
            .collect(),
        status: Status::Complete,
        labels: BTreeSet::from(["label".to_owned()]),
        contradictory: false,
        messages: Vec::new(),
        defects: Vec::new(),
    }
}

/// What is known of a metric that was asked for `tries` times, and answered so each time.
pub fn known(series: Series, tries: u32) -> Evidence {
    Evidence {
        complete_in: (series.status == Status::Complete).then_some(tries.saturating_sub(1)),
        series: Some(series),
        tries,
        ..Evidence::default()
    }
}

/// What is known of a metric that was asked for once, in vain.
pub fn stopped(cause: Cause, detail: &str) -> Evidence {
    let detail = detail.into();
    Evidence {
        stop: Some(Stop { cause, detail }),
        tries: 1,
        ..Evidence::default()
    }
}
