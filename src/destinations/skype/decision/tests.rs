use Side::Ours;
use retry::Decision::{Repeat, Throttled, Wait};

use super::{Step::*, *};

const LEFT: Duration = Duration::from_secs(60);

fn answer(status: u16, code: impl Into<Option<i64>>) -> Answer {
    Answer {
        status,
        code: code.into(),
        registration_expired: false,
        retry_after: None,
        pointer: Pointer::Nowhere,
    }
}

fn elsewhere() -> Url {
    Url::parse("https://db3-client-s.gateway.messenger.live.com/").unwrap()
}

fn decided(step: Step, answer: Answer, tried: &Tried) -> Decision {
    decide(step, &Ok(answer), tried, &Limits::default(), LEFT)
}

fn everything_tried() -> Tried {
    Tried {
        renewed_sign_in: true,
        renewed_registration: true,
        moves: 3,
        usual: retry::Attempts {
            waits: 3,
            throttled: 1,
            repeated: true,
        },
    }
}

fn side(decision: &Decision) -> Option<Side> {
    match decision {
        Decision::Usual(GiveUp(side, _)) => Some(*side),
        _ => None,
    }
}

/// Each row: step, answer, what is done at first, and who has to act when that has been tried.
#[test]
fn the_table() {
    let secs = Duration::from_secs;
    let expired = Answer {
        registration_expired: true,
        ..answer(403, 0)
    };
    let moved = |status, code| Answer {
        pointer: Pointer::Elsewhere(elsewhere()),
        ..answer(status, code)
    };
    let foreign = |status, code| Answer {
        pointer: Pointer::Foreign("https://evil.example".into()),
        ..answer(status, code)
    };
    let (give_up, wait) = (|side| Err(side), |secs| Ok(Wait(secs).into()));
    let throttled = Ok(Throttled(secs(15)).into());
    for (step, answer, first, then) in [
        (Post, answer(201, None), Ok(Done.into()), None),
        (Post, answer(409, 8400), Ok(Done.into()), None),
        (Post, answer(400, 201), give_up(Operator), Some(Operator)),
        (Post, answer(400, None), give_up(Ours), Some(Ours)),
        (Post, answer(401, 911), Ok(Decision::SignIn), Some(Operator)),
        (Post, answer(401, None), Ok(Decision::SignIn), Some(Operator)),
        (Post, expired, Ok(Decision::Register), Some(Service)),
        (Post, answer(403, 0), give_up(Operator), Some(Operator)),
        (Post, answer(404, 729), Ok(Decision::Register), Some(Service)),
        (Post, moved(404, 752), Ok(Decision::Move(elsewhere())), Some(Service)),
        (Post, answer(404, 752), Ok(Decision::Register), Some(Service)),
        (Post, foreign(404, 752), give_up(Service), Some(Service)),
        (Post, answer(404, None), give_up(Operator), Some(Operator)),
        (Post, answer(429, 800), throttled.clone(), Some(Service)),
        (Post, answer(429, None), throttled.clone(), Some(Service)),
        (Post, answer(429, 803), give_up(Service), Some(Service)),
        (Post, answer(403, 804), give_up(Operator), Some(Operator)),
        (Post, answer(413, None), give_up(Ours), Some(Ours)),
        (Post, answer(408, None), wait(secs(1)), Some(Service)),
        (Post, answer(500, 5), wait(secs(1)), Some(Service)),
        (Post, answer(503, 6), wait(secs(1)), Some(Service)),
        (Post, answer(502, None), Ok(Repeat(secs(1)).into()), Some(Service)),
        (Post, answer(504, None), Ok(Repeat(secs(1)).into()), Some(Service)),
        (Post, answer(302, None), give_up(Service), Some(Service)),
        (SignIn, answer(200, None), Ok(Done.into()), None),
        (SignIn, answer(429, None), give_up(Service), Some(Service)),
        (SignIn, answer(403, None), give_up(Operator), Some(Operator)),
        (SignIn, answer(503, None), wait(secs(1)), Some(Service)),
        (Exchange, answer(200, None), Ok(Done.into()), None),
        (Exchange, answer(401, 40120), give_up(Operator), Some(Operator)),
        (Exchange, answer(429, None), throttled.clone(), Some(Service)),
        (Exchange, answer(500, None), wait(secs(1)), Some(Service)),
        (Register, answer(201, None), Ok(Done.into()), None),
        (
            Register,
            moved(404, 752),
            Ok(Decision::Move(elsewhere())),
            Some(Service),
        ),
        (Register, moved(201, 0), Ok(Decision::Move(elsewhere())), Some(Service)),
        (Register, moved(301, 0), Ok(Decision::Move(elsewhere())), Some(Service)),
        (Register, foreign(404, 752), give_up(Service), Some(Service)),
        (Register, answer(404, 752), give_up(Service), Some(Service)),
        (Register, answer(400, None), give_up(Ours), Some(Ours)),
        (Register, answer(401, 911), Ok(Decision::SignIn), Some(Operator)),
        (Register, answer(403, 209), Ok(Decision::SignIn), Some(Operator)),
        (Register, answer(429, 800), throttled, Some(Service)),
        (Register, answer(429, 803), give_up(Service), Some(Service)),
        (Register, answer(503, None), wait(secs(1)), Some(Service)),
    ] {
        let decision = decided(step, answer.clone(), &Tried::default());
        match first {
            Ok(first) => assert_eq!(decision, first, "{step:?} {answer:?}"),
            Err(whose_move) => assert_eq!(side(&decision), Some(whose_move), "{step:?} {answer:?}"),
        }
        assert_eq!(
            side(&decided(step, answer.clone(), &everything_tried())),
            then,
            "{step:?} {answer:?}"
        );
    }
}

