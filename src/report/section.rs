//! `sections`: the headings of the update.

use std::{collections::HashSet, sync::Arc};

use super::{
    account::Accounts,
    metric,
    model::{Section, SourceAccount},
    problem::remedy,
    references,
    syntax::{LINE, REGION, is_line, is_region},
    walk::Cursor,
};

/// Reads all sections; whether their accounts exist cannot be told if `accounts` could not be read.
pub fn read(cursor: &Cursor<'_>, accounts: Option<&Accounts<'_>>) -> Vec<Section> {
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

fn section(cursor: &Cursor<'_>, accounts: Option<&Accounts<'_>>, titles: &mut HashSet<String>) -> Option<Section> {
    let settings = cursor.settings(&["title", "account", "region", "metrics"])?;
    let title = settings.required("title").and_then(|cursor| {
        let title = cursor.text_that(LINE, is_line)?;
        if !titles.insert(title.clone()) {
            cursor.wrong(format!(
                "another section is called {title:?} too; expected each title once"
            ));
        }
        Some(title)
    });
    let account = settings
        .required("account")
        .and_then(|cursor| account(cursor, accounts?));
    let region = settings
        .required("region")
        .and_then(|cursor| cursor.text_that(REGION, is_region));
    let metrics = settings.required("metrics").and_then(|cursor| {
        let drafts: Vec<_> = cursor.items()?.iter().map(metric::read).collect();
        if drafts.iter().all(|draft| draft.hidden) {
            cursor.wrong("shows nothing; expected at least one metric that is not hidden");
        }
        Some(references::resolve(drafts))
    });
    Some(Section {
        title: title?,
        account: account?,
        region: region?,
        metrics: metrics?,
    })
}

fn account(cursor: &Cursor<'_>, accounts: &Accounts<'_>) -> Option<Arc<SourceAccount>> {
    let name = cursor.text()?;
    let account = accounts.get(name.value.as_str());
    if account.is_none() {
        let known: Vec<_> = accounts.keys().copied().collect();
        cursor.wrong(format!(
            "{name} is not under \"accounts\"; {}",
            remedy(&name.value, &known)
        ));
    }
    account.cloned().flatten()
}
