//! The tables of report.yaml's keys, one for each kind of mapping. From a table, values are read, unknown keys are told
//! and the JSON Schema is generated, so a key is one row and its use.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    form::Form,
    json_schema::extend,
    problem::{quote, remedy},
    tree,
    walk::{Cursor, Walk},
};

/// Whether a key must be there.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Its absence is a mistake.
    Required,
    /// It may be left out; another key may make it required.
    Optional,
    /// It may be left out, and then has this value, in YAML.
    DefaultsTo(&'static str),
}

/// A row: a key whose value is a `T`.
pub struct Key<T: 'static> {
    /// The key itself.
    pub name: &'static str,
    /// Whether it must be there.
    pub need: Need,
    /// How its value is written.
    pub form: &'static Form<T>,
    /// Its purpose, in plain English.
    pub doc: &'static str,
}

impl<T> Key<T> {
    /// The value of the key where it is left out.
    pub fn default_value(&self) -> Option<T> {
        let Need::DefaultsTo(yaml) = self.need else {
            return None;
        };
        let node = tree::parse(yaml.as_bytes()).ok()?;
        let walk = Walk::new(&|_| None);
        self.form.read(&walk.start(&node))
    }
}

/// A row, whatever its type.
pub trait Row: Sync {
    /// The key itself.
    fn name(&self) -> &'static str;
    /// Whether it must be there.
    fn need(&self) -> Need;
    /// The JSON Schema of its value, with description and default.
    fn schema(&self) -> Value;
}

impl<T> Row for Key<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn need(&self) -> Need {
        self.need
    }

    fn schema(&self) -> Value {
        let mut schema = self.form.schema();
        schema["description"] = self.doc.into();
        if let Need::DefaultsTo(yaml) = self.need {
            schema["default"] = serde_saphyr::from_str(yaml).unwrap_or_default();
        }
        schema
    }
}

/// The table of one kind of mapping.
#[derive(Clone, Copy)]
pub struct Object {
    /// The purpose of the mapping, in plain English.
    pub doc: &'static str,
    /// Its keys, in the order in which messages list them.
    pub keys: &'static [&'static dyn Row],
    /// JSON Schemas of what its keys ask of each other.
    pub rules: &'static [fn() -> Value],
}

impl Object {
    /// The JSON Schema of the mapping.
    pub fn schema(&self) -> Value {
        self.schema_beside(&[])
    }

    /// Whether the table has this key.
    pub fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name() == name)
    }

    /// The JSON Schema of a mapping that has the keys of this table and of another one.
    pub fn schema_with(&self, other: &Self) -> Value {
        let (mut schema, other) = (self.schema(), other.schema());
        extend(&mut schema["properties"], other["properties"].clone());
        for list in ["required", "allOf"] {
            let both = [schema.get(list), other.get(list)].into_iter().flatten();
            let both: Vec<Value> = both.filter_map(Value::as_array).flatten().cloned().collect();
            // An empty allOf is no schema.
            if !both.is_empty() {
                schema[list] = both.into();
            }
        }
        schema
    }

    /// The JSON Schema of the mapping where it also has keys that are described elsewhere.
    pub fn schema_beside(&self, others: &[&dyn Row]) -> Value {
        let known = others.iter().map(|key| (key.name().to_owned(), Value::Bool(true)));
        let own = self.keys.iter().map(|key| (key.name().to_owned(), key.schema()));
        let is_required = |key: &&&dyn Row| matches!(key.need(), Need::Required);
        let mut schema = json!({
            "description": self.doc,
            "type": "object",
            "properties": known.chain(own).collect::<Map<_, _>>(),
            "required": self.keys.iter().filter(is_required).map(|key| key.name()).collect::<Vec<_>>(),
            "additionalProperties": false,
        });
        if !self.rules.is_empty() {
            schema["allOf"] = self.rules.iter().map(|rule| rule()).collect();
        }
        schema
    }
}

