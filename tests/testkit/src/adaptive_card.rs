//! What people see of a card that a workflow posts: its text, or that it "couldn't be displayed".
//!
//! Stricter than the published schema. Of version 1.4 only those elements and properties are let through that every
//! Teams client shows of a card without a bot behind it. A newer version, a `Table` or an `Action.Submit` pass the
//! workflow, and the sender never learns that nobody can read the card.

use serde_json::{Map, Value};

/// The newest version that a workflow's post step is known to show.
const NEWEST: (u32, u32) = (1, 4);

/// Teams shows no more buttons than these at once.
const MOST_ACTIONS: usize = 6;

/// A word list, or anything.
type Values = &'static [&'static str];
const ANY: Values = &[];
const SPACING: Values = &["None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"];
const STYLE: Values = &["default", "emphasis", "good", "attention", "warning", "accent"];
const ALIGNMENT: Values = &["Left", "Center", "Right"];
const COLOR: Values = &["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"];

/// A thing that a card is made of.
struct Kind {
    name: &'static str,
    /// What it must have.
    needs: &'static [&'static str],
    /// What it may have: each with its values.
    may: &'static [(&'static str, Values)],
}

const KINDS: [Kind; 7] = [
    Kind {
        name: "AdaptiveCard",
        needs: &["version", "body"],
        may: &[
            ("$schema", &["http://adaptivecards.io/schemas/adaptive-card.json"]),
            ("version", ANY),
            ("msteams", ANY),
            ("fallbackText", ANY),
            ("body", ANY),
            ("actions", ANY),
        ],
    },
    Kind {
        name: "TextBlock",
        needs: &["text"],
        may: &[
            ("text", ANY),
            ("wrap", ANY),
            ("weight", &["Lighter", "Default", "Bolder"]),
            ("size", &["Small", "Default", "Medium", "Large", "ExtraLarge"]),
            ("color", COLOR),
            ("isSubtle", ANY),
            ("spacing", SPACING),
            ("separator", ANY),
            ("horizontalAlignment", ALIGNMENT),
        ],
    },
    Kind {
        name: "Container",
        needs: &["items"],
        may: &[
            ("items", ANY),
            ("style", STYLE),
            ("spacing", SPACING),
            ("separator", ANY),
            ("bleed", ANY),
        ],
    },
    Kind {
        name: "ColumnSet",
        needs: &["columns"],
        may: &[("columns", ANY), ("spacing", SPACING), ("separator", ANY)],
    },
    Kind {
        name: "Column",
        needs: &["items"],
        may: &[("items", ANY), ("width", &["auto", "stretch"]), ("spacing", SPACING)],
    },
    Kind {
        name: "FactSet",
        needs: &["facts"],
        may: &[("facts", ANY), ("spacing", SPACING), ("separator", ANY)],
    },
    Kind {
        name: "Action.OpenUrl",
        needs: &["title", "url"],
        may: &[("title", ANY), ("url", ANY)],
    },
];

/// The lines of text that people see, buttons last; or why they see that the card could not be displayed.
pub fn shown(card: &Value) -> Result<Vec<String>, String> {
    let fields = object(card)?;
    if fields.get("type").and_then(Value::as_str) != Some("AdaptiveCard") {
        return Err("not a card".into());
    }
    let version = fields.get("version").and_then(Value::as_str).and_then(|text| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    match version {
        Some(version) if version <= NEWEST => {}
        _ => return Err(format!("version {}", fields.get("version").unwrap_or(&Value::Null))),
    }
    if let Some(teams) = fields.get("msteams")
        && *teams != serde_json::json!({"width": "Full"})
    {
        return Err(format!("msteams: {teams}"));
    }
    let mut lines = Vec::new();
    element(card, &mut lines)?;
    Ok(lines)
}

/// Checks one element with all that is in it, and writes down its text.
fn element(value: &Value, lines: &mut Vec<String>) -> Result<(), String> {
    let fields = object(value)?;
    let name = fields.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| format!("an element {name:?}"))?;
    for need in kind.needs {
        fields.get(*need).ok_or_else(|| format!("{name} without {need}"))?;
    }
    for (key, value) in fields.iter().filter(|(key, _)| *key != "type") {
        let (_, values) = kind
            .may
            .iter()
            .find(|(may, _)| may == key)
            .ok_or_else(|| format!("{name} with {key}"))?;
        if !values.is_empty() && !value.as_str().is_some_and(|value| values.contains(&value)) {
            return Err(format!("{name} with {key}: {value}"));
        }
    }
    match name {
        "TextBlock" => lines.push(text(fields, "text")?),
        "FactSet" => {
            for fact in array(fields, "facts")? {
                let fact = object(fact)?;
                if let Some(key) = fact.keys().find(|key| !["title", "value"].contains(&key.as_str())) {
                    return Err(format!("a fact with {key}"));
                }
                lines.push(format!("{}: {}", text(fact, "title")?, text(fact, "value")?));
            }
        }
        "Action.OpenUrl" => {
            let url = text(fields, "url")?;
            if !url.starts_with("https://") {
                return Err(format!("a button to {url}"));
            }
            lines.push(format!("[{}] {url}", text(fields, "title")?));
        }
        _ => {
            let items = if name == "AdaptiveCard" { "body" } else { kind.needs[0] };
            for item in array(fields, items)? {
                element(item, lines)?;
            }
            if fields.contains_key("actions") {
                let actions = array(fields, "actions")?;
                if actions.len() > MOST_ACTIONS {
                    return Err(format!("{} actions", actions.len()));
                }
                for action in actions {
                    element(action, lines)?;
                }
            }
        }
    }
    Ok(())
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("no object: {value}"))
}

fn array<'a>(fields: &'a Map<String, Value>, key: &str) -> Result<&'a [Value], String> {
    fields
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| format!("no list: {key}"))
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<String, String> {
    fields
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("no text: {key}"))
}
