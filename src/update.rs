//! Readings -> [`Update`]: what is said, in which order, and what needs explaining.
//!
//! A chat only decides how an update looks. Everything that people must know about a number, above all why a `0` is a
//! 0, is worded here once, as a note that lines and headings refer to.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use url::Url;

use crate::{
    collect::Remark,
    config::{AccountId, Config, Metric, Section, Unit},
    plan::{MetricRef, earlier},
    reading::{Bucket, Provenance, Reading, newest_settled},
};

mod note;
mod shown;

pub use shown::latest;

/// Where the newest settled bucket ended longer before as of, the message says when that was.
const RECENT: Duration = Duration::from_secs(300);

/// All readings of one run, in order, with what could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The report's name.
    pub report: String,
    /// The instant that it is about.
    pub as_of: Timestamp,
    /// The sections shown, in the order of report.yaml.
    pub sections: Vec<SectionUpdate>,
    /// What needs explaining; a line that says `note: Some(1)` refers to the first.
    pub notes: Vec<String>,
    /// Whether the report has a single section, and therefore needs no heading while there is nothing to explain.
    pub single: bool,
    /// Whether sections of the report are missing because somebody asked for the others alone.
    pub restricted: bool,
    /// How many sections the report has.
    pub all_sections: usize,
    /// Where people look further.
    pub dashboard: Option<Url>,
}

/// One section of an update.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionUpdate {
    /// Its heading.
    pub title: String,
    /// The account that it is read from.
    pub account: AccountId,
    /// The region that it is read from.
    pub region: String,
    /// The newest settled bucket of all its metrics, where they share one that is not recent.
    pub latest: Option<Bucket>,
    /// How much of it was read.
    pub coverage: Coverage,
    /// The note that explains why nothing of it was read, or what else CloudWatch said of it.
    pub note: Option<usize>,
    /// Its visible metrics.
    pub lines: Vec<Line>,
}

/// How much of a section was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Every line has a value.
    Whole,
    /// Some lines have one.
    Part,
    /// No line has one.
    Nothing,
}

/// One metric of an update.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name in chats.
    pub label: String,
    /// Its name on the command line.
    pub long_label: String,
    /// Its value as people read it, with its unit, and what they must know of it: `146ms at 13:52`.
    pub value: String,
    /// The value where a layout tells words from numbers: `no requests` instead of `0ms, no requests`.
    pub card_value: String,
    /// Whether the value is a number with its unit, and nothing else.
    pub is_bare: bool,
    /// The unit of the reading, in which CloudWatch publishes it.
    pub unit: Unit,
    /// The note that explains it.
    pub note: Option<usize>,
    /// What it was made from.
    pub reading: Reading,
}

impl Update {
    /// The update that the readings make, and what CloudWatch remarked about whole requests. Sections without a reading are
    /// not part of the update: they were not asked for.
    pub fn new(config: &Config, as_of: Timestamp, readings: Vec<Reading>, remarks: &[Remark]) -> Self {
        let remarks = Remarks::new(config, &readings, remarks);
        let mut notes = Vec::new();
        let mut sections = Vec::new();
        let mut readings = readings.into_iter().peekable();
        while let Some(first) = readings.peek() {
            let index = first.metric.section;
            let section = &config.sections[index];
            let of_section = std::iter::from_fn(|| readings.next_if(|reading| reading.metric.section == index));
            let visible = of_section.filter(|reading| !section.metrics[reading.metric.metric].hidden);
            let visible: Vec<Reading> = visible.collect();
            let note = remarks.on_section(index).map(|text| number_of(text, &mut notes));
            let latest = shared_latest(section, as_of, &visible);
            let lines = visible.into_iter().map(|reading| {
                let metric = &section.metrics[reading.metric.metric];
                let remarks = remarks.on_line(reading.metric);
                Line::new(metric, as_of, reading, latest.is_some(), &remarks, &mut notes)
            });
            sections.push(SectionUpdate::new(section, latest, note, lines.collect()));
        }
        Self {
            report: config.report.clone(),
            as_of,
            restricted: sections.len() < config.sections.len(),
            sections,
            notes,
            single: config.sections.len() == 1,
            all_sections: config.sections.len(),
            dashboard: config.dashboard.clone(),
        }
    }

    /// The only section, if the update can be said in the old system's words: one section, bare numbers, nothing to
    /// explain.
    pub fn bare(&self) -> Option<&SectionUpdate> {
        match &self.sections[..] {
            [only] if self.single && self.notes.is_empty() && only.latest.is_none() => {
                only.lines.iter().all(|line| line.is_bare).then_some(only)
            }
            _ => None,
        }
    }

