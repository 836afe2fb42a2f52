//! CloudWatch as a source: its keys of report.yaml, the places in it, and what it tells planning and notes. Pure.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use serde_json::json;

use super::{
    account::{self, Accounts, SourceAccount},
    batch::{MOST_QUERIES, packed},
    query,
};
use crate::{
    aws::names,
    report::{
        MetricRef,
        form::{Form, Nested},
        source,
        source::{Keys, PlaceReader, PlacedQuery, Retention, Source},
        table::{Need::Required, Settings, object},
    },
};

object! {
    REPORT: "CloudWatch's keys at the top level.";

    ACCOUNTS: Accounts = "accounts", Required, account::ACCOUNTS,
        "The accounts that are read, by the names that sections call them.";
}

object! {
    SECTION: "CloudWatch's keys in a section.";

    ACCOUNT: Nested = "account", Required, Form::nested(|| json!({ "type": "string" })),
        "The account that the metrics are read from: a name under `accounts`.";
    REGION: String = "region", Required, names::REGION, "The region that the metrics are in.";
}

/// One-minute datapoints are kept for 15 days, and what a run asks for begins some hours before as of.
const RETENTION: Retention = Retention {
    age: Duration::from_secs(14 * 24 * 3600),
    why: "CloudWatch drops one-minute data after 15, and the hours before are read, too",
};

/// The code of the message that datapoints of metric math were dropped, for a division by zero.
const DROPPED: &str = "ArithmeticError";

/// CloudWatch, in any account and region.
#[derive(Debug)]
pub struct CloudWatchKind;

/// CloudWatch in one account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose metrics.
    pub account: Arc<SourceAccount>,
    /// The region that the metrics are in.
    pub region: String,
}

impl Place {
    /// The place of a section that CloudWatch is the source of.
    pub fn of(place: &dyn source::Place) -> Option<&Self> {
        (place as &dyn Any).downcast_ref()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} in {}", self.account.id, self.region)
    }
}

impl source::Place for Place {
    fn source(&self) -> &'static dyn Source {
        &CloudWatchKind
    }

    fn json(&self) -> serde_json::Value {
        json!({"kind": "cloudwatch", "account_id": self.account.id.as_str(), "region": self.region})
    }

    fn equals(&self, other: &dyn source::Place) -> bool {
        Self::of(other) == Some(self)
    }
}

impl Source for CloudWatchKind {
    fn name(&self) -> &'static str {
        "CloudWatch"
    }

    fn keys(&self) -> Keys {
        Keys {
            report: REPORT,
            section: SECTION,
            metric: query::METRIC,
        }
    }

    fn read<'a>(&self, report: &Settings<'a>) -> PlaceReader<'a> {
        let accounts = report.read(&ACCOUNTS);
        Box::new(move |section| {
            let account = section
                .place(&ACCOUNT)
                .and_then(|cursor| account::named(cursor, accounts.as_ref()?));
            let region = section.read(&REGION);
            let place = Place {
                account: account?,
                region: region?,
            };
            Some(place.into())
        })
    }

    fn query<'a>(&self, metric: &Settings<'a>) -> Option<PlacedQuery<'a>> {
        Some(PlacedQuery {
            query: query::read(metric)?.into(),
            cursor: metric.given(&query::EXPRESSION).unwrap_or(metric.cursor()).clone(),
        })
    }

    fn most_together(&self) -> usize {
        MOST_QUERIES
    }

    fn batches(&self, groups: Vec<Vec<MetricRef>>) -> Vec<Vec<MetricRef>> {
        packed(groups)
    }

    fn retention(&self) -> Option<Retention> {
        Some(RETENTION)
    }

    /// $0.01 for 1,000 metrics.
    fn price(&self) -> f64 {
        0.01 / 1000.0
    }

    /// Metric math tells no bucket when it drops datapoints.
    fn concerns_any_bucket(&self, message: &str) -> bool {
        message.starts_with(DROPPED)
    }
}
