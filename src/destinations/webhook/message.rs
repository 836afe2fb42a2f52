//! A signed webhook: the whole update as JSON, for programs.
//!
//! What it says is a contract with whoever wrote a receiver: docs/webhook.schema.json describes it, docs/webhook.md tells
//! what may change under the same version.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::{
    metrics::reading::{self, Provenance, Reason},
    update::{
        Coverage, Update,
        content::{Content, Line, Section},
        message::{Format, Mark, Message},
        truncate::fit,
    },
};

/// Changes when a receiver would have to.
const VERSION: &str = "2";

/// Bytes. With an envelope around it, it goes through queues and event buses that take 256 KiB, as Amazon EventBridge
/// did until 2026: <https://docs.aws.amazon.com/eventbridge/latest/userguide/calculate-putevents-entry-size.html>.
const LIMIT: usize = 240 * 1024;

/// The update for a program.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let content = Content::new(update, mark, |line| &line.label);
    Message {
        format: Format::Json,
        body: fit(
            &content,
            |content| json!(body(update, mark, content)).to_string(),
            |body| body.len() <= LIMIT,
        ),
    }
}

#[derive(Serialize)]
struct Body<'a> {
    version: &'static str,
    report: &'a str,
    as_of: Timestamp,
    mark: Option<&'static str>,
    restricted: bool,
    headline: &'a str,
    sections: Vec<SectionBody<'a>>,
    notes: Vec<NoteBody<'a>>,
    left_out: LeftOutBody,
    dashboard: Option<&'a str>,
}

#[derive(Serialize)]
struct SectionBody<'a> {
    title: &'a str,
    account_id: &'a str,
    region: &'a str,
    latest: Option<BucketBody>,
    coverage: &'static str,
    note: Option<usize>,
    readings: Vec<ReadingBody<'a>>,
}

#[derive(Serialize)]
struct ReadingBody<'a> {
    label: &'a str,
    long_label: &'a str,
    /// None where there is none: the 0 that people see is in the text.
    value: Option<f64>,
    unit: &'static str,
    text: &'a str,
    bucket: Option<BucketBody>,
    provenance: ProvenanceBody,
    complete: bool,
    tries: u32,
    note: Option<usize>,
}

#[derive(Serialize)]
struct BucketBody {
    start: Timestamp,
    period: u32,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ProvenanceBody {
    Settled,
    Widened {
        by_seconds: u64,
    },
    Provisional,
    TrueZero {
        by_seconds: u64,
    },
    Idle {
        by_seconds: u64,
    },
    Missing {
        reason: &'static str,
        last_known: Option<LastKnownBody>,
    },
}

#[derive(Serialize)]
struct LastKnownBody {
    value: f64,
    bucket: BucketBody,
}

#[derive(Serialize)]
struct NoteBody<'a> {
    number: usize,
    text: &'a str,
}

/// Not lines, which a program does not see.
#[derive(Serialize)]
struct LeftOutBody {
    sections: usize,
    readings: usize,
    notes: usize,
}

fn body<'a>(update: &'a Update, mark: Option<Mark>, content: &'a Content<'a>) -> Body<'a> {
    let notes = content.notes.iter().map(|note| NoteBody {
        number: note.number,
        text: &note.text,
    });
    let readings = content.sections.iter().map(|section| section.lines.len());
    Body {
        version: VERSION,
        report: &update.report,
        as_of: update.as_of,
        mark: mark.map(word),
        restricted: update.restricted,
        headline: &content.headline,
        sections: content.sections.iter().map(section).collect(),
        notes: notes.collect(),
        left_out: LeftOutBody {
            sections: update.sections.len() - content.sections.len(),
            readings: update.lines().count() - readings.sum::<usize>(),
            notes: update.notes.len() - content.notes.len(),
        },
        dashboard: content.dashboard.as_ref().map(|url| url.as_str()),
    }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Repeated => "repeated",
        Mark::Again => "posted_again",
        Mark::Unchecked => "may_be_a_repeat",
        Mark::Test => "test",
    }
}

fn section<'a>(section: &'a Section<'a>) -> SectionBody<'a> {
    SectionBody {
        title: &section.of.title,
        account_id: section.of.account.as_str(),
        region: &section.of.region,
        latest: section.of.latest.map(bucket),
        coverage: match section.coverage {
            Coverage::Whole => "whole",
            Coverage::Part => "part",
            Coverage::Nothing => "nothing",
        },
        note: section.note,
        readings: section.lines.iter().map(reading).collect(),
    }
}

fn reading<'a>(line: &'a Line<'a>) -> ReadingBody<'a> {
    let reading = &line.of.reading;
    ReadingBody {
        label: &line.of.label,
        long_label: &line.of.long_label,
        value: line.of.has_value().then_some(reading.value),
        unit: line.of.unit.name(),
        text: &line.of.value,
        bucket: reading.bucket().map(bucket),
        provenance: provenance(&reading.provenance),
        complete: reading.complete,
        tries: reading.tries,
        note: line.note,
    }
}

fn bucket(bucket: reading::Bucket) -> BucketBody {
    BucketBody {
        start: bucket.start,
        period: bucket.period.secs(),
    }
}

fn provenance(provenance: &Provenance) -> ProvenanceBody {
    match provenance {
        Provenance::Settled(_) => ProvenanceBody::Settled,
        Provenance::Widened { by, .. } => ProvenanceBody::Widened {
            by_seconds: by.as_secs(),
        },
        Provenance::Provisional(_) => ProvenanceBody::Provisional,
        Provenance::TrueZero { by, .. } => ProvenanceBody::TrueZero {
            by_seconds: by.as_secs(),
        },
        Provenance::Idle { by, .. } => ProvenanceBody::Idle {
            by_seconds: by.as_secs(),
        },
        Provenance::Missing { reason, last_known } => ProvenanceBody::Missing {
            reason: match reason {
                Reason::NoData | Reason::NoDataDespiteTraffic | Reason::NoDataNorLiveness(_) => "no_data",
                Reason::NotInAnswer => "not_in_answer",
                Reason::Denied(_) => "denied",
                Reason::Throttled(_) => "throttled",
                Reason::Unavailable(_) => "unavailable",
                Reason::Partial => "partial",
                Reason::Misconfigured(_) => "misconfigured",
            },
            last_known: last_known.map(|(seen, value)| LastKnownBody {
                value,
                bucket: bucket(seen),
            }),
        },
    }
}

#[cfg(test)]
mod tests;
