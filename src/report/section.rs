//! `sections`: the headings of the update.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    form::{Form, Nested},
    json_schema, metric,
    model::Section,
    references,
    source::{PlaceReader, Source},
    syntax::LINE,
    table::{Need::Required, object},
    walk::Cursor,
};

object! {
    SECTION: "A heading of the update: metrics of one place in one source.";

    TITLE: String = "title", Required, LINE, "The heading. No two sections have the same.";
    METRICS: Nested = "metrics", Required, Form::nested(|| json!({})),
        "The lines under the heading, in order. At least one of them is not hidden.";
}

/// The form of `sections`; what it says more about their sources is in [`schema`].
pub const SECTIONS: Form<Nested> = Form::nested(|| json!({ "minItems": 1 }));

/// The JSON Schema of `sections`, as far as it depends on the sources that there are.
pub fn schema(sources: &[&'static dyn Source]) -> Value {
    let section = |source: &&'static dyn Source| {
        let mut section = SECTION.schema_with(&source.keys().section);
        json_schema::extend(&mut section["properties"][METRICS.name], metric::schema(*source));
        section
    };
    let sections: Vec<Value> = sources.iter().map(section).collect();
    json_schema::list(match sections.as_slice() {
        [only] => only.clone(),
        _ => json!({ "oneOf": sections }),
    })
}

/// A source that the report uses, with what the report's top level says of it.
pub struct Used<'a> {
    /// The source.
    pub source: &'static dyn Source,
    /// Reads the places in it.
    pub place: PlaceReader<'a>,
}

/// Reads all sections. One whose keys show no source belongs to the first of those that are used.
pub fn read(cursor: &Cursor<'_>, sources: &[Used<'_>]) -> Vec<Section> {
    let items = cursor.items();
    if items.as_ref().is_some_and(Vec::is_empty) {
        cursor.wrong("has no section; expected at least one");
    }
    let mut titles = HashSet::new();
    items
        .unwrap_or_default()
        .iter()
        .filter_map(|cursor| section(cursor, sources, &mut titles))
        .collect()
}

fn section(cursor: &Cursor<'_>, sources: &[Used<'_>], titles: &mut HashSet<String>) -> Option<Section> {
    let settings = cursor.any_settings()?;
    let is_of = |used: &&Used<'_>| settings.has_any(&used.source.keys().section);
    let Used { source, place } = sources.iter().find(is_of).or(sources.first())?;
    settings.are_known(&[&SECTION, &source.keys().section]);
    let title = settings.placed(&TITLE);
    if let Some((cursor, title)) = &title
        && !titles.insert(title.clone())
    {
        cursor.wrong(format!(
            "another section is called {title:?} too; expected each title once"
        ));
    }
    let place = place(&settings);
    let metrics = settings.place(&METRICS).and_then(|cursor| {
        let metrics = cursor.items()?;
        let drafts: Vec<_> = metrics.iter().map(|cursor| metric::read(cursor, *source)).collect();
        if drafts.iter().all(|draft| draft.hidden) {
            cursor.wrong("shows nothing; expected at least one metric that is not hidden");
        }
        Some(references::resolve(drafts, *source))
    });
    Some(Section {
        title: title?.1,
        place: place?,
        metrics: metrics?,
    })
}
