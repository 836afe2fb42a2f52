//! Skype: plain text as long as it looks like the old system's message, else its rich text.

use crate::update::{
    Update,
    content::Wording,
    message::{Format, Mark, Message},
    text::{MarkUp, PLAIN, legacy_text},
    truncate::{Limit, Terms, fitted},
};

/// Skype never published a limit; clients are known to have taken 32,000 characters.
const TERMS: Terms = Terms(Format::SkypeRich, Wording::Short, Limit::Bytes(8_000));

/// The update for a Skype group.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    legacy_text(update, mark).unwrap_or_else(|| fitted(update, mark, &TERMS, &RICH))
}

/// The `raw_` attributes are what a client without formatting shows.
const RICH: MarkUp = MarkUp {
    title: |title| Some(escape(&format!("{title}:"))),
    heading: |title| Some(format!(r#"<b raw_pre="*" raw_post="*">{}</b>"#, escape(title))),
    bullet: "- ",
    plain: escape,
    ..PLAIN
};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