#[test]
fn every_status_of_every_step_has_a_decision_that_ends() {
    for step in [SignIn, Exchange, Register, Post] {
        for status in 100..=599 {
            for code in [
                None,
                Some(201),
                Some(450),
                Some(729),
                Some(752),
                Some(800),
                Some(803),
                Some(911),
            ] {
                let decision = decided(step, answer(status, code), &Tried::default());
                assert_eq!(
                    decision == Done.into(),
                    (200..300).contains(&status),
                    "{step:?} {status} {code:?} {decision:?}"
                );
                let last = decided(step, answer(status, code), &everything_tried());
                assert!(
                    last == Done.into() || side(&last).is_some(),
                    "{step:?} {status} {code:?} {last:?}"
                );
            }
        }
    }
}

/// Whatever the service answers, tokens are renewed once, and the steps come to an end.
#[test]
fn the_same_answer_for_ever_ends_after_a_few_tries() {
    for step in [SignIn, Exchange, Register, Post] {
        for status in (200..=599).filter(|status| !(200..300).contains(status)) {
            let seen = Ok(answer(status, None));
            let mut tried = Tried::default();
            let mut tries = 0;
            loop {
                let decision = decide(step, &seen, &tried, &Limits::default(), LEFT);
                tried.note(&decision);
                tries += 1;
                if side(&decision).is_some() {
                    break;
                }
            }
            assert!(tries <= 4, "{step:?} {status}: {tries}");
            assert!(step != SignIn || tries <= 2, "{status}: {tries} logins");
        }
    }
}

#[test]
fn what_was_never_sent_is_sent_again_unmarked() {
    let mut tried = Tried::default();
    let decide = |tried: &Tried| {
        decide(
            Post,
            &Err(NoResponse::NotSent("refused".into())),
            tried,
            &Limits::default(),
            LEFT,
        )
    };
    for secs in [1, 2, 4] {
        let decision = decide(&tried);
        assert_eq!(decision, Wait(Duration::from_secs(secs)).into());
        tried.note(&decision);
    }
    assert_eq!(side(&decide(&tried)), Some(Service));
    assert!(!tried.usual.repeated);
}

#[test]
fn an_unknown_fate_is_repeated_once() {
    let lost = Err(NoResponse::Unanswered("reset".into()));
    let mut tried = Tried::default();
    let decision = decide(Post, &lost, &tried, &Limits::default(), LEFT);
    assert_eq!(decision, Repeat(Duration::from_secs(1)).into());
    tried.note(&decision);
    assert_eq!(
        side(&decide(Post, &lost, &tried, &Limits::default(), LEFT)),
        Some(Service)
    );
    // Nobody can read a lost sign-in twice.
    assert_eq!(
        decide(Register, &lost, &tried, &Limits::default(), LEFT),
        Wait(Duration::from_secs(1)).into()
    );
}

#[test]
fn retry_after_is_honoured_where_it_fits() {
    let asked = |secs| Answer {
        retry_after: Some(Duration::from_secs(secs)),
        ..answer(429, 800)
    };
    let unavailable = |secs| Answer {
        status: 503,
        ..asked(secs)
    };
    let tried = Tried::default();
    assert_eq!(
        decided(Post, asked(30), &tried),
        Throttled(Duration::from_secs(30)).into()
    );
    assert_eq!(side(&decided(Post, asked(60), &tried)), Some(Service));
    assert_eq!(
        decided(Post, unavailable(7), &tried),
        Wait(Duration::from_secs(7)).into()
    );
    assert_eq!(side(&decided(Post, unavailable(3600), &tried)), Some(Service));
}

#[test]
fn nothing_waits_when_no_time_is_left() {
    for status in 200..=599 {
        for seen in [
            Ok(answer(status, None)),
            Err(NoResponse::Unanswered(String::new())),
            Err(NoResponse::NotSent(String::new())),
        ] {
            let decision = decide(Post, &seen, &Tried::default(), &Limits::default(), Duration::ZERO);
            let waits = matches!(decision, Decision::Usual(Wait(_) | Throttled(_) | Repeat(_)));
            assert!(!waits, "{seen:?} {decision:?}");
        }
    }
}
