//! `destinations`: where the update is posted to. Each kind has its own keys, and a file of its own beside this one.

use std::collections::{BTreeSet, HashSet};

use super::{
    syntax::{NAME, is_name},
    walk::Cursor,
};
use crate::destinations::{
    incoming_webhook::config::{self as webhook, Webhook},
    skype::config::{self as skype, Skype},
    sns::config::{self as sns, Sns},
    teams_free::config::{self as teams_free, TeamsFree},
};

/// One place to post to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// What report.yaml calls it; part of the message's key.
    pub name: String,
    /// Whether a run has failed when its message was not posted here.
    pub required: bool,
    /// Which kind of chat it is.
    pub kind: DestinationKind,
}

/// The kinds of chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationKind {
    /// A Skype group.
    Skype(Skype),
    /// A Slack channel, by an incoming webhook.
    Slack(Webhook),
    /// A Teams channel or chat, work or school, by a Workflows webhook.
    Teams(Webhook),
    /// A group in Teams Free.
    TeamsFree(TeamsFree),
    /// A topic of Amazon SNS.
    Sns(Sns),
    /// A receiver of signed webhooks.
    Webhook(Webhook),
    /// Standard output: in the function, its log.
    Log,
}

impl DestinationKind {
    /// The words for all kinds in report.yaml.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|(name, _)| *name)
    }

    /// Whether messages leave the machine: a dry run posts to no such destination.
    pub fn is_elsewhere(&self) -> bool {
        !matches!(self, Self::Log)
    }

    /// Whether its service is somebody else's than AWS, and may stand while a region of AWS is down.
    pub fn is_outside_aws(&self) -> bool {
        self.is_elsewhere() && !matches!(self, Self::Sns(_))
    }
}

/// The words for them in report.yaml.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Skype,
    Slack,
    Teams,
    TeamsFree,
    Sns,
    Webhook,
    Log,
}

const KINDS: &[(&str, Kind)] = &[
    ("skype", Kind::Skype),
    ("slack", Kind::Slack),
    ("teams", Kind::Teams),
    ("teams_free", Kind::TeamsFree),
    ("sns", Kind::Sns),
    ("webhook", Kind::Webhook),
    ("log", Kind::Log),
];

/// The keys that every kind has.
const KEYS: &[&str] = &["name", "kind", "required"];

/// Reads all destinations.
pub fn read(cursor: &Cursor<'_>) -> Vec<Destination> {
    let items = cursor.items();
    if items.as_ref().is_some_and(Vec::is_empty) {
        cursor.wrong("has no destination; expected at least one");
    }
    let items = items.unwrap_or_default();
    let mut names = HashSet::new();
    let destinations: Vec<_> = items.iter().map(|cursor| destination(cursor, &mut names)).collect();
    // One that could not be read may be meant to be required.
    let is_optional = |it: &Option<Destination>| it.as_ref().is_some_and(|it| !it.required);
    if !destinations.is_empty() && destinations.iter().all(is_optional) {
        cursor.wrong(
            "requires none: nobody would hear of an hour that was not posted; expected one without \"required: false\"",
        );
    }
    let is_inside_aws = |it: &Option<Destination>| it.as_ref().is_some_and(|it| !it.kind.is_outside_aws());
    if !destinations.is_empty() && destinations.iter().all(is_inside_aws) {
        cursor.advise(
            "every destination is inside AWS, and so are the alarms: when their region is down, nobody is told; a webhook to a \
             heartbeat service outside of AWS tells (docs/operations.md, \"When the region is down\")",
        );
    }
    for (cursor, destination) in items.iter().zip(&destinations) {
        if let Some(destination) = destination {
            check_written(cursor, destination, destinations.iter().flatten());
        }
    }
    destinations.into_iter().flatten().collect()
}

