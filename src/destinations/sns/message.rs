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
    content::Content,
    message::{Format, Mark, Message},
    text,
    truncate::fit,
};

/// Bytes of the whole message: of SNS's 262,144 a little is left for the subject.
const LIMIT: usize = 262_144 - 1_024;

/// Characters of a mail's subject are less than that.
const SUBJECT: usize = 100;

/// Characters of a notification's description; counted as UTF-16 does, since nobody says how Amazon Q does.
const DESCRIPTION: usize = 8_000;

/// Characters of one of a notification's next steps.
const STEP: usize = 350;

/// What the event's id will take at most; see [`Publication::message`].
const ID: &str = "00000000T000000Z-00000000000000000000000000000000";

/// What is published; JSON of it is the message's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The subject of mails: less than 100 characters, ASCII alone.
    pub subject: String,
    /// What people read who get a mail.
    pub default: String,
    /// Amazon Q's notification, without its id.
    pub https: Map<String, Value>,
}

impl Publication {
    /// What [`render`] made a message of.
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
    let content = Content::new(update, mark, |line| &line.label);
    let step = content.dashboard.as_ref().map(link);
    // too long for a step, it is a part of the description
    let (step, link) = match step {
        Some(step) if step.encode_utf16().count() > STEP => (None, Some(step)),
        step => (step, None),
    };
    let description = fit(
        &content,
        |content| description(content, link.as_deref()),
        |text| text.encode_utf16().count() <= DESCRIPTION,
    );
    let notification = notification(update, &content, &description, step);
    let publication = fit(
        &content,
        |content| Publication {
            subject: subject(content),
            default: mail(content),
            https: notification.clone(),
        },
        |publication| publication.message(ID).len() <= LIMIT,
    );
    Message {
        format: Format::Json,
        body: json!(publication).to_string(),
    }
}

/// The title and, where there is room, how much was read, without the sections' names, which may be of any script.
fn subject(content: &Content) -> String {
    let read = content.headline.split(';').next().unwrap_or_default();
    let subject = format!("{}: {read}", content.title);
    match subject.len() < SUBJECT {
        true => subject,
        false => content.title.clone(),
    }
}

fn mail(content: &Content) -> String {
    let text = text::write(content, "- ", &text::PLAIN);
    match &content.dashboard {
        Some(url) => format!("{text}\n\nDashboard: {url}"),
        None => text,
    }
}

fn notification(update: &Update, content: &Content, description: &str, step: Option<String>) -> Map<String, Value> {
    let day = update.as_of.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d");
    let mut body = Map::from_iter([
        ("textType".to_owned(), "client-markdown".into()),
        ("title".to_owned(), content.title.as_str().into()),
        ("description".to_owned(), description.into()),
    ]);
    body.extend(step.map(|step| ("nextSteps".to_owned(), json!([step]))));
    let metadata = json!({
        // a day's updates are one thread, where the channel has threads
        "threadId": format!("{}-{day}", update.report),
        "summary": literal(&content.headline),
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

fn description(content: &Content, link: Option<&str>) -> String {
    let mut text = literal(&content.headline);
    for line in text::lines(content, "- ", &MARKDOWN) {
        text.push('\n');
        text.push_str(&line);
    }
    if let Some(link) = link {
        text.push_str("\n\n");
        text.push_str(link);
    }
    text
}

const MARKDOWN: text::MarkUp = text::MarkUp {
    plain: literal,
    heading: |title| format!("*{}*", literal(title)),
};

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

/// The update with all that it says as a notification says it.
#[cfg(test)]
pub(crate) fn literally(update: &Update) -> Update {
    let mut update = update.clone();
    for section in &mut update.sections {
        section.title = literal(&section.title);
        for line in &mut section.lines {
            line.label = literal(&line.label);
            line.value = literal(&line.value);
        }
    }
    update.notes = update.notes.iter().map(|note| literal(note)).collect();
    update
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_label_is_mark_up() {
        for (text, expected) in [
            ("5xx *all* <!channel> & `x`", "5xx ∗all∗ ‹!channel› ＆ ˋxˋ"),
            (
                "[a](https://a.example) ~b~ _c_ d|e\\*",
                "［a］(https://a.example) ∼b∼ ˍcˍ d∣e＼∗",
            ),
            (
                "hourly_update_reader (AccessDenied)",
                "hourly_update_reader (AccessDenied)",
            ),
            ("a__b _", "aˍˍb ˍ"),
        ] {
            assert_eq!(literal(text), expected);
        }
    }

    #[test]
    fn the_longest_subject_is_short_enough() {
        // A report of 1 MiB has fewer lines than that.
        let headline = "99999 of 99999 metrics read; not read: Größe".to_owned();
        for mark in [Mark::Repeated, Mark::Again, Mark::Unchecked, Mark::Test] {
            let update = crate::destinations::tests::three_sections();
            let content = Content {
                headline: headline.clone(),
                ..Content::new(&update, Some(mark), |line| &line.label)
            };
            let subject = subject(&content);
            assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
            assert!(subject.ends_with(": 99999 of 99999 metrics read"), "{subject}");
        }
    }

    #[test]
    fn nothing_in_a_link_ends_it() {
        let url = Url::parse("https://a.example/?a=b|c#>").unwrap_or_else(|_| unreachable!());
        assert_eq!(link(&url), "<https://a.example/?a=b%7Cc#%3E|Open dashboard>");
    }
}
