//! `sections`: the headings of the update.

use std::{collections::HashSet, sync::Arc};

use serde_json::json;

use super::{
    account::Accounts,
    form::{Form, Nested},
    json_schema, metric,
    model::{Section, SourceAccount},
    problem::remedy,
    references,
    syntax::{LINE, REGION as A_REGION},
    table::{Need::Required, object},
    walk::Cursor,
};

object! {
    SECTION: "A heading of the update: metrics of one account and region.";

    TITLE: String = "title", Required, LINE, "The heading. No two sections have the same.";
    ACCOUNT: Nested = "account", Required, Form::nested(|| json!({ "type": "string" })),
        "The account that the metrics are read from: a name under `accounts`.";
    REGION: String = "region", Required, A_REGION, "The region that the metrics are in.";
    METRICS: Nested = "metrics", Required, metric::METRICS,
        "The lines under the heading, in order. At least one of them is not hidden.";
}

/// The headings of the update.
pub const SECTIONS: Form<Nested> = Form::nested(|| {
    let mut schema = json_schema::list(SECTION.schema());
    schema["minItems"] = 1.into();
    schema
});

/// Reads all sections; whether their accounts exist cannot be told if `accounts` could not be read.
pub fn read(cursor: &Cursor<'_>, accounts: Option<&Accounts>) -> Vec<Section> {
    let items = cursor.items();
    if items.as_ref().is_some_and(Vec::is_empty) {
        cursor.wrong("has no section; expected at least one");
    }
    let mut titles = HashSet::new();
    items
        .unwrap_or_default()
        .iter()
        .filter_map(|cursor| section(cursor, accounts, &mut titles))
        .collect()
}

fn section(cursor: &Cursor<'_>, accounts: Option<&Accounts>, titles: &mut HashSet<String>) -> Option<Section> {
    let settings = cursor.settings(&SECTION)?;
    let title = settings.placed(&TITLE);
    if let Some((cursor, title)) = &title
        && !titles.insert(title.clone())
    {
        cursor.wrong(format!(
            "another section is called {title:?} too; expected each title once"
        ));
    }
    let account = settings.place(&ACCOUNT).and_then(|cursor| account(cursor, accounts?));
    let region = settings.read(&REGION);
    let metrics = settings.place(&METRICS).and_then(|cursor| {
        let drafts: Vec<_> = cursor.items()?.iter().map(metric::read).collect();
        if drafts.iter().all(|draft| draft.hidden) {
            cursor.wrong("shows nothing; expected at least one metric that is not hidden");
        }
        Some(references::resolve(drafts))
    });
    Some(Section {
        title: title?.1,
        account: account?,
        region: region?,
        metrics: metrics?,
    })
}

fn account(cursor: &Cursor<'_>, accounts: &Accounts) -> Option<Arc<SourceAccount>> {
    let name = cursor.text()?;
    let account = accounts.get(name.value.as_str());
    if account.is_none() {
        let known: Vec<_> = accounts.keys().map(String::as_str).collect();
        cursor.wrong(format!(
            "{name} is not under \"accounts\"; {}",
            remedy(&name.value, &known)
        ));
    }
    account.cloned().flatten()
}
