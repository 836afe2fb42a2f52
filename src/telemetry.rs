//! The counts of a run, as one line in CloudWatch's embedded metric format: the line that the alarms live on.
//!
//! The line has to reach CloudWatch whatever the log level is, so it does not pass through `tracing`, and its level is FATAL:
//! Lambda's filter of JSON logs goes by `level`, and takes a line without it, or without a valid `timestamp`, for INFO.
//!
//! A metric belongs to the report. One that belongs to a destination has the destination in its name
//! (`Posted_operations`): a line has but one value for each dimension, and one line a run is easier to rely on than
//! several.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::{
    delivery::outcome::{Delivery, Outcome},
    report::{self, Config},
    summary::Summary,
    trigger::Trigger,
};

/// The namespace of all metrics.
const NAMESPACE: &str = "HourlyUpdate";

/// The name of a report that cannot be read.
const UNREADABLE: &str = "unreadable";

/// GetMetricData costs $0.01 for each 1,000 metrics that are asked for.
const METRICS_PER_DOLLAR: f64 = 100_000.0;

/// How old an hour may be to count as posted when this run finds it posted already. Lambda repeats a process that was
/// killed after posting well within that; an older hour that somebody runs again says nothing about the last one.
const FOUND_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// A run that has ended, as its line of metrics tells it.
pub(crate) struct Run<'a> {
    /// The invocation's id, as every other line of its log has it.
    pub(crate) id: &'a str,
    /// When it ended.
    pub(crate) at: Timestamp,
    /// Its report, if that could be read.
    pub(crate) config: Option<&'a Config>,
    /// The request and its result; `None` if the run failed before it could begin.
    pub(crate) result: Option<(&'a Trigger, &'a Summary)>,
}

impl Run<'_> {
    /// The line, without a line break.
    pub(crate) fn emf(&self) -> String {
        let (kind, metrics) = match self.result {
            None => ("unknown", self.not_begun()),
            Some((trigger, summary)) if trigger.dry_run => ("dry", vec![cost(summary)]),
            Some((trigger, summary)) if trigger.test => ("test", vec![cost(summary)]),
            Some((trigger, summary)) if trigger.sections.is_some() => ("restricted", vec![cost(summary)]),
            Some((_, summary)) => ("full", full_run(summary, self.at)),
        };
        let report = self.config.map_or(UNREADABLE, |config| &config.report);
        let as_of = self.result.map(|(trigger, _)| trigger.as_of.to_string());
        let directives: Vec<Value> = metrics.iter().map(|metrics| directive(metrics)).collect();
        let mut line = Map::from_iter([
            ("level".to_owned(), "FATAL".into()),
            ("timestamp".to_owned(), self.at.to_string().into()),
            ("message".to_owned(), "metrics of the run".into()),
            ("requestId".to_owned(), self.id.into()),
            ("run".to_owned(), kind.into()),
            ("as_of".to_owned(), as_of.into()),
            ("Report".to_owned(), report.into()),
            (
                "_aws".to_owned(),
                json!({"Timestamp": self.at.as_millisecond(), "CloudWatchMetrics": directives}),
            ),
        ]);
        line.extend(metrics.into_iter().flatten().map(|metric| (metric.name, metric.value)));
        Value::Object(line).to_string()
    }

    /// The metrics of a run that failed before it could begin: every destination goes without its message. Without a report
    /// the destinations are not known, and count as one.
    fn not_begun(&self) -> Vec<Vec<Metric>> {
        let Some(config) = self.config else {
            return vec![totals(&[Posting::UNKNOWN])];
        };
        let postings: Vec<_> = config.destinations.iter().map(Posting::failed).collect();
        with_totals(Vec::new(), &postings)
    }
}

/// One number of the line.
struct Metric {
    name: String,
    unit: &'static str,
    value: Value,
}

fn metric(name: &str, unit: &'static str, value: impl Into<Value>) -> Metric {
    Metric {
        name: name.to_owned(),
        unit,
        value: value.into(),
    }
}

fn count(name: &str, value: u32) -> Metric {
    metric(name, "Count", value)
}

/// The directive by which CloudWatch makes metrics of these members. It takes at most 100, so each destination has its own.
fn directive(metrics: &[Metric]) -> Value {
    let metrics: Vec<Value> = metrics
        .iter()
        .map(|metric| json!({"Name": metric.name, "Unit": metric.unit}))
        .collect();
    json!({"Namespace": NAMESPACE, "Dimensions": [["Report"]], "Metrics": metrics})
}

