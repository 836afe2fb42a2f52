//! Skype: plain text as long as it looks like the old system's message, else its rich text.

use super::{Format, Mark, Message, Row, fit::fit, rows};
use crate::update::Update;

/// Bytes of a message. Skype never published a limit; clients are known to have taken 32,000 characters.
const LIMIT: usize = 8_000;

/// The update for a Skype group.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    if let (Some(section), None) = (update.bare(), mark) {
        let lines = section.lines.iter().map(|line| Row::Metric {
            text: format!("{}: {}", line.label, line.value),
            explained: false,
        });
        let rows: Vec<Row> = std::iter::once(Row::Plain("Hourly Metrics Update:".into()))
            .chain(lines)
            .collect();
        return Message {
            format: Format::Plain,
            body: fit(&rows, LIMIT, plain),
        };
    }
    Message {
        format: Format::SkypeRich,
        body: fit(&rows(update, mark, |line| &line.label), LIMIT, rich),
    }
}

fn plain(row: &Row) -> String {
    match row {
        Row::Plain(text) | Row::Note { text, .. } => text.clone(),
        Row::Heading { title, note } => format!("{title}{note}"),
        Row::Metric { text, .. } => format!("- {text}"),
    }
}

/// The `raw_` attributes are what a client without formatting shows.
fn rich(row: &Row) -> String {
    match row {
        Row::Heading { title, note } => {
            format!(r#"<b raw_pre="*" raw_post="*">{}</b>{note}"#, escape(title))
        }
        other => escape(&plain(other)),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
