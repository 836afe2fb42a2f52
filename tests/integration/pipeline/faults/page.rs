//! docs/reliability.md.

use std::{convert::Infallible, fmt::Write, time::Duration};

use hourly_update::delivery::retry::{Attempts, Decision, Limits, NoResponse, Response, RetryPolicy, decide};
use testkit::faulty::Call;

use super::{table::Told, twice};

const INTRODUCTION: &str = "\
# What happens when something fails

This page is written by a test, `tests/integration/pipeline/faults.rs`: each line is a run of the whole program against a
local AWS and a stand-in for Skype, with a proxy before them that lets one kind of call go wrong. Everything else works.
What the other chats' statuses come to is at the end; `tests/integration/destinations/incoming_webhook.rs` lets the same
go wrong with each webhook. The test fails when a run ends otherwise than this page says;
`UPDATE_DOCS=1 cargo test --test integration pipeline::faults::` writes it again.

How to read it:

- **The group sees** is the whole message, lines divided by `/`. Without a fault it is `Healthy Hosts: 5` under the
  heading `Hourly Metrics Update:`, and is called *the update* below. dd is the date, hh the hour; texts of services are
  cut here as they are in the message.
- **Outcome** is what the run answers for the destination. Only *failed* fails the invocation: it is then run again,
  and in the end kept in the dead-letter queue. *ours*, *operator* and *service* say whose move it is.
- **Calls** is how often the run made the failing call. The AWS SDK makes each call up to twice; metrics are asked for
  up to three times more, after a pause. Where the connection is refused, it is how often the run tried to
  connect to the service, for whatever. Pauses and time limits are shorter here than the usual ones.
- *Done* means that the service did what it was asked to.
- Every run begins without a Skype session. With one, the credentials are not needed, and it goes on with posting.
- Error texts of the services repeat the request here. No secret, token, key or external id is in any message, outcome
  or log line of these runs, at any level.

What can be relied on, whatever fails: metrics that cannot be read, a ledger that cannot be asked and a session that
cannot be kept never keep the update from being posted; a 0 that is not the metric's value has a note; a message that
may be the second one says so, with the one exception [below](#two-faults-in-one-hour); Skype is not asked to sign in more
than twice.
";

const TWICE: &str = "
## Two faults in one hour

The ledger answers 503, and the message may meet a fault, too. Two minutes later the same event comes again, as Lambda's
retry after another destination has failed, or as a duplicate: mostly to the same process, which remembers what it could
not record, but maybe to another one. The ledger is back by then, but for the last three rows.

What could not be recorded is tried once more when all destinations are done, and by each later run of the process.

**What is left:** a message that was posted, or may have been, while the ledger was out of reach from the claim to the end
of the run comes again without a mark where another process gets the event. A process that is killed between posting
and recording, while the ledger is out of reach, is the same case: nobody alive knows of the message. The first one says
`(may be a repeat)`.

| the ledger is out of reach | the message | the group sees | then, in the same process | then, in another one |
|---|---|---|---|---|
";

const STATUSES: &str = "
## The status that any chat answers a message with

The same for every kind, SNS included; what a kind's own error codes and words say besides goes before it. What may have
arrived is sent once more at most, marked `(repeated)`; after a 2xx nothing is sent again. Pauses are waited for only
where there is time.

| status | what is done | whose move |
|---|---|---|
";

/// The whole page.
pub fn page(told: &[Told]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for call in Call::ALL {
        let _ = write!(
            page,
            "\n## {call}\n\n| fault | the group sees | outcome | calls |\n|---|---|---|---|\n"
        );
        for told in told.iter().filter(|told| told.row.call == call) {
            let (what, sees, outcome, tries) = (told.row.what(), cell(&told.sees), cell(&told.outcome), told.tries);
            let _ = writeln!(page, "| {what} | {sees} | {outcome} | {tries} |");
        }
    }
    page
}

/// An answer that says nothing but its status.
struct Bare(u16);

impl Response for Bare {
    fn status(&self) -> u16 {
        self.0
    }

    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// The part about two faults in one hour.
pub fn twice(told: &[twice::Told]) -> String {
    let mut page = TWICE.to_owned();
    for twice::Told {
        out,
        first,
        sees,
        then: [same, other],
        ..
    } in told
    {
        let (sees, same, other) = (cell(sees), cell(same), cell(other));
        let _ = writeln!(page, "| {out} | {first} | {sees} | {same} | {other} |");
    }
    page
}

/// The part about every status that there is, those with the same decision together.
pub fn statuses() -> String {
    let limits = Limits::default();
    let policy = RetryPolicy::usual(&limits, Duration::from_secs(60));
    let rows: Vec<String> = (100..=599)
        .map(|status| {
            match decide::<_, Infallible>(&Ok::<_, NoResponse>(Bare(status)), true, &Attempts::default(), &policy) {
                Decision::Done => "posted | ".to_owned(),
                Decision::Wait(_) => format!("sent again after `Retry-After`, or {:?} | service", limits.after_fault),
                Decision::Throttled(pause) => {
                    format!("sent again after `Retry-After`, or {pause:?}, up to three times | service")
                }
                Decision::Repeat(pause) => format!("sent once more after {pause:?}, marked | service"),
                Decision::Remedy(none) => match none {},
                Decision::GiveUp(side, because) => {
                    format!("given up: {because} | {}", format!("{side:?}").to_lowercase())
                }
            }
        })
        .collect();
    let mut page = STATUSES.to_owned();
    let mut begin = 0;
    for end in 0..rows.len() {
        if rows.get(end + 1) != Some(&rows[end]) {
            let (first, last) = (100 + begin, 100 + end);
            let span = if begin == end {
                first.to_string()
            } else {
                format!("{first} to {last}")
            };
            let _ = writeln!(page, "| {span} | {} |", rows[end]);
            begin = end + 1;
        }
    }
    page
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