/// The metrics of a full run: what was read, what was posted in all, and what to each destination.
fn full_run(summary: &Summary, at: Timestamp) -> Vec<Vec<Metric>> {
    let is_recent = at.duration_since(summary.as_of) <= FOUND_WITHIN;
    let postings = summary.destinations.iter().map(|it| Posting::of(it, is_recent));
    let postings: Vec<_> = postings.collect();
    let mut of_report = cost(summary);
    of_report.push(count("MetricsRead", summary.metrics.read()));
    of_report.push(count("MetricsMissing", summary.metrics.missing));
    with_totals(of_report, &postings)
}

fn with_totals(mut of_report: Vec<Metric>, postings: &[Posting<'_>]) -> Vec<Vec<Metric>> {
    of_report.extend(totals(postings));
    let mut all = vec![of_report];
    all.extend(postings.iter().map(Posting::metrics));
    all
}

/// The cost of a run. Other metrics count only for a full run: the readings and messages of any other say nothing about
/// those that people wait for.
fn cost(summary: &Summary) -> Vec<Metric> {
    let dollars = f64::from(summary.metrics.requested) / METRICS_PER_DOLLAR;
    vec![
        count("Calls", summary.metrics.calls),
        count("Retries", summary.metrics.retries),
        metric("ApiCostDollars", "None", dollars),
    ]
}

/// The outcome of one destination's message, in numbers.
#[derive(Clone, Copy)]
struct Posting<'a> {
    destination: &'a str,
    required: bool,
    posted: bool,
    failed: bool,
    sign_in_needed: bool,
    /// How long it took this run to post it.
    seconds: Option<f64>,
}

impl<'a> Posting<'a> {
    /// The posting of a message. A recent one by an earlier run counts again: that run may have been killed before its line.
    fn of(delivery: &'a Delivery, is_recent: bool) -> Self {
        let (posted, failed, sign_in_needed) = match &delivery.outcome {
            Outcome::Posted { .. } => (true, false, false),
            Outcome::AlreadyPosted { .. } => (is_recent, false, false),
            Outcome::Failed(error) => (false, true, error.sign_in_needed),
            Outcome::InProgress => (false, true, false),
            Outcome::NotTried => (false, false, false),
        };
        let by_this_run = matches!(delivery.outcome, Outcome::Posted { .. });
        Self {
            destination: &delivery.name,
            required: delivery.required,
            posted,
            failed,
            sign_in_needed,
            seconds: by_this_run.then_some(delivery.after.as_secs_f64()),
        }
    }

    /// A posting that was never begun, to an unknown destination.
    const UNKNOWN: Self = Self {
        destination: "",
        required: true,
        posted: false,
        failed: true,
        sign_in_needed: false,
        seconds: None,
    };

    /// A posting that was never begun.
    fn failed(destination: &'a report::Destination) -> Self {
        Self {
            destination: &destination.name,
            required: destination.required,
            ..Self::UNKNOWN
        }
    }

    fn metrics(&self) -> Vec<Metric> {
        // A destination's own metrics count it whether it is required or not.
        let mut metrics = totals(&[Self {
            required: true,
            ..*self
        }]);
        for metric in &mut metrics {
            metric.name = format!("{}_{}", metric.name, self.destination);
        }
        metrics
    }
}

/// The totals of several postings: how many required ones were posted or failed and the time of the slowest, and of all
/// postings how many wait for somebody to sign in.
fn totals(postings: &[Posting<'_>]) -> Vec<Metric> {
    let number = |is: fn(&Posting<'_>) -> bool| postings.iter().filter(|it| is(it)).count() as u32;
    let mut metrics = vec![
        count("Posted", number(|it| it.required && it.posted)),
        count("Failed", number(|it| it.required && it.failed)),
        count("SignInNeeded", number(|it| it.sign_in_needed)),
    ];
    let required = postings.iter().filter(|it| it.required);
    if let Some(seconds) = required.filter_map(|it| it.seconds).reduce(f64::max) {
        metrics.push(metric("SecondsToPost", "Seconds", (seconds * 1000.0).round() / 1000.0));
    }
    metrics
}

#[cfg(test)]
mod tests;
