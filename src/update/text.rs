//! Lines of text, for the command line, for the function's answer, and under the mark-up of chats that show lines. Without
//! a newline at the end.

use url::Url;

use super::{
    content::{Content, ContentLine, ContentSection, Wording},
    layout::Layout,
    message::{Format, Mark, Message},
    model::Update,
    truncate::{Limit, Terms, fitted},
};

/// How the parts of a text are written; a part that is `None` is not in it.
pub(crate) struct MarkUp {
    pub title: fn(&str) -> Option<String>,
    pub headline: fn(&str) -> Option<String>,
    /// A section's title, after an empty line.
    pub heading: fn(&str) -> Option<String>,
    /// Stands before each metric.
    pub bullet: &'static str,
    /// Text to be read as it is.
    pub plain: fn(&str) -> String,
    pub link: fn(&Url) -> Option<String>,
}

pub(crate) const PLAIN: MarkUp = MarkUp {
    title: |title| Some(format!("{title}:")),
    headline: |_| None,
    heading: |title| Some(title.to_owned()),
    bullet: "  ",
    plain: str::to_owned,
    link: |_| None,
};

/// The messages of the system before this one, which had one section, and neither a time nor notes.
const LEGACY: MarkUp = MarkUp {
    title: |_| Some("Hourly Metrics Update:".to_owned()),
    heading: |_| None,
    bullet: "- ",
    ..PLAIN
};

/// Its messages on the command line.
const LEGACY_LINES: MarkUp = MarkUp {
    title: |_| None,
    bullet: "",
    ..LEGACY
};

/// The update as plain text of any length, with the metrics' longer names.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let is_legacy = mark.is_none() && update.legacy_section().is_some();
    let mark_up = if is_legacy { &LEGACY_LINES } else { &PLAIN };
    Message {
        format: Format::Plain,
        body: Content::new(update, mark, Wording::Long).lay_out(mark_up),
    }
}

/// The message of the system before this one, byte for byte, where it says all there is to say.
pub(crate) fn legacy_text(update: &Update, mark: Option<Mark>) -> Option<Message> {
    const TERMS: Terms = Terms(Format::Plain, Wording::Short, Limit::Bytes(8_000));
    let is_legacy = mark.is_none() && update.legacy_section().is_some();
    is_legacy.then(|| fitted(update, mark, &TERMS, &LEGACY))
}

impl Layout<'_> for MarkUp {
    type Line = String;
    type Section = Vec<String>;

    fn line(&self, line: &ContentLine) -> String {
        (self.plain)(&format!("{}{line}", self.bullet))
    }

    fn section(&self, section: &ContentSection, mut lines: Vec<String>) -> Vec<String> {
        if let Some(title) = (self.heading)(&section.title) {
            lines.splice(..0, [String::new(), title + &section.reference()]);
        }
        lines
    }

    fn message(&self, content: &Content, sections: Vec<Vec<String>>) -> String {
        let Content {
            title,
            headline,
            sections: _,
            notes,
            left_out,
            dashboard,
        } = content;
        let head = [(self.title)(title), (self.headline)(&headline.to_string())];
        let mut lines = head
            .into_iter()
            .flatten()
            .chain(sections.into_iter().flatten())
            .collect::<Vec<_>>();
        if !notes.is_empty() {
            lines.push(String::new());
        }
        lines.extend(notes.iter().map(|note| (self.plain)(&note.to_string())));
        let foot = [
            left_out.notice().map(|notice| format!("[{notice}]")),
            dashboard.and_then(self.link),
        ];
        lines.extend(foot.into_iter().flatten().flat_map(|line| [String::new(), line]));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
