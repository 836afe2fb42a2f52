//! Payload -> [`Trigger`]: what one run is asked to do.
//!
//! Two kinds of payload start a run. AWS's envelopes (a rule's scheduled event, a schedule without Input) are not ours:
//! only `source` and `time` are read, whatever else they hold. Our own payload, which the schedule's Input and people
//! send, is a contract: an unknown key or a bad time is refused, since a misspelt `dryrun` would post. So are a repeated
//! key, and a key of ours within an envelope, where it would not be followed.

use std::{collections::BTreeSet, fmt, time::Duration};

use jiff::{Timestamp, Unit, civil::Time, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::{clock::earlier, foreign::one_line, report::Period};

/// What one run is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The instant that the update is about: a whole minute.
    pub as_of: Timestamp,
    /// Render only: no sign-in, no claim, no post but to standard output.
    pub dry_run: bool,
    /// Post even if the message has been posted already.
    pub force: bool,
    /// The titles of the sections to show; all of them when `None`.
    pub sections: Option<Vec<String>>,
    /// The names of the destinations to post to; all of them when `None`.
    pub destinations: Option<Vec<String>>,
    /// Post the update marked as a test, whatever has been posted; the hour's own is still to come.
    pub test: bool,
}

/// A payload that starts nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{problem}")]
pub struct BadEvent {
    place: String,
    problem: String,
}

/// How far back as of may lie. CloudWatch keeps one-minute datapoints for 15 days, and what a run asks for begins some
/// hours before as of.
pub const OLDEST: Duration = Duration::from_secs(14 * 24 * 3600);

/// How far two good clocks may differ: the schedule's and the function's.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The keys of our own payload.
const KEYS: [&str; 6] = ["time", "dry_run", "force", "sections", "destinations", "test"];

impl Trigger {
    /// The whole update of this minute, to everybody, once.
    pub fn whole(as_of: Timestamp) -> Self {
        Self {
            as_of,
            dry_run: false,
            force: false,
            sections: None,
            destinations: None,
            test: false,
        }
    }

    /// Whether it is about a whole hour, for those who wait for it: what a section or a test says is nobody's hour.
    pub fn is_the_hour(&self) -> bool {
        !self.test && self.sections.is_none()
    }

    /// Reads an invocation's payload, which is JSON, at the time `now`.
    ///
    /// # Errors
    /// [`BadEvent`], naming the key, for anything that is neither one of AWS's scheduled events nor our own payload.
    pub fn from_event(event: &str, now: Timestamp) -> Result<Self, BadEvent> {
        let not_json = |error: serde_json::Error| bad("", format!("cannot be read as JSON: {error}"));
        let keys = event;
        let event = match serde_json::from_str(event).map_err(not_json)? {
            Value::Object(event) => event,
            other => {
                return Err(bad(
                    "",
                    format!("expected an object ({{}} means now), found {}", kind(&other)),
                ));
            }
        };
        if let Some(key) = serde_json::from_str::<Repeated>(keys).map_err(not_json)?.0 {
            return Err(bad(&shorten(&key), "is there twice; expected once"));
        }
        match event.get("source") {
            Some(source) => Self::from_envelope(&event, source, now),
            None => Self::from_own(&event, now),
        }
    }

    fn from_envelope(event: &Map<String, Value>, source: &Value, now: Timestamp) -> Result<Self, BadEvent> {
        if source != "aws.events" && source != "aws.scheduler" {
            return Err(bad(
                "source",
                format!("expected \"aws.events\" or \"aws.scheduler\", found {}", short(source)),
            ));
        }
        if let Some(own) = KEYS.iter().find(|key| **key != "time" && event.contains_key(**key)) {
            return Err(bad(
                own,
                format!(
                    "not followed in an event of {}; send it without \"source\"",
                    short(source)
                ),
            ));
        }
        let time = event
            .get("time")
            .ok_or_else(|| bad("time", "missing from a scheduled event"))?;
        Ok(Self::whole(parse_time("time", time, now)?))
    }

    fn from_own(event: &Map<String, Value>, now: Timestamp) -> Result<Self, BadEvent> {
        if let Some(unknown) = event.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(bad(
                &shorten(unknown),
                format!("unknown key; expected {}", KEYS.join(", ")),
            ));
        }
        Ok(Self {
            as_of: match event.get("time") {
                Some(time) => parse_time("time", time, now)?,
                None => whole_minute(now),
            },
            dry_run: parse_flag(event, "dry_run")?,
            force: parse_flag(event, "force")?,
            sections: parse_names(event, "sections", "section titles")?,
            destinations: parse_names(event, "destinations", "destinations' names")?,
            test: parse_flag(event, "test")?,
        })
    }

    /// The trigger of a person who asks for `time` (now, if `None`).
    ///
    /// # Errors
    /// [`BadEvent`] when the time lies in the future or is too old to be read.
    pub fn by_hand(time: Option<Timestamp>, now: Timestamp) -> Result<Self, BadEvent> {
        Ok(Self::whole(match time {
            Some(time) => readable("time", time, now)?,
            None => whole_minute(now),
        }))
    }
}

