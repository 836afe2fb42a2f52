//! How a value of report.yaml is written: what reads it, and its JSON Schema.

use std::{cell::RefCell, collections::HashMap};

use regex_lite::Regex;
use serde_json::{Value, json};

use super::{json_schema, walk::Cursor};

/// The form of a value that is read as a `T`. Its JSON Schema refuses nothing that is read.
pub enum Form<T> {
    /// A text that matches a pattern as a whole, and of which `read` makes a value.
    Text {
        /// The expected form, in words.
        what: &'static str,
        /// A regular expression in the syntax that Rust and JSON Schema have in common.
        pattern: &'static str,
        /// Reads the text's meaning; `None` where it is wrong though it matches.
        read: fn(&str) -> Option<T>,
        /// Whether messages repeat a wrong text.
        is_repeated: bool,
    },
    /// Any other value.
    Other {
        /// Reads the value; where it is not of this form, notes so and returns `None`.
        read: fn(&Cursor<'_>) -> Option<T>,
        /// Its JSON Schema.
        schema: fn() -> Value,
    },
}

/// The value of a key whose reader needs more than the value, such as the accounts: it goes on from the key's place.
pub struct Nested;

impl Form<Nested> {
    /// A form of which no more is known here than its JSON Schema.
    pub const fn nested(schema: fn() -> Value) -> Self {
        let read = |_: &Cursor<'_>| Some(Nested);
        Self::Other { read, schema }
    }
}

impl Form<String> {
    /// A text that matches a pattern.
    pub const fn text(what: &'static str, pattern: &'static str) -> Self {
        Self::parsed(what, pattern, |text| Some(text.to_owned()))
    }
}

impl<T> Form<T> {
    /// A text that matches a pattern and has a meaning.
    pub const fn parsed(what: &'static str, pattern: &'static str, read: fn(&str) -> Option<T>) -> Self {
        Self::Text {
            what,
            pattern,
            read,
            is_repeated: true,
        }
    }

    /// This form in a place where people may put a secret by mistake: messages do not repeat a wrong text.
    pub const fn unseen(self) -> Self {
        match self {
            Self::Text {
                what, pattern, read, ..
            } => Self::Text {
                what,
                pattern,
                read,
                is_repeated: false,
            },
            other => other,
        }
    }

    /// Reads the value at `cursor`; where it is not of this form, notes so and returns `None`.
    pub fn read(&self, cursor: &Cursor<'_>) -> Option<T> {
        match self {
            Self::Text {
                what,
                is_repeated: true,
                ..
            } => cursor.parse(what, |text| self.parse(text)),
            Self::Text { what, .. } => cursor.parse_unseen(what, |text| self.parse(text)),
            Self::Other { read, .. } => read(cursor),
        }
    }

    /// The value that a text means.
    pub fn parse(&self, text: &str) -> Option<T> {
        match self {
            Self::Text { pattern, read, .. } if matches(pattern, text) => read(text),
            _ => None,
        }
    }

    /// Notes that a mapping's key is not of this form.
    pub fn check_key(&self, key: &str, cursor: &Cursor<'_>) {
        if let Self::Text { what, .. } = self
            && self.parse(key).is_none()
        {
            cursor.wrong(format!("{} is not {what}", super::problem::quote(key)));
        }
    }

    /// The JSON Schema of the value.
    pub fn schema(&self) -> Value {
        match self {
            Self::Text { pattern, .. } => json_schema::text(pattern),
            Self::Other { schema, .. } => schema(),
        }
    }

    /// The JSON Schema of a mapping's key, in which nothing is filled in.
    pub fn key_schema(&self) -> Value {
        match self {
            Self::Text { pattern, .. } => json!({ "pattern": whole(pattern) }),
            Self::Other { schema, .. } => schema(),
        }
    }
}

fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

/// Whether a text matches a pattern as a whole. Each pattern is compiled once.
fn matches(pattern: &'static str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<&'static str, Option<Regex>>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        let regex = compiled
            .entry(pattern)
            .or_insert_with(|| Regex::new(&whole(pattern)).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    })
}
