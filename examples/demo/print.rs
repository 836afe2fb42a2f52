//! How the demo looks: short headings, times since the start, and the message as the group reads it.

use std::{
    fmt::Display,
    io::{IsTerminal, stdout},
    time::Instant,
};

use anyhow::Context;
use serde_json::{Map, Value};
use testkit::{process::Line, skype::GroupMessage};

/// Prints steps with the time since it was made.
pub struct Printer {
    start: Instant,
    bold: bool,
    /// How many lines of the function's log have been printed.
    logged: usize,
}

impl Printer {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            bold: stdout().is_terminal(),
            logged: 0,
        }
    }

    /// Starts a part of the demo.
    pub fn heading(&self, text: &str) {
        println!("\n{}", self.strong(text));
    }

    /// One line under a heading.
    pub fn item(&self, text: impl Display) {
        println!("  {text}");
    }

    /// One thing that happened just now.
    pub fn event(&self, text: impl Display) {
        println!("  {:4.1} s  {text}", self.start.elapsed().as_secs_f64());
    }

    /// The lines of the function's log that have not been printed yet.
    pub fn log(&mut self, lines: &[Line]) {
        for line in &lines[self.logged..] {
            self.event(format_args!("function: {}", log_line(&line.text)));
        }
        self.logged = lines.len();
    }

    /// A message as people see it.
    pub fn message(&self, message: &GroupMessage) -> anyhow::Result<()> {
        let text = match message.format.as_str() {
            "RichText" => self.rich(&message.content)?,
            _ => message.content.clone(),
        };
        for line in text.lines() {
            println!("  | {line}");
        }
        Ok(())
    }

    /// Skype's rich text is XML without a root.
    fn rich(&self, content: &str) -> anyhow::Result<String> {
        let xml = format!("<message>{content}</message>");
        let tree = roxmltree::Document::parse(&xml).context("the message is not Skype's rich text")?;
        let texts = tree.descendants().filter(roxmltree::Node::is_text).map(|node| {
            let text = node.text().unwrap_or_default();
            match node.parent() {
                Some(parent) if parent.has_tag_name("b") => self.strong(text),
                _ => text.to_owned(),
            }
        });
        Ok(texts.collect())
    }

    /// A Slack message: what its rich text says, and its button.
    pub fn blocks(&self, message: &Value) {
        let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        let words = |section: &Value| -> String {
            let parts = list(section, "elements").into_iter().map(|part| {
                let text = part["text"].as_str().unwrap_or_default();
                match part["style"]["bold"].as_bool() {
                    Some(true) => self.strong(text),
                    _ => text.to_owned(),
                }
            });
            parts.collect()
        };
        println!("  | {}", self.strong(message["text"].as_str().unwrap_or_default()));
        for block in list(message, "blocks") {
            for element in list(&block, "elements") {
                match element["type"].as_str() {
                    Some("rich_text_section") => words(&element).lines().for_each(|line| println!("  | {line}")),
                    Some("rich_text_list") => {
                        list(&element, "elements")
                            .iter()
                            .for_each(|item| println!("  |   • {}", words(item)));
                    }
                    Some("button") => println!("  | [ {} ]", element["text"]["text"].as_str().unwrap_or_default()),
                    _ => {}
                }
            }
        }
    }

    fn strong(&self, text: &str) -> String {
        if self.bold {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A line of the function's JSON log without what is the same in each; any other line as it is.
fn log_line(text: &str) -> String {
    let Ok(Value::Object(line)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    let fields = line.get("fields").and_then(Value::as_object).unwrap_or(&line);
    match fields.get("message").and_then(Value::as_str) {
        Some(message) => [message.to_owned(), details(fields)].join("  ").trim_end().to_owned(),
        None => details(fields),
    }
}

/// Everything in an object that has one value, as `name=value`.
pub fn details(object: &Map<String, Value>) -> String {
    const UNTOLD: [&str; 9] = [
        "message",
        "timestamp",
        "level",
        "target",
        "threadId",
        "threadName",
        "requestId",
        "xrayTraceId",
        "stage",
    ];
    let told = object.iter().filter(|(name, _)| !UNTOLD.contains(&name.as_str()));
    let pairs = told.filter_map(|(name, value)| match value {
        Value::String(text) => Some(format!("{name}={text}")),
        Value::Bool(_) | Value::Number(_) => Some(format!("{name}={value}")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    pairs.collect::<Vec<_>>().join(" ")
}
