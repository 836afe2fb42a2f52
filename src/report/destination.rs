//! `destinations`: where the update is posted to. The keys besides the common ones depend on the destination's kind.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    form::{Form, Nested},
    json_schema::{extend, list, words},
    problem::remedy,
    syntax::{self, FLAG},
    table::{
        Need::{DefaultsTo, Required},
        Object, Settings, object,
    },
    walk::Cursor,
};

/// One place to post to, as far as it does not depend on its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its name in report.yaml; part of the message's key.
    pub name: String,
    /// Whether a run has failed when its message was not posted here.
    pub required: bool,
    /// Where its messages go.
    pub reach: Reach,
}

/// Where the messages of a destination go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// They stay on the machine: a dry run shows them, too, and none is an hour's own.
    Machine,
    /// To a service of AWS, which may be down together with the function's region.
    Aws,
    /// To a service of somebody else.
    Elsewhere,
}

/// A kind of destination, as report.yaml knows it; `S` is the type of all kinds' settings.
pub struct KindReader<S> {
    /// Its word after `kind:`.
    pub name: &'static str,
    /// Where messages go.
    pub reach: Reach,
    /// The keys that it has besides the common ones.
    pub keys: Object,
    /// Reads them; every mistake is noted.
    pub read: fn(&Settings<'_>) -> Option<S>,
}

/// The facts about a kind's settings that the rules of report.yaml ask for.
pub trait DestinationSettings {
    /// The secret that people put something into, if the kind has one.
    fn given_secret(&self) -> Option<&str> {
        None
    }

    /// The secret that the function writes, if the kind has one.
    fn written_secret(&self) -> Option<WrittenSecret<'_>> {
        None
    }
}

/// A secret that the function writes.
#[derive(Debug, Clone, Copy)]
pub struct WrittenSecret<'a> {
    /// Its name or ARN.
    pub id: &'a str,
    /// The key that names it.
    pub key: &'static str,
    /// The thing that is kept in it: `session`.
    pub holds: &'static str,
}

object! {
    KEYS: "One place to post to.";

    NAME: String = "name", Required, syntax::NAME,
        "The destination's name. It is part of the message's key, so a destination that is renamed may get an hour twice.";
    KIND: Nested = "kind", Required, Form::nested(|| json!({})), "The kind of place, which decides on the other keys.";
    REQUIRED: bool = "required", DefaultsTo("true"), FLAG,
        "Whether a run that could not post here has failed, and is repeated.";
}

/// The form of `destinations`; what it says more about their kinds is in [`schema`].
pub const DESTINATIONS: Form<Nested> = Form::nested(|| {
    let optional = json!({ "properties": { REQUIRED.name: { "const": false } }, "required": [REQUIRED.name] });
    json!({ "minItems": 1, "contains": { "not": optional } })
});

/// The JSON Schema of `destinations`, as far as it depends on the kinds that there are.
pub fn schema<S>(kinds: &[&KindReader<S>]) -> Value {
    let kind = |kind: &&KindReader<S>| {
        json!({
            "if": { "properties": { KIND.name: { "const": kind.name } }, "required": [KIND.name] },
            "then": kind.keys.schema_beside(KEYS.keys),
        })
    };
    let mut destination = KEYS.schema();
    extend(
        &mut destination["properties"][KIND.name],
        words(kinds.iter().map(|kind| kind.name)),
    );
    // Which other keys are known is up to the kind.
    destination["additionalProperties"] = true.into();
    destination["allOf"] = kinds.iter().map(kind).collect();
    list(destination)
}

/// Reads all destinations, with the settings of each.
pub fn read<S: DestinationSettings>(cursor: &Cursor<'_>, kinds: &[&KindReader<S>]) -> Vec<(Destination, S)> {
    let items = cursor.items();
    if items.as_ref().is_some_and(Vec::is_empty) {
        cursor.wrong("has no destination; expected at least one");
    }
    let items = items.unwrap_or_default();
    let mut names = HashSet::new();
    let read = items.iter().map(|cursor| destination(cursor, kinds, &mut names));
    let destinations: Vec<_> = read.collect();
    check_together(cursor, &destinations);
    for (index, cursor) in items.iter().enumerate() {
        check_written(cursor, index, &destinations);
    }
    destinations.into_iter().flatten().collect()
}