/// A time as a person gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The instant that is meant.
    pub time: Timestamp,
    /// Whether it was given without a date, and means yesterday, since today's is still to come.
    pub is_yesterday: bool,
}

/// The instant that a person means by `13:57` (the last one, UTC), `2026-11-22T13:57Z` or any RFC 3339 time.
///
/// # Errors
/// [`BadEvent`] when it is neither.
pub fn parse_at(text: &str, now: Timestamp) -> Result<At, BadEvent> {
    if let Ok(time) = text.parse::<Timestamp>() {
        let is_yesterday = false;
        return Ok(At { time, is_yesterday });
    }
    let today = now.to_zoned(TimeZone::UTC).datetime();
    let at_time = |time: Time| {
        let today = today.date().to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
        let is_yesterday = today > now;
        let time = if is_yesterday { earlier(today, DAY) } else { today };
        Some(At { time, is_yesterday })
    };
    let time = Time::strptime("%H:%M", text).ok().and_then(at_time);
    time.ok_or_else(|| {
        bad(
            "",
            format!("expected 13:57 or 2026-11-22T13:57Z, found {:?}", shorten(text)),
        )
    })
}

/// The first key of an object that it has twice. In [`Map`] the last one has silently won.
struct Repeated(Option<String>);

impl<'de> Deserialize<'de> for Repeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Repeated;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Repeated, A::Error> {
                let mut seen = BTreeSet::new();
                let mut repeated = None;
                while let Some((key, IgnoredAny)) = entries.next_entry::<String, _>()? {
                    if repeated.is_none() && seen.contains(&key) {
                        repeated = Some(key);
                    } else {
                        seen.insert(key);
                    }
                }
                Ok(Repeated(repeated))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

fn parse_time(key: &str, time: &Value, now: Timestamp) -> Result<Timestamp, BadEvent> {
    let parsed = time.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let time = parsed.ok_or_else(|| {
        bad(
            key,
            format!(
                "expected a time such as \"2026-11-22T13:57:00Z\", found {}",
                short(time)
            ),
        )
    })?;
    readable(key, time, now)
}

/// The whole minute at or before `time`, if CloudWatch can still answer for it.
fn readable(key: &str, time: Timestamp, now: Timestamp) -> Result<Timestamp, BadEvent> {
    let ahead = time.duration_since(now);
    if ahead > CLOCK_SKEW.try_into().unwrap_or_default() {
        return Err(bad(key, format!("{time} lies in the future (it is {})", seconds(now))));
    }
    if -ahead > OLDEST.try_into().unwrap_or_default() {
        return Err(bad(
            key,
            format!(
                "{time} is more than 14 days ago; CloudWatch drops one-minute data after 15, and the hours before are read, too"
            ),
        ));
    }
    Ok(whole_minute(time))
}

fn parse_flag(event: &Map<String, Value>, key: &str) -> Result<bool, BadEvent> {
    match event.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(bad(key, format!("expected true or false, found {}", short(other)))),
    }
}

fn parse_names(event: &Map<String, Value>, key: &str, what: &str) -> Result<Option<Vec<String>>, BadEvent> {
    let Some(names) = event.get(key) else {
        return Ok(None);
    };
    let wrong = |found: &Value| bad(key, format!("expected a list of {what}, found {}", short(found)));
    let Value::Array(names) = names else {
        return Err(wrong(names));
    };
    if names.is_empty() {
        return Err(bad(key, format!("an empty list; leave the key out for all {key}")));
    }
    let names = names.iter();
    names
        .map(|name| name.as_str().map(str::to_owned).ok_or_else(|| wrong(name)))
        .collect::<Result<_, _>>()
        .map(Some)
}

fn whole_minute(time: Timestamp) -> Timestamp {
    Period::MINUTE.floor(time)
}

fn seconds(time: Timestamp) -> Timestamp {
    time.round(Unit::Second).unwrap_or(time)
}

fn bad(key: &str, problem: impl Into<String>) -> BadEvent {
    BadEvent {
        place: if key.is_empty() {
            String::new()
        } else {
            format!("{key}: ")
        },
        problem: problem.into(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The value itself when it is small enough to be read in an error, else its kind.
fn short(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
        Value::String(text) => format!("{:?}", shorten(text)),
        small => small.to_string(),
    }
}

/// Not too long, and on one line.
fn shorten(text: &str) -> String {
    one_line(text, 60)
}

#[cfg(test)]
mod tests;
