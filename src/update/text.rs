//! Plain text, for the command line, for the function's answer, and under the mark-up of chats that show lines.
//! Without a newline at its end.

use super::{
    content::{Content, reference},
    message::{Format, Mark, Message},
    model::Update,
};

/// How a chat writes text.
pub(crate) struct MarkUp {
    /// What is to be read as it is.
    pub plain: fn(&str) -> String,
    /// A section's title.
    pub heading: fn(&str) -> String,
}

/// None at all.
pub(crate) const PLAIN: MarkUp = MarkUp {
    plain: str::to_owned,
    heading: str::to_owned,
};

/// The update as plain text, with the metrics' longer names.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let body = match update.legacy_section() {
        Some(section) if mark.is_none() => section
            .lines
            .iter()
            .map(|line| format!("{}: {}", line.long_label, line.value))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => write(&Content::new(update, mark, |line| &line.long_label), "  ", &PLAIN),
    };
    Message {
        format: Format::Plain,
        body,
    }
}

/// The title, then [`lines`].
pub(crate) fn write(content: &Content, bullet: &str, mark_up: &MarkUp) -> String {
    let mut lines = lines(content, bullet, mark_up);
    lines.insert(0, (mark_up.plain)(&format!("{}:", content.title)));
    lines.join("\n")
}

/// Lines: each section after an empty line, then the notes; `bullet` stands before each metric.
pub(crate) fn lines(content: &Content, bullet: &str, mark_up: &MarkUp) -> Vec<String> {
    let MarkUp { plain, heading } = mark_up;
    let mut lines = Vec::new();
    for section in &content.sections {
        lines.push(String::new());
        lines.push(heading(&section.title) + &reference(section.note));
        lines.extend(section.lines.iter().map(|line| {
            let reference = reference(line.note);
            plain(&format!("{bullet}{}: {}{reference}", line.name, line.value))
        }));
    }
    if !content.notes.is_empty() {
        lines.push(String::new());
    }
    let notes = content.notes.iter();
    lines.extend(notes.map(|note| plain(&format!("({}) {}", note.number, note.text))));
    if let Some(notice) = content.left_out.notice() {
        lines.extend([String::new(), format!("[{notice}]")]);
    }
    lines
}
