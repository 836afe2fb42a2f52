//! Microsoft Teams, work or school: an Adaptive Card for a Workflows webhook.
//!
//! A card that goes too far is not refused: the workflow takes it, and people see that it "couldn't be displayed". So it
//! keeps to version 1.4, the newest that workflows are known to post (microsoft/AdaptiveCards issue 8965), and to elements
//! that every client shows: a phone, too. Reference: <https://adaptivecards.io/explorer/>.

mod literal;

use serde::Serialize;

pub use self::literal::literal;
use crate::update::{
    Coverage, Update,
    content::{Content, ContentLine, ContentSection, LinePart, Wording},
    layout::Layout,
    message::{Format, Mark, Message},
    truncate::{Limit, Terms, fitted},
};

/// The limit is on the whole JSON. Teams documents about 28 KB for a message; of that, about 21 KB have been seen to be
/// usable.
const TERMS: Terms = Terms(Format::Json, Wording::Card, Limit::Bytes(20_000));

/// Bytes of the text for clients that show no card.
const FALLBACK: usize = 1_000;

/// The update for a Teams channel or chat.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    fitted(update, mark, &TERMS, &AdaptiveCard)
}

/// Input of the trigger "When a Teams webhook request is received". Every field is required but the summary, which
/// the stock workflow drops; one that passes the request on shows it as the notification's text.
#[derive(Serialize)]
struct Post {
    #[serde(rename = "type")]
    kind: &'static str,
    summary: String,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    content_type: &'static str,
    /// `null`. Left out, some workflows answer `TriggerInputSchemaMismatch`.
    content_url: (),
    content: Card,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    msteams: Teams,
    fallback_text: String,
    body: Vec<Element>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
}

/// Teams' own: as wide as the channel.
#[derive(Serialize)]
struct Teams {
    width: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Element {
    TextBlock(TextBlock),
    Container { style: &'static str, items: Vec<Element> },
    ColumnSet { columns: [Column; 2] },
    FactSet { facts: Vec<Fact>, spacing: &'static str },
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct TextBlock {
    text: String,
    wrap: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<&'static str>,
}

#[derive(Serialize)]
struct Column {
    #[serde(rename = "type")]
    kind: &'static str,
    width: &'static str,
    items: Vec<Element>,
}

#[derive(Serialize)]
struct Fact {
    title: String,
    value: String,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Action {
    #[serde(rename = "Action.OpenUrl")]
    OpenUrl { title: &'static str, url: String },
}

struct AdaptiveCard;

impl Layout<'_> for AdaptiveCard {
    type Line = Fact;
    type Section = Element;

    fn line(&self, line: &ContentLine) -> Fact {
        let (mut title, mut value) = ("", String::new());
        for part in &line.parts {
            match part {
                LinePart::Label(label) => title = label,
                LinePart::Value(_) | LinePart::Reference(_) => value.push_str(&part.to_string()),
            }
        }
        Fact {
            title: literal(title),
            value: literal(&value),
        }
    }

    /// A coloured band, which says in words, too, what its colour means.
    fn section(&self, section: &ContentSection, facts: Vec<Fact>) -> Element {
        let coverage = section.update.coverage;
        let style = match coverage {
            Coverage::Whole => "good",
            Coverage::Part => "warning",
            Coverage::Nothing => "attention",
        };
        let state = format!("{}{}", coverage.words(), section.reference());
        let heading = Element::ColumnSet {
            columns: [
                Column::new("stretch", TextBlock::new(&section.title).weight("Bolder")),
                Column::new("auto", TextBlock::new(&state)),
            ],
        };
        let mut items = vec![heading];
        if !facts.is_empty() {
            let spacing = "Small";
            items.push(Element::FactSet { facts, spacing });
        }
        Element::Container { style, items }
    }

    fn message(&self, content: &Content, sections: Vec<Element>) -> String {
        let Content {
            title,
            headline,
            sections: _,
            notes,
            left_out,
            dashboard,
        } = content;
        let headline = headline.to_string();
        let mut body = vec![
            TextBlock::new(title).weight("Bolder").size("Large").into(),
            TextBlock::new(&headline).spacing("Small").into(),
        ];
        body.extend(sections);
        body.extend(notes.iter().enumerate().map(|(index, note)| {
            let text = TextBlock::new(&note.to_string()).size("Small");
            text.spacing(if index == 0 { "Medium" } else { "Small" }).into()
        }));
        body.extend(left_out.notice().map(|it| TextBlock::new(&it).weight("Bolder").into()));
        let actions = dashboard.iter().map(|url| Action::OpenUrl {
            title: "Open dashboard",
            url: url.to_string(),
        });
        let card = Card {
            schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            kind: "AdaptiveCard",
            version: "1.4",
            msteams: Teams { width: "Full" },
            fallback_text: fallback(content),
            body,
            actions: actions.collect(),
        };
        let post = Post {
            kind: "message",
            summary: literal(&format!("{title}: {headline}")),
            attachments: [Attachment {
                content_type: "application/vnd.microsoft.card.adaptive",
                content_url: (),
                content: card,
            }],
        };
        // Strings and maps with string keys: there is nothing that JSON cannot say.
        serde_json::to_string(&post).unwrap_or_default()
    }
}

/// The beginning of the update as paragraphs, which Markdown separates by an empty line.
fn fallback(content: &Content) -> String {
    let sections = content.sections.iter().flat_map(|section| {
        let heading = format!("{}{}", section.title, section.reference());
        std::iter::once(heading).chain(section.lines.iter().map(ContentLine::to_string))
    });
    let mut text = literal(&content.title);
    for line in std::iter::once(content.headline.to_string()).chain(sections) {
        let line = literal(&line);
        if text.len() + line.len() > FALLBACK {
            return text + "\n\n...";
        }
        text = text + "\n\n" + &line;
    }
    text
}

impl TextBlock {
    fn new(text: &str) -> Self {
        Self {
            text: literal(text),
            wrap: true,
            ..Self::default()
        }
    }

    fn weight(self, weight: &'static str) -> Self {
        let weight = Some(weight);
        Self { weight, ..self }
    }

    fn size(self, size: &'static str) -> Self {
        let size = Some(size);
        Self { size, ..self }
    }

    fn spacing(self, spacing: &'static str) -> Self {
        let spacing = Some(spacing);
        Self { spacing, ..self }
    }
}

impl From<TextBlock> for Element {
    fn from(block: TextBlock) -> Self {
        Self::TextBlock(block)
    }
}

impl Column {
    fn new(width: &'static str, text: TextBlock) -> Self {
        Self {
            kind: "Column",
            width,
            items: vec![text.into()],
        }
    }
}

#[cfg(test)]
mod tests;
