//! What a message says, before a chat's mark-up: every renderer writes this, whole or what [`fit`](super::truncate::fit) left of it.

use url::Url;

use super::{
    message::Mark,
    model::{Coverage, MetricUpdate, SectionUpdate, Update},
    shown::latest,
};

/// So many sections are named in a headline; of the others it says how many they are.
const NAMED: usize = 2;

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content<'a> {
    /// `Hourly Metrics Update, Sun 22 Nov 13:57 UTC`, with what is left out on request, and the mark.
    pub title: String,
    /// How much was read, in one line that says enough where only a line is shown: `12 of 14 metrics read, ...`.
    pub headline: String,
    pub sections: Vec<Section<'a>>,
    pub notes: Vec<Note>,
    /// What is missing from the above because it was too long.
    pub left_out: LeftOut,
    /// Where people look further.
    pub dashboard: Option<Url>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section<'a> {
    /// All that is known of it.
    pub of: &'a SectionUpdate,
    /// Its title, with the newest settled bucket where that is not recent.
    pub title: String,
    pub coverage: Coverage,
    /// The note that explains why nothing of it was read.
    pub note: Option<usize>,
    pub lines: Vec<Line<'a>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line<'a> {
    /// All that is known of it.
    pub of: &'a MetricUpdate,
    pub name: String,
    pub value: String,
    pub card_value: String,
    /// The note that explains it.
    pub note: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// What refers to it.
    pub number: usize,
    pub text: String,
    /// Whether it tells why a section could not be read.
    pub on_section: bool,
}

/// How much was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Headings, metrics and notes.
    pub lines: usize,
    /// How many of them told why a section could not be read.
    pub reasons: usize,
}

impl<'a> Content<'a> {
    /// All that an update says; `name` is how this chat calls a metric.
    pub fn new(update: &'a Update, mark: Option<Mark>, name: impl Fn(&MetricUpdate) -> &str) -> Self {
        let mark = mark.map_or("", Mark::text);
        let time = update.as_of.strftime("%a %-d %b %H:%M"); // without a year: as of is at most two weeks back
        let title = format!("Hourly Metrics Update, {time} UTC{}{mark}", some_sections(update));
        let line = |line: &'a MetricUpdate| Line {
            of: line,
            name: name(line).to_owned(),
            value: line.value.clone(),
            card_value: line.card_value.clone(),
            note: line.note,
        };
        let section = |section: &'a SectionUpdate| Section {
            of: section,
            title: match section.latest {
                Some(bucket) => format!("{}, {}", section.title, latest(bucket)),
                None => section.title.clone(),
            },
            coverage: section.coverage,
            note: section.note,
            lines: section.lines.iter().map(line).collect(),
        };
        let note = |(index, text): (usize, &String)| Note {
            number: index + 1,
            text: text.clone(),
            on_section: update.sections.iter().any(|section| tells_of(section, index + 1)),
        };
        Self {
            headline: headline(update),
            title,
            sections: update.sections.iter().map(section).collect(),
            notes: update.notes.iter().enumerate().map(note).collect(),
            left_out: LeftOut::default(),
            dashboard: update.dashboard.clone(),
        }
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

/// `, 2 of 6 sections`, of an update that must not be taken for the hour's own. Their names follow as headings; in a title
/// they may be too long, and no ASCII.
fn some_sections(update: &Update) -> String {
    match update.restricted {
        true => format!(", {} of {} sections", update.sections.len(), update.all_sections),
        false => String::new(),
    }
}

/// Whether a note tells why nothing of a section could be read: its own, or that of one of its metrics.
fn tells_of(section: &SectionUpdate, note: usize) -> bool {
    let of_a_line = || section.lines.iter().any(|line| line.note == Some(note));
    section.coverage == Coverage::Nothing && (section.note == Some(note) || of_a_line())
}

/// ` (1)`, behind what the note explains.
pub(crate) fn reference(note: Option<usize>) -> String {
    note.map(|number| format!(" ({number})")).unwrap_or_default()
}

fn headline(update: &Update) -> String {
    let all = update.lines().count();
    let read = update.lines().filter(|line| line.has_value()).count();
    let mut text = match all - read {
        0 => format!("all {all} metrics read"),
        _ => format!("{read} of {all} metrics read"),
    };
    for (coverage, words) in [(Coverage::Nothing, "not read"), (Coverage::Part, "in part")] {
        let of_it = update.sections.iter().filter(|section| section.coverage == coverage);
        let titles: Vec<&str> = of_it.map(|section| section.title.as_str()).collect();
        let named = &titles[..titles.len().min(NAMED)];
        match titles.len() - named.len() {
            0 if named.is_empty() => {}
            0 => text.push_str(&format!("; {words}: {}", named.join(", "))),
            n => text.push_str(&format!("; {words}: {} and {n} more", named.join(", "))),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::tests::three_sections;

    #[test]
    fn the_title_names_the_day() {
        for (as_of, mark, expected) in [
            ("2026-11-24T13:57:00Z", None, "Tue 24 Nov 13:57 UTC"),
            (
                "2026-12-01T00:57:00Z",
                Some(Mark::Again),
                "Tue 1 Dec 00:57 UTC (posted again)",
            ),
            ("2026-12-31T23:57:00Z", None, "Thu 31 Dec 23:57 UTC"),
        ] {
            let as_of = as_of.parse().unwrap();
            let update = Update {
                as_of,
                ..three_sections()
            };
            let title = Content::new(&update, mark, |line| &line.label).title;
            assert_eq!(title, format!("Hourly Metrics Update, {expected}"));
        }
    }
}
