//! Payload -> [`Trigger`]: what one run is asked to do.
//!
//! Two kinds of payload start a run. AWS's envelopes (a rule's scheduled event, a schedule without Input) are not ours:
//! only `source` and `time` are read, whatever else they hold. Our own payload, which the schedule's Input and people
//! send, is a contract: an unknown key or a bad time is refused, since a misspelt `dryrun` would post. A key that is read
//! may be there only once, and a key of ours within an envelope is refused, since it would not be followed.

use std::time::Duration;

use jiff::{Timestamp, Unit, civil::Time, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::Value;

use crate::{
    clock::earlier,
    foreign::one_line,
    report::{Period, source::Retention},
};

/// A request for one run.
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
    /// Post the update marked as a test, whatever has been posted. The update of the hour is still posted on time.
    pub test: bool,
}

/// A payload that starts nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadEvent(String);

/// How far back as of may lie: the ledger keeps for so long which messages have been posted. A source may keep its
/// datapoints for a shorter time.
pub const OLDEST: Duration = Duration::from_secs(14 * 24 * 3600);

/// The limit of a report whose sources have none.
const LEDGER: Retention = Retention {
    age: OLDEST,
    why: "what has been posted is known no longer",
};

/// How far two good clocks may differ: the schedule's and the function's.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The keys of [`Own`] that an [`Envelope`] must not have.
const NOT_IN_ENVELOPES: [&str; 5] = ["dry_run", "force", "sections", "destinations", "test"];

/// The longest error of a payload, in characters: the place, what was found, and what was expected.
const LONGEST: usize = 300;

/// Our own payload.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    time: GivenTime,
    dry_run: bool,
    force: bool,
    sections: Names,
    destinations: Names,
    test: bool,
}

/// AWS's scheduled event.
#[derive(Deserialize)]
struct Envelope {
    source: Value,
    #[serde(default)]
    time: GivenTime,
}

/// A time in RFC 3339, or none where the key is left out. `null` is neither.
#[derive(Default)]
struct GivenTime(Option<Timestamp>);

impl<'de> Deserialize<'de> for GivenTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.as_str().and_then(|text| text.parse().ok()) {
            Some(time) => Ok(Self(Some(time))),
            None => Err(D::Error::custom(format!(
                "expected a time such as \"2026-11-22T13:57:00Z\", found {}",
                shorten(&value.to_string())
            ))),
        }
    }
}

/// At least one name, or `None` where the key is left out.
#[derive(Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Names(Option<Vec<String>>);

impl TryFrom<Vec<String>> for Names {
    type Error = &'static str;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        if names.is_empty() {
            return Err("an empty list, expected at least one name (leave the key out for all)");
        }
        Ok(Self(Some(names)))
    }
}

impl Trigger {
    /// The update of this minute with all its sections, to every destination, once.
    pub fn full_run(as_of: Timestamp) -> Self {
        Self {
            as_of,
            dry_run: false,
            force: false,
            sections: None,
            destinations: None,
            test: false,
        }
    }

    /// Whether the run posts the update that people wait for each hour. A test does not, nor does a part of the sections.
    pub fn is_the_hour(&self) -> bool {
        !self.test && self.sections.is_none()
    }

    /// Reads an invocation's payload, which is JSON, at the time `now`; `kept` is how long the report's sources keep what
    /// a run reads.
    ///
    /// # Errors
    /// [`BadEvent`], naming the key, for anything that is neither one of AWS's scheduled events nor our own payload.
    pub fn from_event(event: &str, now: Timestamp, kept: Option<Retention>) -> Result<Self, BadEvent> {
        let value = serde_json::from_str(event).map_err(|error| bad(format!("cannot be read as JSON: {error}")))?;
        let Value::Object(keys) = value else {
            let found = shorten(&value.to_string());
            return Err(bad(format!("expected an object ({{}} means now), found {found}")));
        };
        // Read from the text again: of a key that is there twice, the value above has only the last.
        if !keys.contains_key("source") {
            let own: Own = read(event)?;
            return Ok(Self {
                as_of: own.time.minute(now, kept)?,
                dry_run: own.dry_run,
                force: own.force,
                sections: own.sections.0,
                destinations: own.destinations.0,
                test: own.test,
            });
        }
        let Envelope { source, time } = read(event)?;
        let shown = shorten(&source.to_string());
        if source != "aws.events" && source != "aws.scheduler" {
            return Err(bad(format!(
                "source: expected \"aws.events\" or \"aws.scheduler\", found {shown}"
            )));
        }
        if let Some(key) = NOT_IN_ENVELOPES.iter().find(|key| keys.contains_key(**key)) {
            return Err(bad(format!(
                "{key}: not followed in an event of {shown}; send it without \"source\""
            )));
        }
        if time.0.is_none() {
            return Err(bad("time: missing from a scheduled event"));
        }
        Ok(Self::full_run(time.minute(now, kept)?))
    }

    /// A full run that a person asks for, as of `time` (now, if `None`); `kept` as above.
    ///
    /// # Errors
    /// [`BadEvent`] when the time lies in the future or is too old to be read.
    pub fn by_hand(time: Option<Timestamp>, now: Timestamp, kept: Option<Retention>) -> Result<Self, BadEvent> {
        Ok(Self::full_run(GivenTime(time).minute(now, kept)?))
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

/// Finds the instant that a person means by `13:57` (the last one, UTC), `2026-11-22T13:57Z` or any RFC 3339 time.
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
        bad(format!(
            "expected 13:57 or 2026-11-22T13:57Z, found {:?}",
            shorten(text)
        ))
    })
}

/// The payload as a `T`, or an error that begins with the place of the mistake, such as `sections[0]: `.
fn read<T: DeserializeOwned>(event: &str) -> Result<T, BadEvent> {
    let json = &mut serde_json::Deserializer::from_str(event);
    serde_path_to_error::deserialize(json).map_err(|error| bad(without_middle(&error.to_string())))
}

/// A message in one line, and of a long one both ends: it begins with the place and ends with what was expected.
fn without_middle(message: &str) -> String {
    let line: Vec<char> = one_line(message, usize::MAX).chars().collect();
    let text = |part: &[char]| part.iter().collect::<String>();
    match line.len() {
        0..=LONGEST => text(&line),
        length => format!(
            "{}...{}",
            text(&line[..LONGEST / 3]),
            text(&line[length - 2 * LONGEST / 3..])
        ),
    }
}

impl GivenTime {
    /// The whole minute at or before the given time, or before `now` without one.
    fn minute(self, now: Timestamp, kept: Option<Retention>) -> Result<Timestamp, BadEvent> {
        let time = self.0.unwrap_or(now);
        let ahead = time.duration_since(now);
        if ahead > CLOCK_SKEW.try_into().unwrap_or_default() {
            let now = now.round(Unit::Second).unwrap_or(now);
            return Err(bad(format!("time: {time} lies in the future (it is {now})")));
        }
        let Retention { age, why } = kept.filter(|kept| kept.age <= OLDEST).unwrap_or(LEDGER);
        if -ahead > age.try_into().unwrap_or_default() {
            let days = age.as_secs() / DAY.as_secs();
            return Err(bad(format!("time: {time} is more than {days} days ago; {why}")));
        }
        Ok(Period::MINUTE.floor(time))
    }
}

fn bad(problem: impl Into<String>) -> BadEvent {
    BadEvent(problem.into())
}

/// The text on one line, with at most 60 characters of it.
fn shorten(text: &str) -> String {
    one_line(text, 60)
}

#[cfg(test)]
mod tests;