    /// The lines of all sections.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.sections.iter().flat_map(|section| &section.lines)
    }
}

/// The newest settled bucket of all visible metrics of a section, where they share one that is not recent and at least
/// one of them is shown from it.
fn shared_latest(section: &Section, as_of: Timestamp, visible: &[Reading]) -> Option<Bucket> {
    let newest = |reading: &Reading| newest_settled(&section.metrics[reading.metric.metric], as_of);
    let first = newest(visible.first()?);
    let is_shared = visible.iter().all(|reading| newest(reading) == first);
    let is_shown = visible.iter().any(Reading::is_newest);
    (is_shared && is_shown && !is_recent(first, as_of)).then_some(first)
}

fn is_recent(bucket: Bucket, as_of: Timestamp) -> bool {
    bucket.end() >= earlier(as_of, RECENT)
}

/// Where the remarks on whole requests are told: on every line that may lack something for what they say, else once.
#[derive(Default)]
struct Remarks<'a> {
    lines: BTreeMap<MetricRef, BTreeSet<&'a str>>,
    sections: BTreeMap<usize, BTreeSet<&'a str>>,
}

impl<'a> Remarks<'a> {
    fn new(config: &Config, readings: &[Reading], remarks: &'a [Remark]) -> Self {
        let is_visible = |metric: MetricRef| !config.sections[metric.section].metrics[metric.metric].hidden;
        let lacking: BTreeSet<MetricRef> = readings
            .iter()
            .filter(|reading| is_visible(reading.metric) && !reading.is_newest())
            .map(|reading| reading.metric)
            .collect();
        let mut placed = Self::default();
        for remark in remarks {
            let text = remark.text.as_str();
            let on_lines = remark.metrics.iter().filter(|metric| lacking.contains(metric));
            for metric in on_lines.clone() {
                placed.lines.entry(*metric).or_default().insert(text);
            }
            if on_lines.count() == 0
                && let Some(first) = remark.metrics.iter().map(|metric| metric.section).min()
            {
                placed.sections.entry(first).or_default().insert(text);
            }
        }
        placed
    }

    fn on_line(&self, metric: MetricRef) -> Vec<&'a str> {
        self.lines.get(&metric).into_iter().flatten().copied().collect()
    }

    fn on_section(&self, section: usize) -> Option<String> {
        note::said(self.sections.get(&section)?.iter().copied())
    }
}

impl SectionUpdate {
    fn new(section: &Section, latest: Option<Bucket>, remark: Option<usize>, lines: Vec<Line>) -> Self {
        let read = lines.iter().filter(|line| line.has_value()).count();
        let coverage = match read {
            0 => Coverage::Nothing,
            n if n == lines.len() => Coverage::Whole,
            _ => Coverage::Part,
        };
        let shared = lines.first().and_then(|line| line.note);
        let same = lines.iter().all(|line| line.note == shared);
        Self {
            title: section.title.clone(),
            account: section.account.id.clone(),
            region: section.region.clone(),
            latest,
            coverage,
            note: remark.or(shared.filter(|_| coverage == Coverage::Nothing && same)),
            lines,
        }
    }
}

impl Line {
    fn new(
        metric: &Metric,
        as_of: Timestamp,
        reading: Reading,
        heading_says_latest: bool,
        remarks: &[&str],
        notes: &mut Vec<String>,
    ) -> Self {
        let note = note::explain(metric, as_of, &reading, remarks).map(|text| number_of(text, notes));
        let shown = shown::Shown::new(metric, as_of, &reading, heading_says_latest);
        Self {
            label: metric.label.clone(),
            long_label: metric.long_label.as_ref().unwrap_or(&metric.label).clone(),
            value: shown.text,
            card_value: shown.card,
            is_bare: shown.is_bare,
            unit: metric.display.unit,
            note,
            reading,
        }
    }

    /// Whether its value was read, a true 0 included.
    pub fn has_value(&self) -> bool {
        !matches!(self.reading.provenance, Provenance::Missing { .. })
    }
}

/// The number of a note; what has been said already keeps its number.
fn number_of(text: String, notes: &mut Vec<String>) -> usize {
    let index = notes.iter().position(|note| *note == text).unwrap_or_else(|| {
        notes.push(text);
        notes.len() - 1
    });
    index + 1
}

#[cfg(test)]
mod tests;
