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
    /// What it is.
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
    Map(Vec<(Key, Node)>),
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
pub struct Key {
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
            let key = Key {
                at: position(key.defined),
                text: key.value,
            };
            map.push((key, entries.next_value()?));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(yaml: &str) -> Value {
        parse(yaml.as_bytes()).unwrap().value
    }

    fn problem(yaml: impl AsRef<[u8]>) -> String {
        parse(yaml.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn scalars_keep_what_they_were() {
        let yaml = "[~, true, yes, 7, -7, 1.5, '7', 012345678901, 1_000, .nan, on, 123456789012345678901234567890]";
        let Value::List(items) = value(yaml) else {
            panic!("not a list")
        };
        let values: Vec<_> = items.into_iter().map(|node| node.value).collect();
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            values[..6],
            [
                Value::Null,
                Value::Flag(true),
                text("yes"),
                Value::Whole(7),
                Value::Whole(-7),
                Value::Float(1.5)
            ]
        );
        assert_eq!(
            values[6..11],
            [text("7"), text("012345678901"), text("1_000"), text(".nan"), text("on")]
        );
        assert!(matches!(values[11], Value::Float(_)));
    }

    #[test]
    fn places_count_from_one_and_in_characters() {
        let Value::Map(entries) = value("größe: {ä: 1}\nb:\n  - 2\n") else {
            panic!("not a map")
        };
        let (key, node) = &entries[1];
        assert_eq!(key.at, Position { line: 2, column: 1 });
        let Value::List(items) = &node.value else {
            panic!("not a list")
        };
        assert_eq!(items[0].at, Position { line: 3, column: 5 });
        let Value::Map(inner) = &entries[0].1.value else {
            panic!("not a map")
        };
        assert_eq!(inner[0].1.at, Position { line: 1, column: 12 });
    }

    #[test]
    fn an_alias_is_what_it_stands_for() {
        let Value::Map(entries) = value("a: &lb {x: 1}\nb: *lb\n") else {
            panic!("not a map")
        };
        assert_eq!(entries[0].1, entries[1].1);
        assert_eq!(entries[1].1.at, Position { line: 1, column: 8 });
    }

    #[test]
    fn repeated_keys_are_kept_for_the_walk() {
        let Value::Map(entries) = value("a: 1\nb: 2\na: 3\n") else {
            panic!("not a map")
        };
        assert_eq!(entries.len(), 3);
    }

    #[test]
    fn what_is_not_one_yaml_document_is_one_problem() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
             c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
             e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
        let problems = [
            problem(""),
            problem("# nothing but a comment\n"),
            problem(vec![b' '; MAX_BYTES + 1]),
            problem(b"ok: 1\n  \xc3\xa4\xff: 2\n"),
            problem("a: 1\n---\nb: 2\n"),
            problem("a: [1, 2\n"),
            problem("a: 'open\n"),
            problem("a: 1\n\tb: 2\n"),
            problem("a: *nowhere\n"),
            problem("a: &a [*a]\n"),
            problem("a: &a {x: 1}\nb: {<<: *a}\n"),
            problem("a: !secret b\n"),
            problem("? [a, b]\n: 1\n"),
            problem("~: 1\n"),
            problem("[".repeat(40)),
            problem(bomb),
        ];
        insta::assert_snapshot!(problems.join("\n"));
    }
}