/// Defines the constants of a table's keys and the table that has them all, so that no key is read which it lacks.
macro_rules! object {
    (
        $vis:vis $object:ident: $about:literal $(, $rule:expr)*;
        $($key:ident: $type:ty = $name:literal, $need:expr, $form:expr, $doc:literal;)*
    ) => {
        $(
            $vis const $key: $crate::report::table::Key<$type> = $crate::report::table::Key {
                name: $name,
                need: $need,
                form: &$form,
                doc: $doc,
            };
        )*
        $vis const $object: $crate::report::table::Object = $crate::report::table::Object {
            doc: $about,
            keys: &[$(&$key),*],
            rules: &[$($rule),*],
        };
    };
}
pub(crate) use object;

impl<'a> Cursor<'a> {
    /// The settings of a mapping that has one table; keys that it lacks are mistakes.
    pub fn settings(&self, object: &Object) -> Option<Settings<'a>> {
        let settings = self.any_settings()?;
        settings.are_known(&[object]);
        Some(settings)
    }

    /// The settings of a mapping whose tables depend on one of its values.
    pub fn any_settings(&self) -> Option<Settings<'a>> {
        Some(Settings {
            cursor: self.clone(),
            entries: self.entries()?,
        })
    }
}

/// The entries of a mapping, to be read by the keys of its tables.
pub struct Settings<'a> {
    cursor: Cursor<'a>,
    entries: Vec<(&'a str, Cursor<'a>)>,
}

impl<'a> Settings<'a> {
    /// Notes every key that is in none of these tables.
    pub fn are_known(&self, objects: &[&Object]) {
        let rows = objects.iter().flat_map(|object| object.keys);
        let known: Vec<_> = rows.map(|key| key.name()).collect();
        for key in self.cursor.keys().filter(|key| !known.contains(&key.text.as_str())) {
            let message = format!("unknown key {}; {}", quote(&key.text), remedy(&key.text, &known));
            self.cursor.wrong_at(key.at, message);
        }
    }

    /// Whether the mapping has a key of this table.
    pub fn has_any(&self, object: &Object) -> bool {
        self.entries.iter().any(|(name, _)| object.has(name))
    }

    /// A cursor on the mapping as a whole.
    pub fn cursor(&self) -> &Cursor<'a> {
        &self.cursor
    }

    /// A cursor on the value of `key`, if the mapping has it.
    pub fn given(&self, key: &dyn Row) -> Option<&Cursor<'a>> {
        self.entries
            .iter()
            .find(|(name, _)| *name == key.name())
            .map(|(_, cursor)| cursor)
    }

    /// A cursor on the value of `key`; where a required key is absent, notes so.
    pub fn place(&self, key: &dyn Row) -> Option<&Cursor<'a>> {
        let cursor = self.given(key);
        if cursor.is_none() && matches!(key.need(), Need::Required) {
            self.is_missing(key);
        }
        cursor
    }

    /// The value of `key`, or its default where it is absent. The default also stands for a value that cannot be read, so
    /// that other mistakes still show.
    pub fn read<T>(&self, key: &Key<T>) -> Option<T> {
        self.exactly(key).or_else(|| key.default_value())
    }

    /// The value of `key`, or its default where it is absent. For a value that cannot be read, the default does not stand:
    /// other settings would be judged by it.
    pub fn exactly<T>(&self, key: &Key<T>) -> Option<T> {
        match self.place(key) {
            Some(cursor) => key.form.read(cursor),
            None => key.default_value(),
        }
    }

    /// The value of `key` and its place, if the mapping has it.
    pub fn placed<T>(&self, key: &Key<T>) -> Option<(Cursor<'a>, T)> {
        let cursor = self.place(key)?;
        Some((cursor.clone(), key.form.read(cursor)?))
    }

    /// The value of a `key` that other keys have made required.
    pub fn required<T>(&self, key: &Key<T>) -> Option<T> {
        if self.given(key).is_none() {
            self.is_missing(key);
        }
        self.read(key)
    }

    fn is_missing(&self, key: &dyn Row) {
        self.wrong(format!("{:?} is missing", key.name()));
    }

    /// Notes that something is wrong with the mapping as a whole.
    pub fn wrong(&self, message: impl fmt::Display) {
        self.cursor.wrong(message);
    }
}
