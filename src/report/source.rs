//! The traits of a source: all that the reader of report.yaml, planning and notes ask of it.
//!
//! A section is read from one place, and a metric asks one query of it. Place and query are opaque here: their source
//! reads them from report.yaml, and gets them back, unchanged, to read the metrics.

use std::{any::Any, collections::BTreeSet, fmt, ops::Deref, sync::Arc, time::Duration};

use super::{
    metric_ref::MetricRef,
    table::{Object, Settings},
    walk::Cursor,
};

/// A system that metrics are read from.
pub trait Source: fmt::Debug + Sync {
    /// Its name in notes: `CloudWatch`.
    fn name(&self) -> &'static str;

    /// Its keys of report.yaml.
    fn keys(&self) -> Keys;

    /// Reads its keys at the top level of the report. Only called if the report uses the source.
    fn read<'a>(&self, report: &Settings<'a>) -> PlaceReader<'a>;

    /// Reads the query of a metric.
    fn query<'a>(&self, metric: &Settings<'a>) -> Option<PlacedQuery<'a>>;

    /// How many metrics can be asked for at once: an expression is always asked for together with its inputs.
    fn most_together(&self) -> usize {
        usize::MAX
    }

    /// Divides the metrics of one place into batches; each batch is read at once. The metrics of a group stay together.
    fn batches(&self, groups: Vec<Vec<MetricRef>>) -> Vec<Vec<MetricRef>> {
        vec![groups.concat()]
    }

    /// How long it keeps what a run reads, if that is a limit.
    fn retention(&self) -> Option<Retention> {
        None
    }

    /// The price of asking for one metric once, in dollars.
    fn price(&self) -> f64 {
        0.0
    }

    /// Whether a message about a metric says that datapoints are missing, but not of which buckets.
    fn concerns_any_bucket(&self, _message: &str) -> bool {
        false
    }
}

/// A place or a query as the report holds it. In an `Arc` alone, derived code cannot compare it
/// (<https://github.com/rust-lang/rust/issues/31740>).
pub struct Opaque<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Clone for Opaque<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Opaque<T> {
    fn eq(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized> Deref for Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<P: Place> From<P> for Opaque<dyn Place> {
    fn from(place: P) -> Self {
        Self(Arc::new(place))
    }
}

impl<Q: Query> From<Q> for Opaque<dyn Query> {
    fn from(query: Q) -> Self {
        Self(Arc::new(query))
    }
}

/// The tables of the keys of report.yaml that belong to one source.
#[derive(Clone, Copy)]
pub struct Keys {
    /// At the top level.
    pub report: Object,
    /// In a section. One of them shows that the section is read from this source.
    pub section: Object,
    /// In a metric of such a section.
    pub metric: Object,
}

/// Reads the place of a section.
pub type PlaceReader<'a> = Box<dyn Fn(&Settings<'_>) -> Option<Opaque<dyn Place>> + 'a>;

/// A query, and where mistakes in it are noted.
pub struct PlacedQuery<'a> {
    /// The query.
    pub query: Opaque<dyn Query>,
    /// The setting that refers to other metrics, or the query as a whole.
    pub cursor: Cursor<'a>,
}

/// The age from which metrics can no longer be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Older runs are refused.
    pub age: Duration,
    /// The reason, as the error gives it.
    pub why: &'static str,
}

/// A place in a source; its metrics can be asked for at once. Displayed as notes name it: `account 111111111111 in
/// us-east-1`.
pub trait Place: Any + fmt::Debug + fmt::Display + Send + Sync {
    /// The source that it is in.
    fn source(&self) -> &'static dyn Source;

    /// The place as programs are told of it; `kind` names the source.
    fn json(&self) -> serde_json::Value;

    /// Whether it is the same place.
    fn equals(&self, other: &dyn Place) -> bool;
}

impl PartialEq for dyn Place {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other)
    }
}

/// The query of one metric. The defaults are those of a query that refers to no other metric.
pub trait Query: Any + fmt::Debug + Send + Sync {
    /// Whether it is the same query.
    fn equals(&self, other: &dyn Query) -> bool;

    /// Whether the value is computed by the source from other values; its period and settling time are then those of its
    /// inputs.
    fn is_expression(&self) -> bool {
        false
    }

    /// The ids of the metrics of the same section that the value is computed from.
    fn ids(&self) -> BTreeSet<&str> {
        BTreeSet::new()
    }

    /// Whether the value is the sum over a bucket.
    fn is_sum(&self) -> bool {
        false
    }

    /// Why a 0 does not tell that there was no traffic, if it does not: `is read as Average, but ...`.
    fn no_sign_of_idleness(&self) -> Option<String> {
        None
    }

    /// Whether the query itself puts a value into every bucket, even where the metrics have none; `is_filled` tells it of
    /// an id.
    fn is_filled(&self, _is_filled: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    /// How to fill a part only, in words.
    fn partial_fill(&self) -> &'static str {
        ""
    }

    /// The ids that are added up without being filled: where one of them has no datapoint, the sum has none.
    fn unfilled_summands(&self) -> BTreeSet<&str> {
        BTreeSet::new()
    }

    /// How to write that a metric counts as 0 where it has no datapoint.
    fn filled_with_zero(&self, id: &str) -> String {
        id.to_owned()
    }
}

impl PartialEq for dyn Query {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other)
    }
}