fn destination<S: DestinationSettings>(
    cursor: &Cursor<'_>,
    kinds: &[&KindReader<S>],
    names: &mut HashSet<String>,
) -> Option<(Destination, S)> {
    let settings = cursor.any_settings()?;
    let name = settings.placed(&NAME);
    if let Some((cursor, name)) = &name
        && !names.insert(name.clone())
    {
        cursor.wrong(format!(
            "another destination is called {name:?} too; expected each name once"
        ));
    }
    let required = settings.read(&REQUIRED);
    // Which keys are known, and needed, depends on the kind: without it there is nothing more to say.
    let kind = settings.place(&KIND).and_then(|cursor| kind(cursor, kinds))?;
    settings.are_known(&[&KEYS, &kind.keys]);
    let own = (kind.read)(&settings)?;
    let destination = Destination {
        name: name?.1,
        required: required?,
        reach: kind.reach,
    };
    Some((destination, own))
}

fn kind<'k, S>(cursor: &Cursor<'_>, kinds: &[&'k KindReader<S>]) -> Option<&'k KindReader<S>> {
    let word = cursor.text()?;
    let kind = kinds.iter().find(|kind| kind.name == word.value);
    if kind.is_none() {
        let known: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
        cursor.wrong(format!("{word} is not a kind of chat; {}", remedy(&word.value, &known)));
    }
    kind.copied()
}

/// Checks that somebody would hear of an hour that was not posted.
fn check_together<S>(cursor: &Cursor<'_>, destinations: &[Option<(Destination, S)>]) {
    // A destination that could not be read may be meant to be required.
    let all = |is: fn(&Destination) -> bool| {
        !destinations.is_empty() && destinations.iter().all(|it| it.as_ref().is_some_and(|(it, _)| is(it)))
    };
    if all(|it| !it.required) {
        cursor.wrong(
            "requires none: nobody would hear of an hour that was not posted; expected one without \"required: false\"",
        );
    }
    if all(|it| it.reach != Reach::Elsewhere) {
        cursor.advise(
            "every destination is inside AWS, and so are the alarms: when their region is down, nobody is told; a webhook to a \
             heartbeat service outside of AWS tells (docs/operations.md, \"When the region is down\")",
        );
    }
}

/// Checks the secret that a destination writes: writing over what people have put into a secret would lock the next run
/// out, and so would writing over the tokens of another destination.
fn check_written<S: DestinationSettings>(cursor: &Cursor<'_>, index: usize, all: &[Option<(Destination, S)>]) {
    let Some((_, own)) = &all[index] else { return };
    let Some(written) = own.written_secret() else { return };
    let others = || all.iter().enumerate().filter(|(other, _)| *other != index);
    let others = || others().filter_map(|(_, it)| it.as_ref().map(|(_, settings)| settings));
    let WrittenSecret { id, key, holds } = written;
    let given_elsewhere = others().any(|other| other.given_secret() == Some(id));
    // A kind may keep in one secret what people have put there, and write its successor.
    let given_here = key != "secret" && own.given_secret() == Some(id);
    let conflict = match (given_here, given_elsewhere) {
        (true, _) => Some("a secret that holds credentials"),
        (_, true) => Some("another destination's secret"),
        _ => None,
    };
    if let Some(conflict) = conflict {
        cursor.wrong(format!(
            "keeps its {holds} in {conflict}; expected a {key:?} of its own"
        ));
    }
    let is_shared = |other: &S| {
        let is_same = |other: WrittenSecret<'_>| (other.id, other.holds) == (id, holds);
        other.written_secret().is_some_and(is_same) && other.given_secret() != own.given_secret()
    };
    if others().any(is_shared) {
        cursor.wrong(format!(
            "shares its {holds} with another user's destination; expected a {key:?} of its own"
        ));
    }
}
