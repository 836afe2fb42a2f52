//! Teams Free: plain text as long as it looks like the old system's message, else HTML of the plainest kind.
//!
//! `RichText/Html` is what clients of Teams send each other; paragraphs, lists, bold text and links are shown by all of
//! them. Everything that is not ours is escaped.

use crate::{
    destinations::skype,
    update::{
        Update,
        content::{Content, Line, Section, reference},
        message::{Format, Mark, Message},
        truncate::fit,
    },
};

/// Bytes of a message. No limit is known for Teams Free; Microsoft's own, for Teams at work, is about 28 KB with all
/// that is around the text.
const LIMIT: usize = 20_000;

/// The update for a group in Teams Free.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    if update.legacy_section().is_some() && mark.is_none() {
        return skype::message::render(update, mark);
    }
    let content = Content::new(update, mark, |line| &line.label);
    Message {
        format: Format::Html,
        body: fit(&content, html, |body| body.len() <= LIMIT),
    }
}

fn html(content: &Content) -> String {
    let mut html = format!(
        "<p><b>{}:</b><br>{}</p>",
        escape(&content.title),
        escape(&content.headline)
    );
    html.extend(content.sections.iter().map(section));
    let notes = content.notes.iter();
    let notes: Vec<String> = notes
        .map(|note| escape(&format!("({}) {}", note.number, note.text)))
        .collect();
    if !notes.is_empty() {
        html.push_str(&format!("<p>{}</p>", notes.join("<br>")));
    }
    html.extend(content.left_out.notice().map(|notice| format!("<p>[{notice}]</p>")));
    let link = |url: &url::Url| format!("<p><a href=\"{}\">Open dashboard</a></p>", escape(url.as_str()));
    html.extend(content.dashboard.as_ref().map(link));
    html
}

fn section(section: &Section) -> String {
    let heading = format!("<p><b>{}</b>{}</p>", escape(&section.title), reference(section.note));
    let lines: String = section.lines.iter().map(line).collect();
    match lines.is_empty() {
        true => heading,
        false => format!("{heading}<ul>{lines}</ul>"),
    }
}

fn line(line: &Line) -> String {
    let text = format!("{}: {}{}", line.name, line.value, reference(line.note));
    format!("<li>{}</li>", escape(&text))
}

/// For text and for attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
