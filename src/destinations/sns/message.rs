//! SNS: one publish with a text for people, and for chats the notification of Amazon Q Developer in chat applications.
//!
//! SNS picks by protocol. `default`, which e-mail, queues and functions get, is plain text; `https` is what Amazon Q takes,
//! because that is how it is subscribed, and it drops everything else without a word. Programs are better served by the
//! signed webhook. Sources: `Publish` in SNS's API reference; "Custom notifications" in Amazon Q's administrator guide.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::update::{
    Update,
    content::{Content, Wording},
    message::{Format, Mark, Message},
    text::{MarkUp, PLAIN},
    truncate::truncate,
};

/// Bytes of the whole message: of SNS's 262,144 a little is left for the subject.
const LIMIT: usize = 262_144 - 1_024;

/// Characters of a mail's subject are less than that.
const SUBJECT: usize = 100;

/// Characters of a notification's description; counted as UTF-16 does, since nobody says how Amazon Q does.
const DESCRIPTION: usize = 8_000;

/// Characters of one of a notification's next steps.
const STEP: usize = 350;

/// An id of an event as long as any; see [`Publication::message`].
const ID: &str = "00000000T000000Z-00000000000000000000000000000000";

/// One publish; JSON of it is the message's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The subject of mails: less than 100 characters, ASCII alone.
    pub subject: String,
    /// The text that people get by mail.
    pub default: String,
    /// Amazon Q's notification, without its id.
    pub https: Map<String, Value>,
}

impl Publication {
    /// The publication that [`render`] made a message of.
    ///
    /// # Errors
    /// When it is another kind's message.
    pub fn of(message: &Message) -> serde_json::Result<Self> {
        serde_json::from_str(&message.body)
    }

    /// `Message` of a `Publish` with the `MessageStructure` `json`; `id` tells the event from others.
    pub fn message(&self, id: &str) -> String {
        let mut notification = self.https.clone();
        notification.insert("id".to_owned(), id.into());
        // every protocol's message is a text, so this one is JSON in JSON
        json!({"default": self.default, "https": Value::from(notification).to_string()}).to_string()
    }
}

/// The update for an SNS topic.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let content = Content::new(update, mark, Wording::Short);
    let description = truncate(&content, &MARKDOWN, |text| text.encode_utf16().count() <= DESCRIPTION);
    let notification = notification(update, &content, &description);
    let publication = |mail: String| Publication {
        subject: subject(&content),
        default: mail,
        https: notification.clone(),
    };
    let mail = truncate(&content, &MAIL, |mail| {
        publication(mail.to_owned()).message(ID).len() <= LIMIT
    });
    Message {
        format: Format::Json,
        body: json!(publication(mail)).to_string(),
    }
}

/// The title and, where there is room, how much was read, without the sections' names, which may be of any script.
fn subject(content: &Content) -> String {
    let subject = format!("{}: {}", content.title, content.headline.read);
    match subject.len() < SUBJECT {
        true => subject,
        false => content.title.clone(),
    }
}

const MAIL: MarkUp = MarkUp {
    bullet: "- ",
    link: |url| Some(format!("Dashboard: {url}")),
    ..PLAIN
};

fn notification(update: &Update, content: &Content, description: &str) -> Map<String, Value> {
    let day = update.as_of.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d");
    let mut body = Map::from_iter([
        ("textType".to_owned(), "client-markdown".into()),
        ("title".to_owned(), content.title.as_str().into()),
        ("description".to_owned(), description.into()),
    ]);
    let step = content.dashboard.map(link).filter(|link| is_step(link));
    body.extend(step.map(|step| ("nextSteps".to_owned(), json!([step]))));
    let metadata = json!({
        // a day's updates are one thread, where the channel has threads
        "threadId": format!("{}-{day}", update.report),
        "summary": literal(&content.headline.to_string()),
        "eventType": "hourly-update",
        "enableCustomActions": false,
    });
    Map::from_iter([
        ("version".to_owned(), "1.0".into()),
        ("source".to_owned(), "custom".into()),
        ("content".to_owned(), body.into()),
        ("metadata".to_owned(), metadata),
    ])
}

/// The title has a field of its own. A link that is too long for a step is a part of the description.
const MARKDOWN: MarkUp = MarkUp {
    title: |_| None,
    headline: |headline| Some(literal(headline)),
    heading: |title| Some(format!("*{}*", literal(title))),
    bullet: "- ",
    plain: literal,
    link: |url| Some(link(url)).filter(|link| !is_step(link)),
};

/// Whether a link is short enough for a notification's next step.
fn is_step(link: &str) -> bool {
    link.encode_utf16().count() <= STEP
}

/// `|` and `>` would end it.
fn link(url: &Url) -> String {
    let url = url.as_str().replace('|', "%7C").replace('>', "%3E");
    format!("<{url}|Open dashboard>")
}

/// Text that no markdown takes for mark-up. Amazon Q hands it on to Slack or Teams, which escape differently, and nobody
/// documents what it does with an escape; so look-alikes stand for the characters that mark-up is made of.
fn literal(text: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let mut before = None;
    let mut rest = text.chars();
    let mut literal = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        literal.push(match c {
            // within a word, as in names of roles, it is none in either
            '_' if is_word(before) && is_word(rest.clone().next()) => '_',
            '_' => 'ˍ',
            '*' => '∗',
            '~' => '∼',
            '`' => 'ˋ',
            '<' => '‹',
            '>' => '›',
            '[' => '［',
            ']' => '］',
            '|' => '∣',
            '&' => '＆',
            '\\' => '＼',
            c => c,
        });
        before = Some(c);
    }
    literal
}

#[cfg(test)]
mod tests;
