//! Readings -> [`Update`]: what is said, in which order, and what needs explaining.
//!
//! A chat only decides how an update looks. Everything that people must know about a number, above all why a `0` is a
//! 0, is worded here once, as a note that lines and headings refer to.

use jiff::Timestamp;
use url::Url;

use crate::{
    config::{AccountId, Config, Metric, Section, Unit},
    reading::{Provenance, Reading},
};

mod note;

pub use note::clock_time;

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
    /// How much of it was read.
    pub coverage: Coverage,
    /// The note that explains why nothing of it was read.
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
    /// Its value as people read it, with its unit.
    pub value: String,
    /// The unit of the reading, in which CloudWatch publishes it.
    pub unit: Unit,
    /// The note that explains it.
    pub note: Option<usize>,
    /// What it was made from.
    pub reading: Reading,
}

impl Update {
    /// What the readings say. Sections without a reading are not part of the update: they were not asked for.
    pub fn new(config: &Config, as_of: Timestamp, readings: Vec<Reading>) -> Self {
        let mut notes = Vec::new();
        let mut sections = Vec::new();
        let mut readings = readings.into_iter().peekable();
        while let Some(first) = readings.peek() {
            let index = first.metric.section;
            let section = &config.sections[index];
            let mut lines = Vec::new();
            while let Some(reading) = readings.next_if(|reading| reading.metric.section == index) {
                let metric = &section.metrics[reading.metric.metric];
                if !metric.hidden {
                    lines.push(Line::new(metric, as_of, reading, &mut notes));
                }
            }
            sections.push(SectionUpdate::new(section, lines));
        }
        Self {
            report: config.report.clone(),
            as_of,
            restricted: sections.len() < config.sections.len(),
            sections,
            notes,
            single: config.sections.len() == 1,
            dashboard: config.dashboard.clone(),
        }
    }

    /// The only section, if the update can be said in the old system's words: one section, nothing to explain.
    pub fn bare(&self) -> Option<&SectionUpdate> {
        match &self.sections[..] {
            [only] if self.single && self.notes.is_empty() => Some(only),
            _ => None,
        }
    }

    /// The lines of all sections.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.sections.iter().flat_map(|section| &section.lines)
    }
}

impl SectionUpdate {
    fn new(section: &Section, lines: Vec<Line>) -> Self {
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
            coverage,
            note: shared.filter(|_| coverage == Coverage::Nothing && same),
            lines,
        }
    }
}

impl Line {
    fn new(metric: &Metric, as_of: Timestamp, reading: Reading, notes: &mut Vec<String>) -> Self {
        let note = note::explain(metric, as_of, &reading).map(|text| number_of(text, notes));
        Self {
            label: metric.label.clone(),
            long_label: metric.long_label.as_ref().unwrap_or(&metric.label).clone(),
            value: metric.display.format(reading.value),
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
