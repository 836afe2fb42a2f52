//! The keys of a report as a whole, and how reading report.yaml ends: with the report, or with every mistake in it.

use std::time::Duration;

use url::Url;

use super::{
    account,
    destination::{self, DestinationSettings, KindReader},
    model::Config,
    problem::{Problem, Problems},
    section,
    syntax::{NAME, is_name},
    tree,
    walk::{Cursor, Walk},
};

/// How long to wait before each further try, unless the report says otherwise.
const DEFAULT_RETRY_DELAYS: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(40),
];

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

fn report<S: DestinationSettings>(root: &Cursor<'_>, kinds: &[&dyn KindReader<S>]) -> Option<(Config, Vec<S>)> {
    let settings = root.settings(&[
        "report",
        "retry_delays",
        "accounts",
        "sections",
        "destinations",
        "dashboard",
    ])?;
    let report = settings
        .required("report")
        .and_then(|cursor| cursor.text_that(NAME, is_name));
    let retry_delays = settings.or("retry_delays", DEFAULT_RETRY_DELAYS.into(), retry_delays);
    let accounts = settings.required("accounts").and_then(account::read);
    let sections = settings
        .required("sections")
        .map(|cursor| section::read(cursor, accounts.as_ref()));
    let destinations = settings
        .required("destinations")
        .map(|cursor| destination::read(cursor, kinds));
    let dashboard = settings.get("dashboard").and_then(dashboard);
    let (destinations, own) = destinations?.into_iter().unzip();
    let report = Config {
        report: report?,
        sections: sections?,
        retry_delays,
        destinations,
        dashboard,
        advice: Vec::new(),
    };
    Some((report, own))
}

/// Three at most, and short: the update has to be out before the hour is full.
fn retry_delays(cursor: &Cursor<'_>) -> Option<Vec<Duration>> {
    let items = cursor.items()?;
    if items.len() > 3 {
        cursor.wrong(format!("has {} delays; expected at most 3", items.len()));
    }
    let delays: Vec<_> = items.iter().map(|cursor| cursor.duration_in(1..=60)).collect();
    delays.into_iter().collect()
}

/// Chats take links of up to 3,000 characters (Slack's buttons); a longer one is a mistake anyway.
fn dashboard(cursor: &Cursor<'_>) -> Option<Url> {
    const WHAT: &str = "a link; expected https://..., up to 2,000 characters, without a user's name in it";
    // where somebody who has a password in it is told so, it is not repeated
    cursor.parse_unseen(WHAT, |text| {
        let url = Url::parse(text).ok().filter(|url| url.as_str().len() <= 2_000)?;
        let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        is_plain.then_some(url)
    })
}
