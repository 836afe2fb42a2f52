//! The keys of a report as a whole, and how reading report.yaml ends: with the report, or with every mistake in it.

use std::{iter, time::Duration};

use serde_json::{Value, json};
use url::Url;

use super::{
    destination::{self, DestinationSettings, KindReader},
    form::{Form, Nested},
    json_schema,
    model::Config,
    problem::{Problem, Problems},
    section::{self, Used},
    source::Source,
    syntax,
    table::{
        Need::{DefaultsTo, Optional, Required},
        Object, Settings, object,
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
    SECTIONS: Nested = "sections", Required, section::SECTIONS, "The headings of the update, in order.";
    DESTINATIONS: Nested = "destinations", Required, destination::DESTINATIONS,
        "Where the update is posted to, everywhere at the same time. At least one destination is required.";
    DASHBOARD: Url = "dashboard", Optional, LINK,
        "A link to where people look further. Messages to chats that have links end with it.";
}

/// The report.yaml that the program was built with.
pub const SHIPPED: &str = include_str!("../../report.yaml");

/// Reads a report.yaml that messages call `name`, with each `${NAME}` taken from `env`, and destinations of these `kinds`;
/// its sections are read from `sources`. Beside the report are the settings of its destinations, in its order.
///
/// # Errors
///
/// Every mistake in it, or the one that keeps it from being read as YAML at all.
pub fn read<S: DestinationSettings>(
    yaml: &[u8],
    name: &str,
    env: &dyn Fn(&str) -> Option<String>,
    kinds: &[&KindReader<S>],
    sources: &[&'static dyn Source],
) -> Result<(Config, Vec<S>), Problems> {
    let root = tree::parse(yaml).map_err(|problem| Problems::new(name, vec![problem]))?;
    let walk = Walk::new(env);
    let read = report(&walk.start(&root), kinds, sources);
    let (mut problems, advice) = walk.into_notes();
    match read {
        Some((report, settings)) if problems.is_empty() => return Ok((Config { advice, ..report }, settings)),
        // Giving up without saying why would be a bug of a reader; it must not pass for success.
        None if problems.is_empty() => problems.push(Problem::of_file("is refused, but no reason was noted")),
        _ => {}
    }
    Err(Problems::new(name, problems))
}

/// The JSON Schema of report.yaml, for editors. It accepts every report that [`read`] accepts, and some more:
/// it cannot tell what the metrics and destinations of a report have to do with each other.
pub fn schema<S>(kinds: &[&KindReader<S>], sources: &[&'static dyn Source]) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.yaml of hourly-update",
    });
    let report = match sources {
        [only] => REPORT.schema_with(&only.keys().report),
        // Which of them are needed depends on the sections.
        _ => sources.iter().fold(REPORT.schema(), |mut schema, source| {
            let other = source.keys().report.schema();
            json_schema::extend(&mut schema["properties"], other["properties"].clone());
            schema
        }),
    };
    json_schema::extend(&mut schema, report);
    json_schema::extend(&mut schema["properties"][SECTIONS.name], section::schema(sources));
    json_schema::extend(&mut schema["properties"][DESTINATIONS.name], destination::schema(kinds));
    schema
}

/// Reads the report and the settings of its destinations. Advice is noted in the walk.
fn report<S: DestinationSettings>(
    root: &Cursor<'_>,
    kinds: &[&KindReader<S>],
    sources: &[&'static dyn Source],
) -> Option<(Config, Vec<S>)> {
    let settings = root.any_settings()?;
    let of_sources: Vec<Object> = sources.iter().map(|source| source.keys().report).collect();
    let known: Vec<&Object> = iter::once(&REPORT).chain(&of_sources).collect();
    settings.are_known(&known);
    let report = settings.read(&NAME);
    let retry_delays = settings.read(&RETRY_DELAYS);
    let sources = used(sources, &settings);
    let sections = settings.place(&SECTIONS);
    let sections = sections.map(|cursor| section::read(cursor, &sources));
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

/// The sources that the report has keys of; the first one of all, if it has none.
fn used<'a>(sources: &[&'static dyn Source], report: &Settings<'a>) -> Vec<Used<'a>> {
    let is_used = |source: &&dyn Source| {
        let keys = source.keys();
        let sections = report.given(&SECTIONS);
        report.has_any(&keys.report) || sections.is_some_and(|cursor| cursor.any_item_has(|key| keys.section.has(key)))
    };
    let mut used: Vec<_> = sources.iter().copied().filter(is_used).collect();
    if used.is_empty() {
        used.extend(sources.first());
    }
    let read = |source: &'static dyn Source| Used {
        source,
        place: source.read(report),
    };
    used.into_iter().map(read).collect()
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
    r"\s*[Hh][Tt][Tt][Pp][Ss]:[\s\S]*",
    |text| {
        let url = Url::parse(text).ok().filter(|url| url.as_str().len() <= 2_000)?;
        let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        is_plain.then_some(url)
    },
)
.unseen();
