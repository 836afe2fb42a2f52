//! The types of an update: what is said of each section and metric, before any destination lays it out.

use jiff::Timestamp;
use url::Url;

use crate::{
    metrics::reading::{Bucket, Provenance, Reading},
    report::{
        Unit,
        source::{Opaque, Place},
    },
};

/// All readings of one run, in order, with what could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The report's name.
    pub report: String,
    /// The instant that it is about.
    pub as_of: Timestamp,
    /// The sections shown, in the order of report.yaml.
    pub sections: Vec<SectionUpdate>,
    /// Explanations; a line that says `note: Some(1)` refers to the first.
    pub notes: Vec<String>,
    /// Whether the report has a single section, and therefore needs no heading while there is nothing to explain.
    pub has_single_section: bool,
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
    /// The place that it is read from.
    pub place: Opaque<dyn Place>,
    /// The newest settled bucket of all its metrics, where they share one that is not recent.
    pub latest: Option<Bucket>,
    /// How much of it was read.
    pub coverage: Coverage,
    /// The note that explains why nothing of it was read, or what else its source said of it.
    pub note: Option<usize>,
    /// Its visible metrics.
    pub lines: Vec<MetricUpdate>,
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
pub struct MetricUpdate {
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
    /// The unit of the reading, in which the source publishes it.
    pub unit: Unit,
    /// The note that explains it.
    pub note: Option<usize>,
    /// The reading that the value was made from.
    pub reading: Reading,
}

impl Update {
    /// The only section, if the message of the system before this one can say the update: one section, bare numbers,
    /// nothing to explain.
    pub fn legacy_section(&self) -> Option<&SectionUpdate> {
        match &self.sections[..] {
            [only] if self.has_single_section && self.notes.is_empty() && only.latest.is_none() => {
                only.lines.iter().all(|line| line.is_bare).then_some(only)
            }
            _ => None,
        }
    }

    /// The lines of all sections.
    pub fn lines(&self) -> impl Iterator<Item = &MetricUpdate> {
        self.sections.iter().flat_map(|section| &section.lines)
    }
}

impl MetricUpdate {
    /// Whether its value was read, a true 0 included.
    pub fn has_value(&self) -> bool {
        !matches!(self.reading.provenance, Provenance::Missing { .. })
    }
}
