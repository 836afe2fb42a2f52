//! Decisions that are the same for every kind of conversation, and the tables of what is each kind's own.

use std::time::Duration;

use super::{Step, step::decide};
use crate::{
    delivery::{
        outcome::Side::{Operator, Ours, Service},
        retry::{
            Attempts,
            Decision::{self, Done, GiveUp, Repeat, Throttled, Wait},
            Limits, NoResponse,
        },
    },
    destinations::{skype, teams_free},
};

const LEFT: Duration = Duration::from_secs(60);

const LIMITS: Limits = Limits::USUAL;

/// Error codes that mean something in one of the kinds, and none.
const CODES: [i64; 10] = [0, 201, 450, 729, 752, 800, 803, 911, 8400, 40_120];

/// A kind of conversation, as these tests need it.
pub trait Sample: Step + 'static {
    /// The steps of the sign-in that a person may have to put right.
    const SIGN_IN: [Self; 2];
    /// All steps.
    const ALL: &'static [Self];
    /// All remedies that are tried once, or as often as they may be.
    fn remedies() -> Vec<Self::Remedy>;
    /// An answer; code 0 is none.
    fn answer(status: u16, code: i64, retry_after: Option<Duration>) -> Self::Response;
    /// A remedy on a line of a table.
    fn name(remedy: &Self::Remedy) -> String {
        format!("{remedy:?}")
    }
}

/// Runs a generic check for each kind.
macro_rules! for_each_kind {
    ($check:ident) => {
        $check::<skype::decision::Step>();
        $check::<teams_free::decision::Step>();
    };
}

const EVERYTHING: Attempts = Attempts {
    waits: 3,
    throttled: 3,
    repeated: true,
};

fn first<S: Step>(step: S, response: &Result<S::Response, NoResponse>) -> Decision<S::Remedy> {
    decide(step, response, &[], &Attempts::default(), &LIMITS, LEFT)
}

/// Whether an answer says that the request was carried out: 409 with code 8400 does so of a message.
fn is_accepted<S: Step>(step: S, status: u16, code: i64) -> bool {
    (200..300).contains(&status) || (step, status, code) == (S::POST, 409, 8400)
}

fn is_over<R>(decision: &Decision<R>) -> bool {
    matches!(decision, Done | GiveUp(..))
}

/// Answers to one step as rows of a table, each written `status` or `status/code`.
pub fn answers<S: Sample>(step: S, answers: &str) -> Vec<(S, &'static str, S::Response)> {
    let row = |answer: &str| {
        let (status, code) = answer.split_once('/').unwrap_or((answer, "0"));
        (
            step,
            "",
            S::answer(status.parse().unwrap(), code.parse().unwrap(), None),
        )
    };
    answers.split_whitespace().map(row).collect()
}

