//! Readings -> [`Update`]: what is said, in which order, and what needs explaining.
//!
//! A destination only decides how an update looks. Everything that people must know about a number, above all why a `0` is
//! a 0, is worded here once, as a note that lines and headings refer to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    model::{Coverage, MetricUpdate, SectionUpdate, Update},
    note,
    shown::{Shown, is_recent},
};
use crate::{
    metrics::{
        collect::Remark,
        reading::{Bucket, Reading, newest_settled},
    },
    report::{Config, Metric, MetricRef, Section, source::Source},
};

impl Update {
    /// The update that the readings make, and what sources remarked about whole requests. Sections without a reading are
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
            let note = remarks
                .on_section(index, section)
                .map(|text| number_of(text, &mut notes));
            let latest = shared_latest(section, as_of, &visible);
            let source = section.place.source();
            let lines = visible.into_iter().map(|reading| {
                let metric = &section.metrics[reading.metric.metric];
                let remarks = remarks.on_line(reading.metric);
                MetricUpdate::new(source, metric, as_of, reading, latest.is_some(), &remarks, &mut notes)
            });
            sections.push(SectionUpdate::new(section, latest, note, lines.collect()));
        }
        Self {
            report: config.report.clone(),
            as_of,
            restricted: sections.len() < config.sections.len(),
            sections,
            notes,
            has_single_section: config.sections.len() == 1,
            all_sections: config.sections.len(),
            dashboard: config.dashboard.clone(),
        }
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

    fn on_section(&self, index: usize, section: &Section) -> Option<String> {
        note::said(section.place.source(), self.sections.get(&index)?.iter().copied())
    }
}

impl SectionUpdate {
    fn new(section: &Section, latest: Option<Bucket>, remark: Option<usize>, lines: Vec<MetricUpdate>) -> Self {
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
            place: section.place.clone(),
            latest,
            coverage,
            note: remark.or(shared.filter(|_| coverage == Coverage::Nothing && same)),
            lines,
        }
    }
}

impl MetricUpdate {
    fn new(
        source: &dyn Source,
        metric: &Metric,
        as_of: Timestamp,
        reading: Reading,
        heading_says_latest: bool,
        remarks: &[&str],
        notes: &mut Vec<String>,
    ) -> Self {
        let note = note::explain(source, metric, as_of, &reading, remarks).map(|text| number_of(text, notes));
        let shown = Shown::new(metric, as_of, &reading, heading_says_latest);
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
