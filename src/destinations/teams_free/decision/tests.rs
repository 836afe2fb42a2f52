use super::{Step::*, *};

const LEFT: Duration = Duration::from_secs(120);

fn answer(status: u16, code: impl Into<Option<i64>>) -> Answer {
    Answer {
        status,
        code: code.into(),
        ..Answer::default()
    }
}

fn refused(refusal: Refusal) -> Answer {
    Answer {
        refusal: Some(refusal),
        ..answer(400, 70_000)
    }
}

fn limits() -> Limits {
    Limits {
        after_throttling: Duration::from_secs(60),
        ..Limits::default()
    }
}

fn decided(step: Step, answer: Answer, tried: &Tried) -> Decision {
    decide(step, &Ok(answer), tried, &limits(), LEFT)
}

fn everything_tried() -> Tried {
    Tried {
        exchanged_again: true,
        renewed_again: true,
        usual: retry::Attempts {
            waits: 3,
            throttled: 3,
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
    use Side::Service;
    let wait = || Ok(retry::Decision::Wait(Duration::from_secs(1)).into());
    let throttled = || Ok(retry::Decision::Throttled(Duration::from_secs(60)).into());
    let repeat = || Ok(retry::Decision::Repeat(Duration::from_secs(1)).into());
    let done = || Ok(Decision::from(Done));
    let about_token = Answer {
        about_token: true,
        ..answer(403, 0)
    };
    for (step, answer, first, then) in [
        (Post, answer(201, None), done(), None),
        (Post, answer(409, 8400), done(), None),
        (Post, answer(409, None), Err(Ours), Some(Ours)),
        (Post, answer(400, 1000), Err(Ours), Some(Ours)),
        (Post, answer(400, 1003), Err(Ours), Some(Ours)),
        (Post, answer(401, 911), Ok(Decision::Exchange), Some(Operator)),
        (Post, about_token, Ok(Decision::Exchange), Some(Operator)),
        (Post, answer(403, 0), Err(Operator), Some(Operator)),
        (Post, answer(404, 0), Err(Operator), Some(Operator)),
        (Post, answer(413, None), Err(Ours), Some(Ours)),
        (Post, answer(408, None), wait(), Some(Service)),
        (Post, answer(429, 429), throttled(), Some(Service)),
        (Post, answer(429, 803), throttled(), Some(Service)),
        (Post, answer(403, 803), throttled(), Some(Service)),
        (Post, answer(503, None), wait(), Some(Service)),
        (Post, answer(502, None), repeat(), Some(Service)),
        (Post, answer(504, None), repeat(), Some(Service)),
        (Post, answer(302, None), Err(Service), Some(Service)),
        (Exchange, answer(200, None), done(), None),
        (Exchange, answer(401, 40_120), Ok(Decision::Renew), Some(Operator)),
        (Exchange, answer(400, 40_120), Ok(Decision::Renew), Some(Operator)),
        (Exchange, answer(403, None), Err(Operator), Some(Operator)),
        (Exchange, answer(404, None), Err(Ours), Some(Ours)),
        (Exchange, answer(429, None), throttled(), Some(Service)),
        (Exchange, answer(502, None), wait(), Some(Service)),
        (Renew, answer(200, None), done(), None),
        (Renew, refused(Refusal::SignInAgain), Ok(Decision::OtherToken), None),
        (Renew, refused(Refusal::Client), Err(Operator), Some(Operator)),
        (Renew, refused(Refusal::Passing), wait(), Some(Service)),
        (Renew, answer(400, 900_144), Err(Ours), Some(Ours)),
        (Renew, answer(429, None), throttled(), Some(Service)),
        (Renew, answer(503, None), wait(), Some(Service)),
    ] {
        let decision = decided(step, answer.clone(), &Tried::default());
        match first {
            Ok(first) => assert_eq!(decision, first, "{step:?} {answer:?}"),
            Err(whose_move) => assert_eq!(side(&decision), Some(whose_move), "{step:?} {answer:?}"),
        }
        let last = decided(step, answer.clone(), &everything_tried());
        assert_eq!(side(&last), then, "{step:?} {answer:?}");
    }
}

/// Whatever the service answers, tokens are replaced once each, and the steps come to an end.
#[test]
fn the_same_answer_for_ever_ends_after_a_few_tries() {
    for step in [Renew, Exchange, Post] {
        for status in (100..=599).filter(|status| !(200..300).contains(status)) {
            for code in [None, Some(803), Some(911), Some(8400), Some(40_120)] {
                if (step, status, code) == (Post, 409, Some(8400)) {
                    continue;
                }
                let seen = Ok(answer(status, code));
                let mut tried = Tried::default();
                let mut tries = 0;
                loop {
                    let decision = decide(step, &seen, &tried, &limits(), LEFT);
                    assert_ne!(decision, Done.into(), "{step:?} {status} {code:?}");
                    tried.note(&decision);
                    tries += 1;
                    if side(&decision).is_some() {
                        break;
                    }
                }
                assert!(tries <= 4, "{step:?} {status}: {tries}");
                assert!(step != Renew || tries <= 2, "{status}: {tries} renewals");
            }
        }
    }
}

#[test]
fn what_needs_a_person_says_so() {
    assert!(Renew.failed(Operator, "x").sign_in_needed && Exchange.failed(Operator, "x").sign_in_needed);
    assert!(!Post.failed(Operator, "x").sign_in_needed, "the group's matter");
    assert!(!Renew.failed(Side::Service, "x").sign_in_needed && !Renew.failed(Ours, "x").sign_in_needed);
}

#[test]
fn a_minute_of_throttling_fits_into_no_run() {
    let seen = Ok(answer(429, 803));
    let decision = decide(Post, &seen, &Tried::default(), &limits(), Duration::from_secs(45));
    assert_eq!(
        side(&decision),
        Some(Side::Service),
        "the next invocation is a minute later anyway"
    );
}
