//! A signed webhook: the whole update as JSON, for programs.
//!
//! The JSON is a contract with whoever wrote a receiver: docs/webhook.schema.json describes it, docs/webhook.md tells
//! what may change under the same version.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    metrics::reading::{self, Provenance, Reason},
    update::{
        Coverage, MetricUpdate, Update,
        content::{Content, ContentLine, ContentSection, Wording},
        layout::Layout,
        message::{Format, Mark, Message},
        truncate::{Limit, Terms, fitted},
    },
};

/// The version changes when a receiver would have to.
const VERSION: &str = "2";

/// With an envelope around it, it goes through queues and event buses that take 256 KiB, as Amazon EventBridge did until
/// 2026: <https://docs.aws.amazon.com/eventbridge/latest/userguide/calculate-putevents-entry-size.html>.
const TERMS: Terms = Terms(Format::Json, Wording::Short, Limit::Bytes(240 * 1024));

/// The update for a program.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    fitted(update, mark, &TERMS, &Json { update, mark })
}

#[derive(Serialize)]
struct Body<'a> {
    version: &'static str,
    report: &'a str,
    as_of: Timestamp,
    mark: Option<&'static str>,
    restricted: bool,
    headline: String,
    sections: Vec<SectionBody<'a>>,
    notes: Vec<NoteBody<'a>>,
    left_out: LeftOutBody,
    dashboard: Option<&'a str>,
}

#[derive(Serialize)]
struct SectionBody<'a> {
    title: &'a str,
    source: Value,
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

struct Json<'u> {
    update: &'u Update,
    mark: Option<Mark>,
}

impl<'u> Layout<'u> for Json<'u> {
    type Line = ReadingBody<'u>;
    type Section = SectionBody<'u>;

    fn line(&self, line: &ContentLine<'u>) -> ReadingBody<'u> {
        let MetricUpdate {
            label,
            long_label,
            value: text,
            card_value: _,
            is_bare: _,
            unit,
            note,
            reading,
        } = line.update;
        ReadingBody {
            label,
            long_label,
            value: line.update.has_value().then_some(reading.value),
            unit: unit.name(),
            text,
            bucket: reading.bucket().map(bucket),
            provenance: provenance(&reading.provenance),
            complete: reading.complete,
            tries: reading.tries,
            note: *note,
        }
    }

    fn section(&self, section: &ContentSection<'u>, readings: Vec<ReadingBody<'u>>) -> SectionBody<'u> {
        let section = section.update;
        SectionBody {
            title: &section.title,
            source: section.place.json(),
            latest: section.latest.map(bucket),
            coverage: match section.coverage {
                Coverage::Whole => "whole",
                Coverage::Part => "part",
                Coverage::Nothing => "nothing",
            },
            note: section.note,
            readings,
        }
    }

    /// Programs have fields for what the title says, and their own counts of what is left out.
    fn message(&self, content: &Content<'u>, sections: Vec<SectionBody<'u>>) -> String {
        let Content {
            title: _,
            headline,
            sections: _,
            notes,
            left_out: _,
            dashboard,
        } = content;
        let update = self.update;
        let readings: usize = sections.iter().map(|section| section.readings.len()).sum();
        let body = Body {
            version: VERSION,
            report: &update.report,
            as_of: update.as_of,
            mark: self.mark.map(word),
            restricted: update.restricted,
            headline: headline.to_string(),
            left_out: LeftOutBody {
                sections: update.sections.len() - sections.len(),
                readings: update.lines().count() - readings,
                notes: update.notes.len() - notes.len(),
            },
            sections,
            notes: notes
                .iter()
                .map(|note| NoteBody {
                    number: note.number,
                    text: &note.text,
                })
                .collect(),
            dashboard: dashboard.map(|url| url.as_str()),
        };
        json!(body).to_string()
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
