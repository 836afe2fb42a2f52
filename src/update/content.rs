//! Content of a message before any mark-up: each part composed once, for every kind of destination.

use std::{borrow::Cow, fmt};

use url::Url;

use super::{
    message::Mark,
    model::{Coverage, MetricUpdate, SectionUpdate, Update},
    shown::latest,
};

/// Sections that a headline names; of the others it says how many they are.
const NAMED: usize = 2;

/// All that a message says, whole or [truncated](super::truncate).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content<'u> {
    /// `Hourly Metrics Update, Sun 22 Nov 13:57 UTC`, with the number of sections if some were not asked for, and the mark.
    pub title: String,
    pub headline: Headline,
    pub sections: Vec<ContentSection<'u>>,
    pub notes: Vec<Note<'u>>,
    pub left_out: LeftOut,
    /// Where people look further.
    pub dashboard: Option<&'u Url>,
}

/// How much was read, in one line that says enough where only a line is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Headline {
    /// `12 of 14 metrics read`.
    pub read: String,
    /// `; not read: Staging; in part: Core`, or nothing.
    pub unread: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContentSection<'u> {
    pub update: &'u SectionUpdate,
    /// The section's title, with the newest settled bucket where that is not recent.
    pub title: String,
    pub lines: Vec<ContentLine<'u>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContentLine<'u> {
    pub update: &'u MetricUpdate,
    /// In the order of reading.
    pub parts: Vec<LinePart<'u>>,
}

/// A part of a line. A layout that styles the parts of a line matches all of them; others write the line as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinePart<'u> {
    Label(&'u str),
    Value(&'u str),
    /// The number of the note that explains the line.
    Reference(usize),
}

/// The words that stand for a metric and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Long labels, for the command line and for logs.
    Long,
    /// Labels, for lines of text.
    Short,
    /// Labels, and values for a layout that tells words from numbers: `no requests` instead of `0ms, no requests`.
    Card,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note<'u> {
    /// The number that lines and headings refer to.
    pub number: usize,
    pub text: Cow<'u, str>,
    /// Whether it tells why a section could not be read.
    pub on_section: bool,
}

/// How much of the content is missing because it was too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Headings, metrics and notes.
    pub lines: usize,
    /// How many of them told why a section could not be read.
    pub reasons: usize,
}

impl<'u> Content<'u> {
    /// All that an update says.
    pub fn new(update: &'u Update, mark: Option<Mark>, wording: Wording) -> Self {
        let note = |(index, text): (usize, &'u String)| Note {
            number: index + 1,
            text: text.into(),
            on_section: update.sections.iter().any(|section| is_reason(section, index + 1)),
        };
        Self {
            title: title(update, mark),
            headline: Headline::new(update),
            sections: update
                .sections
                .iter()
                .map(|section| ContentSection::new(section, wording))
                .collect(),
            notes: update.notes.iter().enumerate().map(note).collect(),
            left_out: LeftOut::default(),
            dashboard: update.dashboard.as_ref(),
        }
    }
}

/// The number of sections marks an update that must not be taken for the hour's own. Their names follow as headings; in a
/// title they may be too long, and no ASCII.
fn title(update: &Update, mark: Option<Mark>) -> String {
    let time = update.as_of.strftime("%a %-d %b %H:%M"); // without a year: as of is at most two weeks back
    let sections = match update.restricted {
        true => format!(", {} of {} sections", update.sections.len(), update.all_sections),
        false => String::new(),
    };
    format!(
        "Hourly Metrics Update, {time} UTC{sections}{}",
        mark.map_or("", Mark::text)
    )
}

/// Whether a note tells why nothing of a section could be read: the section's own note, or one of its metrics'.
fn is_reason(section: &SectionUpdate, note: usize) -> bool {
    let is_on_line = || section.lines.iter().any(|line| line.note == Some(note));
    section.coverage == Coverage::Nothing && (section.note == Some(note) || is_on_line())
}

impl Headline {
    fn new(update: &Update) -> Self {
        let all = update.lines().count();
        let read = match update.lines().filter(|line| line.has_value()).count() {
            read if read == all => format!("all {all} metrics read"),
            read => format!("{read} of {all} metrics read"),
        };
        let unread = [(Coverage::Nothing, "not read"), (Coverage::Part, "in part")];
        let unread = unread.map(|(coverage, words)| {
            let sections = update.sections.iter().filter(|section| section.coverage == coverage);
            let titles: Vec<&str> = sections.map(|section| section.title.as_str()).collect();
            let named = &titles[..titles.len().min(NAMED)];
            match titles.len() - named.len() {
                0 if named.is_empty() => String::new(),
                0 => format!("; {words}: {}", named.join(", ")),
                n => format!("; {words}: {} and {n} more", named.join(", ")),
            }
        });
        Self {
            read,
            unread: unread.concat(),
        }
    }
}

impl fmt::Display for Headline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.read, self.unread)
    }
}

impl<'u> ContentSection<'u> {
    fn new(section: &'u SectionUpdate, wording: Wording) -> Self {
        let title = match section.latest {
            Some(bucket) => format!("{}, {}", section.title, latest(bucket)),
            None => section.title.clone(),
        };
        let lines = section.lines.iter().map(|metric| ContentLine::new(metric, wording));
        Self {
            update: section,
            title,
            lines: lines.collect(),
        }
    }

    /// ` (1)` where a note explains the section.
    pub fn reference(&self) -> String {
        let note = self.update.note.map(LinePart::Reference);
        note.map(|part| part.to_string()).unwrap_or_default()
    }
}

impl Coverage {
    /// How much was read, as people read it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Whole => "all read",
            Self::Part => "read in part",
            Self::Nothing => "not read",
        }
    }
}

impl<'u> ContentLine<'u> {
    fn new(metric: &'u MetricUpdate, wording: Wording) -> Self {
        let (label, value) = match wording {
            Wording::Long => (&metric.long_label, &metric.value),
            Wording::Short => (&metric.label, &metric.value),
            Wording::Card => (&metric.label, &metric.card_value),
        };
        let mut parts = vec![LinePart::Label(label), LinePart::Value(value)];
        parts.extend(metric.note.map(LinePart::Reference));
        let update = metric;
        Self { update, parts }
    }
}

/// `API Latency: 121ms (1)`.
impl fmt::Display for ContentLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}

/// The part with what sets it off from the others: `API Latency: `, ` (1)`.
impl fmt::Display for LinePart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "{label}: "),
            Self::Value(value) => f.write_str(value),
            Self::Reference(number) => write!(f, " ({number})"),
        }
    }
}

/// `(1) no data from 13:49 to 13:55`.
impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}) {}", self.number, self.text)
    }
}

impl LeftOut {
    /// `too long: 3 lines left out`; `None` when nothing is missing.
    pub fn notice(self) -> Option<String> {
        let lines = match self.lines {
            0 => return None,
            1 => "1 line".to_owned(),
            n => format!("{n} lines"),
        };
        let reasons = match self.reasons {
            0 => String::new(),
            1 => ", and with them why a section was not read".to_owned(),
            n => format!(", and with them why {n} sections were not read"),
        };
        Some(format!("too long: {lines} left out{reasons}"))
    }
}

#[cfg(test)]
mod tests;
