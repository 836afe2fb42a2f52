//! Plain text, for the command line and for the function's answer. Without a newline at its end.

use super::{Format, Mark, Message, Row, rows};
use crate::update::Update;

/// The update as plain text, with the metrics' longer names.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let body = match update.bare() {
        Some(section) if mark.is_none() => section
            .lines
            .iter()
            .map(|line| format!("{}: {}", line.long_label, line.value))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => rows(update, mark, |line| &line.long_label)
            .iter()
            .map(|row| match row {
                Row::Plain(text) | Row::Note { text, .. } => text.clone(),
                Row::Heading { title, note } => format!("{title}{note}"),
                Row::Metric { text, .. } => format!("  {text}"),
            })
            .collect::<Vec<_>>()
            .join("\n"),
    };
    Message {
        format: Format::Plain,
        body,
    }
}
