//! The rows, and what holds in each of them.

use std::{fmt, time::Duration};

use hourly_update::delivery::outcome::Outcome;
use testkit::faulty::{Call, Fault, FaultyProxy, Service};

/// One run with one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub call: Call,
    pub fault: Fault,
    pub times: usize,
}

/// So often that it never ends.
pub const FOR_EVER: usize = usize::MAX;

/// What became of it.
pub struct Told {
    pub number: usize,
    pub row: Row,
    /// Every message that the group has.
    pub messages: Vec<String>,
    /// The same on one line.
    pub sees: String,
    pub outcome: String,
    pub result: Outcome,
    /// Everything that the function answers.
    pub said: String,
    pub tries: usize,
    pub sign_ins: usize,
    pub took: Duration,
    pub secrets: Vec<String>,
    /// Where the service that fails was, and how many calls it got.
    pub address: String,
    pub served: usize,
    /// Length of the log when it began, and what keeps its ports from being given to other runs until the end: the log
    /// then tells who tried to connect.
    pub begin: usize,
    pub _ports: Option<FaultyProxy>,
}

/// Longer than any of these runs may take. Time limits and pauses are a fraction of the usual ones here.
const DEADLINE: Duration = Duration::from_secs(60);

/// Every call with every fault that it can meet.
pub fn rows() -> Vec<Row> {
    use Fault::*;
    const EVERY: [(Fault, usize); 12] = [
        (Refuse, FOR_EVER),
        (BreakOff, 1),
        (BreakOff, FOR_EVER),
        (Hang, 1),
        (Hang, FOR_EVER),
        (Throttle, 1),
        (ThrottleForASecond, 1),
        (Throttle, FOR_EVER),
        (Internal, 1),
        (Unavailable, FOR_EVER),
        (Malformed, FOR_EVER),
        (Large, FOR_EVER),
    ];
    let mut rows = Vec::new();
    for call in Call::ALL {
        let mut add = |fault, times| rows.push(Row { call, fault, times });
        for (fault, times) in EVERY {
            // Both secrets are read at the same time: when nobody listens, it is for both.
            if (call, fault) != (Call::GetSession, Refuse) {
                add(fault, times);
            }
        }
        // What has just been assumed, or kept from the hour before, may be renewed; the function's own credentials not.
        if matches!(
            call,
            Call::GetMetricData | Call::Register | Call::RegisterElsewhere | Call::Post
        ) {
            add(Expired, 1);
        }
        add(Expired, FOR_EVER);
        // Of Skype, only registering depends on the time, and the first cloud that is asked notices.
        if call.service().is_aws() || call == Call::Register {
            add(WrongTime, FOR_EVER);
        }
    }
    rows
}

impl Told {
    /// What does not hold, though it should whatever happens.
    pub fn wrong(&self) -> Vec<String> {
        let Self { row, messages, .. } = self;
        let is_chat = matches!(
            row.call.service(),
            Service::Login | Service::Edge | Service::Gateway | Service::OtherGateway
        );
        let is_posted = matches!(self.result, Outcome::Posted { .. });
        let may_have_arrived = matches!(&self.result, Outcome::Failed(error) if error.may_have_arrived);
        let is_explained =
            |message: &String| message.contains("Healthy Hosts: 5") || message.contains("Healthy Hosts: 0 (1)");
        let rules = [
            (self.took < DEADLINE, "it ends in time"),
            (self.tries > 0, "the call that fails is made"),
            (self.sign_ins <= 2, "Skype is not asked to sign in again and again"),
            (
                is_posted || is_chat || row.call == Call::GetCredentials,
                "what is neither the chat nor its credentials keeps nothing from being posted",
            ),
            (
                !is_posted || !messages.is_empty(),
                "what is called posted is in the group",
            ),
            (
                is_posted || may_have_arrived || messages.is_empty(),
                "what is called failed is not in the group, or may be",
            ),
            (messages.len() <= 2, "it is repeated once at most"),
            (
                messages.iter().skip(1).all(|message| message.contains("(repeated)")),
                "what is repeated says so",
            ),
            (
                messages.iter().all(is_explained),
                "a number without a note is the right one",
            ),
        ];
        let broken = rules.iter().filter(|(holds, _)| !holds);
        broken
            .map(|(_, rule)| {
                format!(
                    "{row}: not so: {rule} ({}; {messages:?}; {:?})",
                    self.outcome, self.took
                )
            })
            .collect()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.what())
    }
}

impl Row {
    /// The fault and how long it lasts.
    pub fn what(&self) -> String {
        match (self.fault, self.times) {
            (Fault::WrongTime | Fault::Refuse | Fault::Malformed | Fault::Large, _) => self.fault.to_string(),
            (fault, FOR_EVER) => format!("{fault}, each time"),
            (fault, _) => format!("{fault}, once"),
        }
    }
}
