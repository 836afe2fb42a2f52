//! The types of a report. None of them can be wrong: every rule is checked while report.yaml is read.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use url::Url;

use super::{
    destination::Destination,
    problem::Problem,
    source::{Opaque, Place, Query, Retention},
};

/// The whole report.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Its name; part of every message's key.
    pub report: String,
    /// The headings of the update, in the order in which people read them.
    pub sections: Vec<Section>,
    /// How long to wait before each further try for what is missing: three at most.
    pub retry_delays: Vec<Duration>,
    /// Where the update is posted to; at least one is required.
    pub destinations: Vec<Destination>,
    /// Where people look further; chats that have links point to it.
    pub dashboard: Option<Url>,
    /// Advice on what would be better written differently, though it is no mistake; in the order of the file.
    pub advice: Vec<Problem>,
}

impl Config {
    /// The shortest retention of the sources that are read, if any of them has a limit.
    pub fn retention(&self) -> Option<Retention> {
        let sources = self.sections.iter().map(|section| section.place.source());
        sources.filter_map(|source| source.retention()).min_by_key(|it| it.age)
    }
}

/// One place in a source, a list of metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Where it is read.
    pub place: Opaque<dyn Place>,
    /// Its lines, in order; hidden ones too.
    pub metrics: Vec<Metric>,
}

impl Section {
    /// The position of the metric with this id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.metrics.iter().position(|metric| metric.id.as_deref() == Some(id))
    }

    /// The positions of all metrics that a metric's value is computed from, directly or through other expressions.
    pub fn inputs(&self, metric: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut open = vec![metric];
        while let Some(next) = open.pop() {
            let ids = self.metrics[next].query.ids().into_iter();
            let direct = ids.filter_map(|id| self.position(id));
            open.extend(direct.filter(|input| all.insert(*input)));
        }
        all
    }
}

/// One line of the update.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name in chats.
    pub label: String,
    /// Its longer name on the command line; the label, if there is none.
    pub long_label: Option<String>,
    /// The query of its source.
    pub query: Opaque<dyn Query>,
    /// The length of its buckets.
    pub period: Period,
    /// How its value is written.
    pub display: Display,
    /// The name by which expressions and `liveness` of its own section refer to it.
    pub id: Option<String>,
    /// Read, but not shown: an input of an expression, or a sign of life.
    pub hidden: bool,
    /// The meaning of a bucket without a datapoint.
    pub missing: Missing,
    /// The id of the metric of the same section, with the same period, that is published whether or not this one is.
    pub liveness: Option<String>,
    /// Whether the query puts a value into every bucket. Such a value counts only where the liveness metric has
    /// a datapoint: a metric that is dead would be filled, too.
    pub filled: bool,
    /// How long after its end a bucket's value may still change.
    pub settle: Duration,
    /// How far back, in all, the window may grow beyond the newest settled bucket.
    pub widen_by: Duration,
}

/// The meaning of a bucket without a datapoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// It is late: ask again.
    Retry,
    /// There was nothing to count, provided that the liveness metric has a datapoint for the same bucket.
    Zero,
    /// There was no traffic, provided that the liveness metric has a 0 for the same bucket.
    Idle {
        /// How that is said: `no requests`.
        text: String,
    },
}

/// The length of a bucket. Buckets begin at whole multiples of it since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(u32);

impl Period {
    /// The lengths that divide the hour, so that a window can begin on the grid of all of them.
    pub const ALLOWED: [u32; 8] = [60, 120, 180, 300, 600, 900, 1800, 3600];

    /// One minute: the shortest.
    pub const MINUTE: Self = Self(60);
    /// One hour: the longest.
    pub const HOUR: Self = Self(3600);

    /// The period of this many seconds, if it is an allowed one.
    pub fn from_secs(secs: u32) -> Option<Self> {
        Self::ALLOWED.contains(&secs).then_some(Self(secs))
    }

    /// Its length in seconds.
    pub fn secs(self) -> u32 {
        self.0
    }

    /// The newest bucket boundary at or before `time`.
    pub fn floor(self, time: Timestamp) -> Timestamp {
        let second = time.as_second();
        Timestamp::from_second(second - second.rem_euclid(i64::from(self.0))).unwrap_or(time)
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Display {
    /// The unit that the metric is published in. Never sent as a filter.
    pub unit: Unit,
    /// How people see it.
    pub show: Show,
    /// Digits behind the point, always as many.
    pub decimals: u8,
}

/// A unit that metrics are published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `None`: a plain number.
    None,
    /// `Count`: a plain number, too.
    Count,
    /// `Percent`: from 0 to 100.
    Percent,
    /// `Ratio`: from 0 to 1.
    Ratio,
    /// A time: this many microseconds.
    Time {
        /// Microseconds in one.
        micros: u32,
    },
    /// An amount of data: this many bits (a kilo is 1,000).
    Data {
        /// Bits in one.
        bits: u64,
    },
}

/// How people see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// `5`
    Count,
    /// `120ms`
    Ms,
    /// `1.20s`
    S,
    /// `3.4 GB`
    Bytes,
    /// `61.3%`
    Percent,
    /// `1.25`
    Number,
}
