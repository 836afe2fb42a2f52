//! The keys of a report as a whole, and how reading report.yaml ends: with the report, or with every mistake in it.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{
    account::{self, Accounts},
    destination::{self, DestinationSettings, KindReader},
    form::{Form, Nested},
    json_schema,
    model::Config,
    problem::{Problem, Problems},
    section, syntax,
    table::{
        Need::{DefaultsTo, Optional, Required},
        object,
    },
    tree,
    walk::{Cursor, Walk},
};

object! {
    REPORT: "The accounts that are read, the headings and lines of the hourly update, and where it is posted to. ${NAME} in a \
        text is filled in from the environment; $${ stands for the characters themselves.";

    NAME: String = "report", Required, syntax::NAME,
        "The report's name. It is part of every message's key, so a report that is renamed may post an hour twice.";
    RETRY_DELAYS: Vec<Duration> = "retry_delays", DefaultsTo("[10s, 20s, 40s]"), DELAYS,
        "How long to wait before each further try for values that have not arrived yet: at most three, each up to 60s.";
    ACCOUNTS: Accounts = "accounts", Required, account::ACCOUNTS,
        "The accounts that are read, by the names that sections call them.";
    SECTIONS: Nested = "sections", Required, section::SECTIONS, "The headings of the update, in order.";
    DESTINATIONS: Nested = "destinations", Required, destination::DESTINATIONS,
        "Where the update is posted to, everywhere at the same time. At least one destination is required.";
    DASHBOARD: Url = "dashboard", Optional, LINK,
        "A link to where people look further. Messages to chats that have links end with it.";
}

/// The report.yaml that the program was built with.
pub const SHIPPED: &str = include_str!("../../report.yaml");

/// Reads a report.yaml that messages call `source`, with each `${NAME}` taken from `env`, and destinations of these `kinds`.
/// Beside the report are the settings of its destinations, in its order.
///
/// # Errors
///
/// Every mistake in it, or the one that keeps it from being read as YAML at all.
pub fn read<S: DestinationSettings>(
    yaml: &[u8],
    source: &str,
    env: &dyn Fn(&str) -> Option<String>,
    kinds: &[&dyn KindReader<S>],
) -> Result<(Config, Vec<S>), Problems> {
    let root = tree::parse(yaml).map_err(|problem| Problems::new(source, vec![problem]))?;
    let walk = Walk::new(env);
    let read = report(&walk.start(&root), kinds);
    let (mut problems, advice) = walk.into_notes();
    match read {
        Some((report, settings)) if problems.is_empty() => return Ok((Config { advice, ..report }, settings)),
        // Giving up without saying why would be a bug of a reader; it must not pass for success.
        None if problems.is_empty() => problems.push(Problem::of_file("is refused, but no reason was noted")),
        _ => {}
    }
    Err(Problems::new(source, problems))
}

/// The JSON Schema of report.yaml, for editors. It accepts every report that [`read`] accepts, and some more:
/// it cannot tell what the metrics and destinations of a report have to do with each other.
pub fn schema<S>(kinds: &[&dyn KindReader<S>]) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.yaml of hourly-update",
    });
    json_schema::extend(&mut schema, REPORT.schema());
    json_schema::extend(&mut schema["properties"][DESTINATIONS.name], destination::schema(kinds));
    schema
}

/// Reads the report and the settings of its destinations. Advice is noted in the walk.
fn report<S: DestinationSettings>(root: &Cursor<'_>, kinds: &[&dyn KindReader<S>]) -> Option<(Config, Vec<S>)> {
    let settings = root.settings(&REPORT)?;
    let report = settings.read(&NAME);
    let retry_delays = settings.read(&RETRY_DELAYS);
    let accounts = settings.read(&ACCOUNTS);
    let sections = settings.place(&SECTIONS);
    let sections = sections.map(|cursor| section::read(cursor, accounts.as_ref()));
    let destinations = settings.place(&DESTINATIONS);
    let destinations = destinations.map(|cursor| destination::read(cursor, kinds));
    let dashboard = settings.read(&DASHBOARD);
    let (destinations, own) = destinations?.into_iter().unzip();
    let report = Config {
        report: report?,
        sections: sections?,
        retry_delays: retry_delays?,
        destinations,
        dashboard,
        advice: Vec::new(),
    };
    Some((report, own))
}

/// Three at most, and short: the update has to be out before the hour is full.
const DELAYS: Form<Vec<Duration>> = Form::Other {
    read: |cursor| {
        let items = cursor.items()?;
        if items.len() > 3 {
            cursor.wrong(format!("has {} delays; expected at most 3", items.len()));
        }
        let delays: Vec<_> = items.iter().map(|cursor| cursor.duration_in(1..=60)).collect();
        delays.into_iter().collect()
    },
    schema: || {
        let mut schema = json_schema::list(json_schema::duration(1..=60));
        schema["maxItems"] = 3.into();
        schema
    },
};

/// Chats take links of up to 3,000 characters (Slack's buttons); a longer one is a mistake anyway. Where somebody who has a
/// password in it is told so, it is not repeated.
const LINK: Form<Url> = Form::parsed(
    "a link; expected https://..., up to 2,000 characters, without a user's name in it",
    r"\s*[Hh][Tt][Tt][Pp][Ss]:.*",
    |text| {
        let url = Url::parse(text).ok().filter(|url| url.as_str().len() <= 2_000)?;
        let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        is_plain.then_some(url)
    },
)
.unseen();