/// The decisions about answers, a line each: at first, and when everything has been attempts.
pub fn table<S: Sample>(limits: &Limits, rows: impl IntoIterator<Item = (S, &'static str, S::Response)>) -> String {
    let told = |decision: Decision<S::Remedy>| match decision {
        GiveUp(side, because) => format!("{side:?}: {because}"),
        Decision::Remedy(remedy) => S::name(&remedy),
        other => format!("{other:?}"),
    };
    let mut table = String::new();
    for (step, note, response) in rows {
        let row = format!("{step:?} {response}{note}");
        let response = Ok(response);
        let [first, last] = [(vec![], Attempts::default()), (S::remedies(), EVERYTHING)].map(|(remedies, attempts)| {
            let left = Duration::from_secs(120);
            told(decide(step, &response, &remedies, &attempts, limits, left))
        });
        table += &match first == last {
            true => format!("{row:<34} {first}\n"),
            false => format!("{row:<34} {first}, then {last}\n"),
        };
    }
    table
}

#[test]
fn every_status_of_every_step_has_a_decision_that_ends() {
    fn check<S: Sample>() {
        for &step in S::ALL {
            for status in 100..=599 {
                for code in CODES {
                    let response = Ok(S::answer(status, code, None));
                    let decision = first(step, &response);
                    let is_done = decision == Done;
                    let expected = is_accepted(step, status, code);
                    assert_eq!(is_done, expected, "{step:?} {status} {code} {decision:?}");
                    let last = decide(step, &response, &S::remedies(), &EVERYTHING, &LIMITS, LEFT);
                    assert!(is_over(&last), "{step:?} {status} {code} {last:?}");
                }
            }
        }
    }
    for_each_kind!(check);
}

/// Whatever the service answers, tokens are replaced once each, and the steps come to an end.
#[test]
fn one_answer_for_ever_ends_after_a_few_tries() {
    fn check<S: Sample>() {
        for &step in S::ALL {
            for status in 100..=599 {
                for code in CODES.into_iter().filter(|code| !is_accepted(step, status, *code)) {
                    let response = Ok(S::answer(status, code, None));
                    let (mut remedies, mut attempts) = (Vec::new(), Attempts::default());
                    let mut tries = 0;
                    loop {
                        let decision = decide(step, &response, &remedies, &attempts, &LIMITS, LEFT);
                        attempts.note(&decision);
                        if let Decision::Remedy(remedy) = &decision {
                            remedies.push(remedy.clone());
                        }
                        tries += 1;
                        if is_over(&decision) {
                            break;
                        }
                    }
                    assert!(tries <= 4, "{step:?} {status} {code}: {tries}");
                    assert!(step != S::FIRST || tries <= 2, "{status} {code}: {tries} sign-ins");
                }
            }
        }
    }
    for_each_kind!(check);
}

#[test]
fn a_message_that_was_never_sent_is_sent_again_unmarked() {
    fn check<S: Sample>() {
        let refused = Err(NoResponse::NotSent("refused".into()));
        let mut attempts = Attempts::default();
        for secs in [1, 2, 4] {
            let decision = decide(S::POST, &refused, &[], &attempts, &LIMITS, LEFT);
            assert_eq!(decision, Wait(Duration::from_secs(secs)));
            attempts.note(&decision);
        }
        let last = decide(S::POST, &refused, &[], &attempts, &LIMITS, LEFT);
        assert!(matches!(last, GiveUp(Service, _)), "{last:?}");
        assert!(!attempts.repeated);
    }
    for_each_kind!(check);
}

#[test]
fn a_message_that_may_have_arrived_is_repeated_once_and_a_sign_in_is_not_marked() {
    fn check<S: Sample>() {
        let lost = Err(NoResponse::Unanswered("reset".into()));
        let second = Duration::from_secs(1);
        let mut attempts = Attempts::default();
        let decision = decide(S::POST, &lost, &[], &attempts, &LIMITS, LEFT);
        assert_eq!(decision, Repeat(second));
        attempts.note(&decision);
        let last = decide(S::POST, &lost, &[], &attempts, &LIMITS, LEFT);
        assert!(matches!(last, GiveUp(Service, _)), "{last:?}");
        for &step in S::ALL.iter().filter(|step| **step != S::POST) {
            assert_eq!(first(step, &lost), Wait(second), "{step:?}");
        }
    }
    for_each_kind!(check);
}

#[test]
fn retry_after_is_honoured_where_it_fits() {
    fn check<S: Sample>() {
        let asked = |status, secs| first(S::POST, &Ok(S::answer(status, 0, Some(Duration::from_secs(secs)))));
        assert_eq!(asked(429, 30), Throttled(Duration::from_secs(30)));
        assert_eq!(asked(503, 7), Wait(Duration::from_secs(7)));
        for (status, secs) in [(429, 60), (503, 3600)] {
            let decision = asked(status, secs);
            assert!(matches!(decision, GiveUp(Service, _)), "{decision:?}");
        }
    }
    for_each_kind!(check);
}

#[test]
fn nothing_waits_when_no_time_is_left() {
    fn check<S: Sample>() {
        for status in 200..=599 {
            for response in [
                Ok(S::answer(status, 0, None)),
                Err(NoResponse::Unanswered(String::new())),
                Err(NoResponse::NotSent(String::new())),
            ] {
                let decision = decide(S::POST, &response, &[], &Attempts::default(), &LIMITS, Duration::ZERO);
                let waits = matches!(decision, Wait(_) | Throttled(_) | Repeat(_));
                assert!(!waits, "{response:?} {decision:?}");
            }
        }
    }
    for_each_kind!(check);
}

#[test]
fn a_refused_sign_in_needs_a_person_and_a_refused_message_does_not() {
    fn check<S: Sample>() {
        for &step in S::ALL {
            let needed = S::SIGN_IN.contains(&step);
            assert_eq!(step.failed(Operator, "x").sign_in_needed, needed, "{step:?}");
            for side in [Service, Ours] {
                assert!(!step.failed(side, "x").sign_in_needed, "{step:?}");
            }
        }
    }
    for_each_kind!(check);
}
