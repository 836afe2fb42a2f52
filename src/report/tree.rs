//! YAML text -> a tree in which every node knows where it stands.
//!
//! Deserialising straight into the config's types would stop at the first mistake, and would forget the places that
//! the rules of later stages need. So the text is read into this tree once, and the tree is walked afterwards.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{
    Location, Options, Spanned, UserMessageFormatter,
    localizer::Localizer,
    options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy},
};

use super::problem::{Position, Problem, quote};

/// The largest file that is read, in bytes. A report of a thousand metrics is a third of it.
pub const MAX_BYTES: usize = 1024 * 1024;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it is; for what an alias stands for, where that is defined and can be corrected.
    pub at: Position,
    /// Its value.
    pub value: Value,
}

/// A YAML value, by the rules of YAML 1.2: `yes` and `on` are texts, and so are numbers with leading zeros, which
/// would otherwise lose them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: `null`, `~`, or no text at all.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i128),
    /// A number with a point or an exponent.
    Float(f64),
    /// A text, whether in quotes or not.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file, repeated keys included.
    Map(Vec<(MapKey, Node)>),
}

/// In words, on one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Whole(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Text(text) => f.write_str(&quote(text)),
            Self::List(_) => f.write_str("a list"),
            Self::Map(_) => f.write_str("a mapping"),
        }
    }
}

/// The key of a mapping's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapKey {
    /// Where it is.
    pub at: Position,
    /// Its text.
    pub text: String,
}

/// Reads one YAML document. What is not YAML is one problem, because nothing after it can be relied on.
pub fn parse(yaml: &[u8]) -> Result<Node, Problem> {
    let whole = |message: String| Problem {
        at: Position::START,
        path: String::new(),
        message,
    };
    if yaml.len() > MAX_BYTES {
        return Err(whole(format!(
            "the file has {} bytes; expected at most {MAX_BYTES}",
            yaml.len()
        )));
    }
    let text = std::str::from_utf8(yaml).map_err(|error| not_utf8(yaml, error.valid_up_to()))?;
    let node = serde_saphyr::from_str_with_options::<Node>(text, options()).map_err(|error| not_yaml(&error))?;
    match node.value {
        Value::Null => Err(Problem::of_file("the file is empty; expected a report")),
        _ => Ok(node),
    }
}

/// Limits far above any sensible report and far below what could keep the function busy. Aliases are for saying
/// something once, e.g. the dimensions of a load balancer; merge keys left YAML with version 1.2.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 16, flow_nesting_limit: 16, max_anchors: 500, max_aliases: 5_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 50_000, max_replay_stack_depth: 8 },
        duplicate_keys: DuplicateKeyPolicy::PassThrough, // the walk reports them together with all else
        merge_keys: MergeKeyPolicy::Error,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

fn not_utf8(yaml: &[u8], valid_up_to: usize) -> Problem {
    let valid = String::from_utf8_lossy(&yaml[..valid_up_to]);
    let line = valid.split('\n').count();
    let column = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Problem {
        at: Position {
            line: line as u64,
            column: column as u64,
        },
        path: String::new(),
        message: format!(
            "byte {:#04x} is not UTF-8; expected a text file in UTF-8",
            yaml[valid_up_to]
        ),
    }
}

fn not_yaml(error: &serde_saphyr::Error) -> Problem {
    /// Leaves the place out of the wording, since each problem begins with it.
    struct WithoutPlace;
    impl Localizer for WithoutPlace {
        fn attach_location<'a>(&self, base: Cow<'a, str>, _: Location) -> Cow<'a, str> {
            base
        }
    }
    let said = error
        .without_snippet()
        .render_with_formatter(&UserMessageFormatter.with_localizer(&WithoutPlace));
    Problem {
        at: error.location().map_or(Position::START, position),
        path: String::new(),
        message: format!(
            "cannot be read as YAML: {}",
            said.split_whitespace().collect::<Vec<_>>().join(" ")
        ),
    }
}

fn position(location: Location) -> Position {
    Position {
        line: location.line().max(1),
        column: location.column().max(1),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self {
            at: position(spanned.defined),
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Whole(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Whole(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let key = MapKey {
                at: position(key.defined),
                text: key.value,
            };
            map.push((key, entries.next_value()?));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests;
