//! Two faults in one hour: the ledger is out of reach, and the chat may be, too; then the same event comes again.

use std::{fmt, time::Duration};

use hourly_update::delivery::records::Unrecorded;
use jiff::SignedDuration;
use testkit::{
    faulty::{Call, Fault, FaultyProxy},
    skype::SkypeStandIn,
};

use super::{
    program::Program,
    world::{FaultWorld, sees},
};

/// When the ledger is out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Out {
    Claim,
    Record,
    Both,
    RetryToo,
}

/// What becomes of the message in the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    Posted,
    Unanswered,
    Refused,
}

/// Whether the process of the first run gets the event again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Same,
    Other,
}

/// One line of the page.
pub struct Told {
    pub out: Out,
    pub first: First,
    /// What the group sees of the first run.
    pub sees: String,
    /// What it sees of the second one in the same process, and in another one.
    pub then: [String; 2],
    /// What does not hold.
    pub wrong: Vec<String>,
}

pub fn rows() -> Vec<(Out, First)> {
    let outs = [Out::Claim, Out::Record, Out::Both, Out::RetryToo];
    let firsts = [First::Posted, First::Unanswered, First::Refused];
    outs.into_iter()
        .flat_map(|out| firsts.map(|first| (out, first)))
        .collect()
}

impl FaultWorld {
    /// Both runs, in one process and in two. `number` is one that no other row has, nor has the next one.
    pub async fn run_twice(&self, number: usize, out: Out, first: First) -> Told {
        let (before, after) = self.twice(number, out, first, Process::Same).await;
        let (as_before, in_another) = self.twice(number + 1, out, first, Process::Other).await;
        let mut wrong = Vec::new();
        let mut rule = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!(
                    "ledger out {out}, {first}: not so: {what} ({before:?}; {after:?}; {in_another:?})"
                ));
            }
        };
        let is_marked = |message: &String| message.contains("(repeated)") || message.contains("(may be a repeat)");
        rule(before == as_before, "the first run is the same in both");
        for (second, process) in [(&after, Process::Same), (&in_another, Process::Other)] {
            rule(!before.is_empty() || !second.is_empty(), "no hour is lost");
            rule(second.len() <= 1, "the second run posts once");
            // What nobody alive knows and nothing has written down.
            let is_known = process == Process::Same || out != Out::Both;
            if is_known && !before.is_empty() {
                rule(second.iter().all(is_marked), "what may be the second one says so");
            }
            if first == First::Posted && process == Process::Same {
                rule(second.is_empty(), "what is known to be posted is not posted again");
            }
        }
        Told {
            out,
            first,
            sees: sees(&before),
            then: [after, in_another].map(|messages| sees(&messages)),
            wrong,
        }
    }

    /// The messages of the first run, and those of the second one.
    async fn twice(&self, number: usize, out: Out, first: First, process: Process) -> (Vec<String>, Vec<String>) {
        let skype = SkypeStandIn::start().await;
        let never = 0;
        let proxy = FaultyProxy::start(self.upstream(&skype), Call::Claim, Fault::Unavailable, never).await;
        let program = Program::new(self, number, &proxy, &skype, Duration::ZERO).await;
        let of_ledger: &[Call] = match out {
            Out::Claim => &[Call::Claim],
            Out::Record => &[Call::Record],
            Out::Both | Out::RetryToo => &[Call::Claim, Call::Record],
        };
        let spoil_ledger = || of_ledger.iter().for_each(|call| proxy.spoil(*call, Fault::Unavailable));
        spoil_ledger();
        match first {
            First::Posted => {}
            First::Unanswered => proxy.spoil(Call::Post, Fault::Hang),
            First::Refused => proxy.spoil(Call::Post, Fault::Unavailable),
        }
        let in_a_process = async |seconds, unrecorded: &Unrecorded| {
            let now = self.as_of + SignedDuration::from_secs(seconds);
            skype.set_clock(now);
            program.run(now, unrecorded).await;
        };
        let unrecorded = Unrecorded::default();
        in_a_process(4, &unrecorded).await;
        let told = |at: usize| {
            skype.messages()[at..]
                .iter()
                .map(|it| self.plain(&it.content))
                .collect()
        };
        let before: Vec<String> = told(0);
        proxy.mend();
        if out == Out::RetryToo {
            spoil_ledger();
        }
        // When a claim that is left has run out.
        match process {
            Process::Same => in_a_process(124, &unrecorded).await,
            Process::Other => in_a_process(124, &Unrecorded::default()).await,
        }
        let after = told(before.len());
        (before, after)
    }
}

impl fmt::Display for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claim => "at the claim",
            Self::Record => "at the record",
            Self::Both => "at both",
            Self::RetryToo => "at both, and in the second run",
        })
    }
}

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Posted => "posted",
            Self::Unanswered => "done, but no answer",
            Self::Refused => "503",
        })
    }
}
