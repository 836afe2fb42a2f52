//! Teams Free: plain text as long as it looks like the old system's message, else HTML of the plainest kind.
//!
//! `RichText/Html` is what clients of Teams send each other; paragraphs, lists, bold text and links are shown by all of
//! them. Everything that is not ours is escaped.

use crate::update::{
    Update,
    content::{Content, ContentLine, ContentSection, Wording},
    layout::Layout,
    message::{Format, Mark, Message},
    text::legacy_text,
    truncate::{Limit, Terms, fitted},
};

/// No limit is known for Teams Free; Microsoft's own, for Teams at work, is about 28 KB with all that is around the text.
const TERMS: Terms = Terms(Format::Html, Wording::Short, Limit::Bytes(20_000));

/// The update for a group in Teams Free.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    legacy_text(update, mark).unwrap_or_else(|| fitted(update, mark, &TERMS, &Html))
}

struct Html;

impl Layout<'_> for Html {
    type Line = String;
    type Section = String;

    fn line(&self, line: &ContentLine) -> String {
        format!("<li>{}</li>", escape(&line.to_string()))
    }

    fn section(&self, section: &ContentSection, lines: Vec<String>) -> String {
        let heading = format!("<p><b>{}</b>{}</p>", escape(&section.title), section.reference());
        match lines.is_empty() {
            true => heading,
            false => format!("{heading}<ul>{}</ul>", lines.concat()),
        }
    }

    fn message(&self, content: &Content, sections: Vec<String>) -> String {
        let Content {
            title,
            headline,
            sections: _,
            notes,
            left_out,
            dashboard,
        } = content;
        let headline = escape(&headline.to_string());
        let mut html = format!("<p><b>{}:</b><br>{headline}</p>{}", escape(title), sections.concat());
        let notes: Vec<String> = notes.iter().map(|note| escape(&note.to_string())).collect();
        if !notes.is_empty() {
            html.push_str(&format!("<p>{}</p>", notes.join("<br>")));
        }
        html.extend(left_out.notice().map(|notice| format!("<p>[{notice}]</p>")));
        html.extend(dashboard.map(|url| format!("<p><a href=\"{}\">Open dashboard</a></p>", escape(url.as_str()))));
        html
    }
}

/// For text and for attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests;
