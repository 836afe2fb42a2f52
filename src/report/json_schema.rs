//! JSON Schemas of single values. Where a text is filled in from the environment, nothing is known of it but that it has
//! a `${`, so each schema of a text lets it pass.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

/// A text that matches a regular expression as a whole.
pub fn text(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": format!(r"^(?:{pattern})$|\$\{{") })
}

/// One of a few words.
pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    let words: Vec<_> = words.into_iter().collect();
    json!({ "type": "string", "anyOf": [{ "enum": words }, { "pattern": r"\$\{" }] })
}

/// `true` or `false`.
pub fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number in `range`.
pub fn whole(range: RangeInclusive<u64>) -> Value {
    json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() })
}

/// A duration in `range` (in seconds). Of one that is written as a text, only the form is known.
pub fn duration(range: RangeInclusive<u64>) -> Value {
    let mut schema = text(DURATION);
    schema["type"] = json!(["integer", "string"]);
    schema["minimum"] = (*range.start()).into();
    schema["maximum"] = (*range.end()).into();
    schema
}

/// One of a few durations (in seconds). Of one that is written as a text, only the form is known.
pub fn duration_of(choices: &[u32]) -> Value {
    json!({ "anyOf": [{ "enum": choices }, text(DURATION)] })
}

/// At least one number with a unit of hours or less, in any of the notations that are read: `90s`, `1h 30m`, `PT5M`.
const DURATION: &str = r"[^-]*[0-9]\s*[hmsunµμHMSUN:].*";

/// Adds what another JSON Schema of the same value says.
pub fn extend(schema: &mut Value, other: Value) {
    if let (Value::Object(schema), Value::Object(other)) = (schema, other) {
        schema.extend(other);
    }
}

/// A list.
pub fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}
