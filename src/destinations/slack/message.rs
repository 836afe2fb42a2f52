//! Slack: Block Kit for an incoming webhook.
//!
//! Names, values and notes stand in `rich_text` blocks, whose text is taken as it is: nothing in it can turn into
//! mark-up or a mention. Reference: <https://docs.slack.dev/reference/block-kit/blocks>.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::update::{
    Coverage, Update,
    content::{Content, Line, Section, reference},
    message::{Format, Mark, Message},
    truncate::fit,
};

/// Characters of the whole JSON. Slack names no limit, but has answered `msg_blocks_too_long` at about 13,200
/// (slackapi/bolt-js issue 2509).
const LIMIT: usize = 12_000;

/// The update for a Slack channel.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let content = Content::new(update, mark, |line| &line.label);
    let time = viewers_time(update);
    Message {
        format: Format::Json,
        body: fit(
            &content,
            |content| message(content, &time).to_string(),
            |body| body.chars().count() <= LIMIT,
        ),
    }
}

/// `text` is what notifications and screen readers get; links are not to be unfolded into previews of dashboards.
fn message(content: &Content, time: &str) -> Value {
    let text = format!("{}: {}", content.title, content.headline);
    json!({
        "text": escape(&text),
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": blocks(content, time),
    })
}

fn blocks(content: &Content, time: &str) -> Vec<Value> {
    let header = json!({"type": "header", "text": {"type": "plain_text", "text": content.title, "emoji": false}});
    let mut blocks = vec![header, context(&format!("{time} · {}", escape(&content.headline)))];
    // One block for all: a message takes 50, a rich text any number of elements.
    let sections: Vec<Value> = content.sections.iter().flat_map(section).collect();
    if !sections.is_empty() {
        blocks.push(json!({"type": "rich_text", "elements": sections}));
    }
    let notes = content.notes.iter();
    let notes: Vec<String> = notes.map(|note| format!("({}) {}", note.number, note.text)).collect();
    if !notes.is_empty() {
        blocks.push(json!({"type": "rich_text", "elements": [words(&[text(&notes.join("\n"))])]}));
    }
    blocks.extend(content.left_out.notice().map(|notice| context(&notice)));
    blocks.extend(content.dashboard.as_ref().map(|url| {
        let label = json!({"type": "plain_text", "text": "Open dashboard", "emoji": false});
        json!({"type": "actions", "elements": [{"type": "button", "text": label, "url": url.as_str()}]})
    }));
    blocks
}

/// A heading, and a list, which must not be empty.
fn section(section: &Section) -> Vec<Value> {
    let state = match section.coverage {
        Coverage::Whole => "",
        Coverage::Part => " – read in part",
        Coverage::Nothing => " – not read",
    };
    let state = format!("{state}{}", reference(section.note));
    let mut heading = vec![bold(&section.title)];
    if !state.is_empty() {
        heading.push(text(&state));
    }
    let mut elements = vec![words(&heading)];
    if !section.lines.is_empty() {
        let lines: Vec<Value> = section.lines.iter().map(line).collect();
        elements.push(json!({"type": "rich_text_list", "style": "bullet", "elements": lines}));
    }
    elements
}

fn line(line: &Line) -> Value {
    let mut parts = vec![text(&format!("{}: ", line.name)), bold(&line.card_value)];
    if line.note.is_some() {
        parts.push(text(&reference(line.note)));
    }
    words(&parts)
}

fn words(parts: &[Value]) -> Value {
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

/// Each viewer sees the time of their own zone; the fallback, and the title, are in UTC.
fn viewers_time(update: &Update) -> String {
    let fallback = update.as_of.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC");
    let seconds = update.as_of.as_second();
    format!("<!date^{seconds}^{{date_short_pretty}} {{time}}|{fallback}>")
}

/// What Slack asks for in `text` and in mrkdwn, and nothing else.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
