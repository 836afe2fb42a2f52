//! An hour of which one section was read, one in part and one not at all: the golden card, and the README's picture.

use std::collections::{BTreeMap, BTreeSet};

use hourly_update::{
    metrics::{
        reading,
        series::{ErrorKind, Evidence, ReadError, Series, Status},
    },
    report::MetricRef,
    update::{Update, message::Mark},
};
use jiff::Timestamp;
use serde_json::Value;

pub const DASHBOARD: &str =
    "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/Hourly";

const REPORT: &str = "
report: hourly
dashboard: https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/Hourly
accounts:
  production: { id: '111111111111', role: 'arn:aws:iam::111111111111:role/hourly-update-reader', external_id: sample }
  staging: { id: '222222222222', role: 'arn:aws:iam::222222222222:role/hourly-update-reader', external_id: sample }
sections:
  - title: Production (N. Virginia)
    account: production
    region: us-east-1
    metrics:
      - { label: Healthy Hosts, namespace: Sample, name: a, statistic: Average, unit: Count }
      - { label: API Latency, namespace: Sample, name: b, statistic: Average, unit: Milliseconds, show: ms }
      - { label: CS Latency, namespace: Sample, name: c, statistic: Average, unit: Milliseconds, show: ms }
      - { label: Upload Latency, namespace: Sample, name: d, statistic: Average, unit: Milliseconds, show: ms }
  - title: BT Stack (Ireland)
    account: production
    region: eu-west-1
    metrics:
      - { label: Healthy Hosts, namespace: Sample, name: a, statistic: Average, unit: Count }
      - { label: API Latency, namespace: Sample, name: b, statistic: Average, unit: Milliseconds, show: ms }
  - title: Staging SID
    account: staging
    region: us-east-1
    metrics:
      - { label: Healthy Hosts, namespace: Sample, name: a, statistic: Average, unit: Count }
      - { label: Upload Memory, namespace: Sample, name: b, statistic: Average, unit: Percent, show: percent, decimals: 1 }
destinations:
  - { name: operations, kind: teams, secret: hourly-update/teams }
";

/// How the sections' bands begin, what they say, and their style.
pub const SECTIONS: [(&str, &str, &str); 3] = [
    ("Production (N. Virginia)", "all read", "good"),
    ("BT Stack (Ireland)", "read in part", "warning"),
    ("Staging SID", "not read (2)", "attention"),
];

pub const FACTS: [(&str, &str); 8] = [
    ("Healthy Hosts", "5"),
    ("API Latency", "121ms"),
    ("CS Latency", "150ms"),
    ("Upload Latency", "184ms"),
    ("Healthy Hosts", "3"),
    ("API Latency", "0ms (1)"),
    ("Healthy Hosts", "0 (2)"),
    ("Upload Memory", "0.0% (2)"),
];

/// The update of 13:57.
pub fn update() -> Update {
    let as_of = at("13:57");
    let config = hourly_update::app::Configured::from_yaml(REPORT.as_bytes(), "report.yaml", &|_| None)
        .unwrap_or_else(|it| panic!("{it}"))
        .report;
    let denied = "role hourly-update-reader of account 222222222222 may not be assumed (AccessDenied)";
    let evidence = BTreeMap::from([
        ((0, 0), seen("13:54", 5.0)),
        ((0, 1), seen("13:54", 121.0)),
        ((0, 2), seen("13:54", 150.0)),
        ((0, 3), seen("13:54", 184.0)),
        ((1, 0), seen("13:54", 3.0)),
        ((1, 1), seen("13:40", 146.0)),
        ((2, 0), refused(denied)),
        ((2, 1), refused(denied)),
    ]);
    let evidence = evidence
        .into_iter()
        .map(|((section, metric), it)| (MetricRef { section, metric }, it))
        .collect();
    Update::new(&config, as_of, reading::read(&config, as_of, &evidence), &[])
}

/// What is sent for an update.
pub fn message(update: &Update, mark: Option<Mark>) -> Value {
    serde_json::from_str(&hourly_update::destinations::teams::message::render(update, mark).body).unwrap()
}

/// The card in it.
pub fn card(update: &Update) -> Value {
    message(update, None)["attachments"][0]["content"].take()
}

fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}:00Z").parse().unwrap()
}

fn seen(time: &str, value: f64) -> Evidence {
    let series = Series {
        points: BTreeMap::from([(at(time), value)]),
        status: Status::Complete,
        labels: BTreeSet::from(["sample".to_owned()]),
        contradictory: false,
        messages: Vec::new(),
        defects: Vec::new(),
    };
    Evidence {
        series: Some(series),
        tries: 4,
        complete_in: Some(3),
        ..Evidence::default()
    }
}

fn refused(detail: &str) -> Evidence {
    Evidence {
        error: Some(ReadError {
            kind: ErrorKind::Denied,
            detail: detail.into(),
        }),
        tries: 1,
        ..Evidence::default()
    }
}
