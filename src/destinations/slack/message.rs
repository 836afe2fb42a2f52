//! Slack: Block Kit for an incoming webhook.
//!
//! Names, values and notes stand in `rich_text` blocks, whose text is taken as it is: nothing in it can turn into
//! mark-up or a mention. Reference: <https://docs.slack.dev/reference/block-kit/blocks>.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::update::{
    Coverage, Update,
    content::{Content, ContentLine, ContentSection, LinePart, Note, Wording},
    layout::Layout,
    message::{Format, Mark, Message},
    truncate::{Limit, Terms, fitted},
};

/// The limit is on the whole JSON. Slack names none, but has answered `msg_blocks_too_long` at about 13,200
/// (slackapi/bolt-js issue 2509).
const TERMS: Terms = Terms(Format::Json, Wording::Card, Limit::Chars(12_000));

/// The update for a Slack channel.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let time = viewers_time(update);
    fitted(update, mark, &TERMS, &Blocks { time })
}

/// Each viewer sees the time of their own zone; the fallback, and the title, are in UTC.
fn viewers_time(update: &Update) -> String {
    let fallback = update.as_of.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC");
    let seconds = update.as_of.as_second();
    format!("<!date^{seconds}^{{date_short_pretty}} {{time}}|{fallback}>")
}

/// Block Kit, with the time as viewers see it.
struct Blocks {
    time: String,
}

impl Layout<'_> for Blocks {
    type Line = Value;
    type Section = Vec<Value>;

    fn line(&self, line: &ContentLine) -> Value {
        let parts = line.parts.iter().map(|part| match part {
            LinePart::Value(value) => bold(value),
            LinePart::Label(_) | LinePart::Reference(_) => text(&part.to_string()),
        });
        words(parts.collect())
    }

    /// A heading, and a list, which must not be empty.
    fn section(&self, section: &ContentSection, lines: Vec<Value>) -> Vec<Value> {
        let reference = section.reference();
        let state = match section.update.coverage {
            Coverage::Whole => reference,
            coverage => format!(" – {}{reference}", coverage.words()),
        };
        let mut heading = vec![bold(&section.title)];
        if !state.is_empty() {
            heading.push(text(&state));
        }
        let mut elements = vec![words(heading)];
        if !lines.is_empty() {
            elements.push(json!({"type": "rich_text_list", "style": "bullet", "elements": lines}));
        }
        elements
    }

    /// `text` is what notifications and screen readers get; links are not to be unfolded into previews of dashboards.
    fn message(&self, content: &Content, sections: Vec<Vec<Value>>) -> String {
        let Content {
            title,
            headline,
            sections: _,
            notes,
            left_out,
            dashboard,
        } = content;
        let header = json!({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": false}});
        let headline = escape(&headline.to_string());
        let mut blocks = vec![header, context(&format!("{} · {headline}", self.time))];
        // One block for all: a message takes 50, a rich text any number of elements.
        if !sections.is_empty() {
            blocks.push(rich_text(sections.concat()));
        }
        if !notes.is_empty() {
            let notes: Vec<String> = notes.iter().map(Note::to_string).collect();
            blocks.push(rich_text(vec![words(vec![text(&notes.join("\n"))])]));
        }
        blocks.extend(left_out.notice().map(|notice| context(&notice)));
        blocks.extend(dashboard.map(|url| {
            let label = json!({"type": "plain_text", "text": "Open dashboard", "emoji": false});
            json!({"type": "actions", "elements": [{"type": "button", "text": label, "url": url.as_str()}]})
        }));
        json!({
            "text": format!("{}: {headline}", escape(title)),
            "unfurl_links": false,
            "unfurl_media": false,
            "blocks": blocks,
        })
        .to_string()
    }
}

fn rich_text(elements: Vec<Value>) -> Value {
    json!({"type": "rich_text", "elements": elements})
}

fn words(parts: Vec<Value>) -> Value {
    json!({"type": "rich_text_section", "elements": parts})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn bold(text: &str) -> Value {
    json!({"type": "text", "text": text, "style": {"bold": true}})
}

/// Verbatim: what looks like an address, a channel or a mention is text all the same.
fn context(mrkdwn: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": true}]})
}

/// Escapes what Slack asks for in `text` and in mrkdwn, and nothing else.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
