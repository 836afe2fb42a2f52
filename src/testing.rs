//! Words for unit tests: small configs, and answers to them.

pub mod fuzz;
mod slowest;
pub mod updates;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    aws::names::AccountId,
    metrics::series::{ErrorKind, Evidence, ReadError, Series, Status},
    report::{
        Config, Destination, Display, Metric, MetricRef, Missing, Period, Reach, Section, Show, Unit,
        source::{Opaque, Place},
    },
    sources::cloudwatch::{
        account::{Role, SourceAccount},
        config,
        query::{Query, Stat},
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
        query: stat(label, "Average").into(),
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

fn stat(name: &str, statistic: &str) -> Query {
    Query::Stat(Stat {
        namespace: "Test".into(),
        name: name.into(),
        dimensions: vec![("Stack".into(), "core".into())],
        statistic: statistic.into(),
    })
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
        query: Query::Expression(text.into()).into(),
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
    Metric {
        query: stat(label, "Sum").into(),
        ..metric(label)
    }
}

/// CloudWatch in an account and region.
pub fn in_region(account: Arc<SourceAccount>, region: &str) -> Opaque<dyn Place> {
    let region = region.into();
    config::Place { account, region }.into()
}

pub fn section(title: &str, account: Arc<SourceAccount>, region: &str, metrics: Vec<Metric>) -> Section {
    Section {
        title: title.into(),
        place: in_region(account, region),
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
pub fn stopped(kind: ErrorKind, detail: &str) -> Evidence {
    let detail = detail.into();
    Evidence {
        error: Some(ReadError { kind, detail }),
        tries: 1,
        ..Evidence::default()
    }
}
