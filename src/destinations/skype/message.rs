//! Skype: plain text as long as it looks like the old system's message, else its rich text.

use crate::update::{
    Update,
    content::Content,
    message::{Format, Mark, Message},
    text,
    truncate::fit,
};

/// Bytes of a message. Skype never published a limit; clients are known to have taken 32,000 characters.
const LIMIT: usize = 8_000;

/// The update for a Skype group.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let content = Content::new(update, mark, |line| &line.label);
    let is_short = |body: &String| body.len() <= LIMIT;
    match update.legacy_section() {
        Some(_) if mark.is_none() => Message {
            format: Format::Plain,
            body: fit(&content, old, is_short),
        },
        _ => Message {
            format: Format::SkypeRich,
            body: fit(&content, |content| text::write(content, "- ", &RICH), is_short),
        },
    }
}

/// The old system's message, byte for byte.
fn old(content: &Content) -> String {
    let lines = content.sections.iter().flat_map(|section| &section.lines);
    let lines = lines.map(|line| format!("\n- {}: {}", line.name, line.value));
    let notice = content.left_out.notice().map(|notice| format!("\n\n[{notice}]"));
    std::iter::once("Hourly Metrics Update:".to_owned())
        .chain(lines)
        .chain(notice)
        .collect()
}

/// The `raw_` attributes are what a client without formatting shows.
const RICH: text::MarkUp = text::MarkUp {
    plain: escape,
    heading: |title| format!(r#"<b raw_pre="*" raw_post="*">{}</b>"#, escape(title)),
};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