fn destination(cursor: &Cursor<'_>, names: &mut HashSet<String>) -> Option<Destination> {
    let settings = cursor.any_settings()?;
    let name = settings.required("name").and_then(|cursor| {
        let name = cursor.text_that(NAME, is_name)?;
        if !names.insert(name.clone()) {
            cursor.wrong(format!(
                "another destination is called {name:?} too; expected each name once"
            ));
        }
        Some(name)
    });
    let required = settings.or("required", true, Cursor::flag);
    let kind = settings.required("kind");
    // Which keys are known, and needed, depends on the kind: without it there is nothing more to say.
    let kind = match kind.and_then(|cursor| cursor.word("a kind of chat", KINDS))? {
        Kind::Skype => {
            settings.are_known(&[KEYS, skype::KEYS]);
            skype::read(&settings).map(DestinationKind::Skype)
        }
        Kind::Slack => {
            settings.are_known(&[KEYS, webhook::KEYS]);
            webhook::read(&settings).map(DestinationKind::Slack)
        }
        Kind::Teams => {
            settings.are_known(&[KEYS, webhook::KEYS]);
            webhook::read(&settings).map(DestinationKind::Teams)
        }
        Kind::TeamsFree => {
            settings.are_known(&[KEYS, teams_free::KEYS]);
            teams_free::read(&settings).map(DestinationKind::TeamsFree)
        }
        Kind::Sns => {
            settings.are_known(&[KEYS, sns::KEYS]);
            sns::read(&settings).map(DestinationKind::Sns)
        }
        Kind::Webhook => {
            settings.are_known(&[KEYS, webhook::KEYS]);
            webhook::read(&settings).map(DestinationKind::Webhook)
        }
        Kind::Log => {
            settings.are_known(&[KEYS]);
            Some(DestinationKind::Log)
        }
    };
    Some(Destination {
        name: name?,
        required,
        kind: kind?,
    })
}

/// Writing a session over what people have put into a secret would lock the next run out, and so would writing over the
/// tokens of another destination.
fn check_written<'a>(cursor: &Cursor<'_>, own: &Destination, all: impl Iterator<Item = &'a Destination>) {
    let others = all.filter(|other| !std::ptr::eq(*other, own));
    match &own.kind {
        DestinationKind::Skype(skype) => {
            let Some(session) = &skype.session_secret else { return };
            let mut given = BTreeSet::from([&skype.secret]);
            let mut shared = false;
            for other in others {
                given.extend(other.kind.secret());
                if let DestinationKind::Skype(other) = &other.kind {
                    shared |= other.session_secret.as_ref() == Some(session) && other.secret != skype.secret;
                }
            }
            if given.contains(session) {
                cursor.wrong(
                    "keeps its session in a secret that holds credentials; expected a \"session_secret\" of its own",
                );
            }
            if shared {
                cursor.wrong(
                    "shares its session with another user's destination; expected a \"session_secret\" of its own",
                );
            }
        }
        DestinationKind::TeamsFree(teams_free) => {
            let secret = &teams_free.secret;
            if others
                .filter_map(|other| other.kind.secret())
                .any(|other| other == secret)
            {
                cursor.wrong("keeps its sign-in in another destination's secret; expected a \"secret\" of its own");
            }
        }
        DestinationKind::Slack(_)
        | DestinationKind::Teams(_)
        | DestinationKind::Webhook(_)
        | DestinationKind::Sns(_)
        | DestinationKind::Log => {}
    }
}

impl DestinationKind {
    /// The secret that people have put something into.
    fn secret(&self) -> Option<&String> {
        match self {
            Self::Skype(skype) => Some(&skype.secret),
            Self::Slack(webhook) | Self::Teams(webhook) | Self::Webhook(webhook) => Some(&webhook.secret),
            Self::TeamsFree(teams_free) => Some(&teams_free.secret),
            Self::Sns(_) | Self::Log => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KINDS;
    use crate::report::model::Config;

    #[test]
    fn the_shipped_report_has_an_example_of_every_kind() {
        for (kind, _) in KINDS {
            let is_example = |line: &str| line.contains(&format!("kind: {kind},"));
            let mut used = usize::from(
                Config::SHIPPED
                    .lines()
                    .any(|line| line.trim() == format!("kind: {kind}")),
            );
            let report: String = Config::SHIPPED
                .lines()
                .map(|line| match line.strip_prefix("  # - {") {
                    Some(example) if is_example(line) => {
                        used += 1;
                        format!("  - {{{example}\n")
                    }
                    _ => format!("{line}\n"),
                })
                .collect();
            assert_eq!(used, 1, "{kind}");
            let env = |name: &str| {
                let value = match name {
                    "PRODUCTION_ACCOUNT_ID" => "111111111111",
                    "STAGING_ACCOUNT_ID" => "222222222222",
                    "SKYPE_GROUP" => "19:0@thread.skype",
                    other => other,
                };
                Some(value.to_owned())
            };
            Config::from_yaml(report.as_bytes(), "report.yaml", &env).unwrap();
        }
    }
}
