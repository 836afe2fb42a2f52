//! Update -> message: one file for each kind of chat, all made from the same rows.

use crate::update::{SectionUpdate, Update, clock_time};

mod fit;
pub mod skype;
pub mod text;

/// An update, ready for one kind of chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How the chat is to read it.
    pub format: Format,
    /// The whole text.
    pub body: String,
}

/// How a chat is to read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As it is.
    Plain,
    /// Skype's HTML-like mark-up, everything escaped.
    SkypeRich,
}

/// What is said about the message itself, behind its first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The group may have it already: whether the first one arrived is unknown.
    Repeated,
    /// The group has it already: somebody asked for it once more.
    Again,
    /// Whether the group has it already could not be looked up.
    Unchecked,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Repeated => " (repeated)",
            Self::Again => " (posted again)",
            Self::Unchecked => " (may be a repeat)",
        }
    }
}

/// One line of a message, before a chat's mark-up.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    /// The first line, and the empty lines between parts.
    Plain(String),
    /// A section's heading and the reference to its note.
    Heading { title: String, note: String },
    /// A metric.
    Metric { text: String, explained: bool },
    /// A note, and whether it tells of a section that could not be read.
    Note { text: String, on_section: bool },
}

impl Row {
    /// How soon it is left out when the message is too long: the highest first, 0 only when nothing else is left.
    fn expendable(&self) -> u8 {
        match self {
            Self::Plain(_) => 0,
            Self::Note { on_section: true, .. } => 1,
            Self::Heading { .. } => 2,
            Self::Note { .. } => 3,
            Self::Metric { explained: true, .. } => 4,
            Self::Metric { .. } => 5,
        }
    }
}

/// The rows of an update that has headings; `line` writes one metric's name.
fn rows(update: &Update, mark: Option<Mark>, name: impl Fn(&crate::update::Line) -> &str) -> Vec<Row> {
    let mark = mark.map_or("", Mark::text);
    let title = format!("Hourly Metrics Update, {} UTC{mark}:", clock_time(update.as_of));
    let mut rows = vec![Row::Plain(title)];
    for section in &update.sections {
        rows.push(Row::Plain(String::new()));
        rows.push(Row::Heading {
            title: section.title.clone(),
            note: reference(section.note),
        });
        rows.extend(section.lines.iter().map(|line| Row::Metric {
            text: format!("{}: {}{}", name(line), line.value, reference(line.note)),
            explained: line.note.is_some(),
        }));
    }
    if !update.notes.is_empty() {
        rows.push(Row::Plain(String::new()));
    }
    rows.extend(update.notes.iter().enumerate().map(|(index, note)| {
        Row::Note {
            text: format!("({}) {note}", index + 1),
            on_section: update
                .sections
                .iter()
                .any(|s: &SectionUpdate| s.note == Some(index + 1)),
        }
    }));
    rows
}

fn reference(note: Option<usize>) -> String {
    note.map(|number| format!(" ({number})")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
