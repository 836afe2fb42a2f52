use super::{Decision::*, Limits, *};

struct Bare {
    status: u16,
    retry_after: Option<u64>,
}

impl Response for Bare {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from_secs)
    }
}

type Responded = Result<Bare, NoResponse>;

fn answer(status: u16) -> Responded {
    Ok(Bare {
        status,
        retry_after: None,
    })
}

const LIMITS: Limits = Limits::USUAL;

fn policy() -> RetryPolicy<'static> {
    RetryPolicy::usual(&LIMITS, Duration::from_secs(60))
}

fn decided(response: &Responded, attempts: &Attempts) -> Decision {
    decide(response, true, attempts, &policy())
}

/// Every status there is, for a message that is sent for the first time.
#[test]
fn every_status_of_a_message_has_a_decision() {
    let said = |decision: Decision| match decision {
        GiveUp(side, because) => format!("{side:?}: {because}"),
        other => format!("{other:?}"),
    };
    let mut table = String::new();
    let mut begin = 100;
    for status in 100..=599 {
        let decision = said(decided(&answer(status), &Attempts::default()));
        if status == 599 || decision != said(decided(&answer(status + 1), &Attempts::default())) {
            table += &match begin == status {
                true => format!("{status}      {decision}\n"),
                false => format!("{begin}..{status} {decision}\n"),
            };
            begin = status + 1;
        }
    }
    insta::assert_snapshot!(table, @"
    100..199 Service: the answer is none that was expected
    200..299 Done
    300..399 Service: it points elsewhere, where nothing is sent to
    400      Ours: the request was refused
    401      Operator: it may not post there
    402      Ours: the request was refused
    403      Operator: it may not post there
    404      Operator: there is no such place to post to
    405..407 Ours: the request was refused
    408      Wait(1s)
    409      Ours: the request was refused
    410      Operator: there is no such place to post to
    411..412 Ours: the request was refused
    413      Ours: the message is too long
    414..424 Ours: the request was refused
    425      Wait(1s)
    426..428 Ours: the request was refused
    429      Throttled(15s)
    430..499 Ours: the request was refused
    500..501 Wait(1s)
    502      Repeat(1s)
    503      Wait(1s)
    504      Repeat(1s)
    505..599 Wait(1s)
    ");
}

#[test]
fn whatever_is_answered_trying_comes_to_an_end() {
    for is_message in [true, false] {
        let lost = || Err(NoResponse::Unanswered(String::new()));
        let refused = || Err(NoResponse::NotSent(String::new()));
        for response in (100..=599).map(answer).chain([lost(), refused()]) {
            let mut attempts = Attempts::default();
            let mut tries = 0;
            loop {
                let decision: Decision = decide(&response, is_message, &attempts, &policy());
                attempts.note(&decision);
                tries += 1;
                if let Done | GiveUp(..) = decision {
                    break;
                }
            }
            assert!(tries <= 4, "{tries}");
            assert!(!is_message || !may_have_arrived(&response) || tries == 2, "{tries}");
        }
    }
}

#[test]
fn only_a_message_that_may_have_arrived_is_repeated_and_once() {
    let second = Duration::from_secs(1);
    for response in [Err(NoResponse::Unanswered(String::new())), answer(502), answer(504)] {
        let mut attempts = Attempts::default();
        assert_eq!(
            decide(&response, false, &attempts, &policy()),
            Wait::<Infallible>(second)
        );
        assert_eq!(decided(&response, &attempts), Repeat(second));
        attempts.note::<Infallible>(&Repeat(second));
        assert!(matches!(decided(&response, &attempts), GiveUp(Service, _)));
    }
    assert_eq!(
        decided(&Err(NoResponse::NotSent(String::new())), &Attempts::default()),
        Wait(second)
    );
}

#[test]
fn where_nothing_may_be_sent_nothing_is_tried_again() {
    let blocked = Err(NoResponse::Blocked("the name leads to 127.0.0.1".into()));
    assert!(matches!(decided(&blocked, &Attempts::default()), GiveUp(Operator, _)));
    assert!(!may_have_arrived(&blocked));
}

#[test]
fn retry_after_is_honoured_where_it_fits() {
    let asks = |status, secs| {
        Ok(Bare {
            status,
            retry_after: Some(secs),
        })
    };
    let decided = |response| decided(&response, &Attempts::default());
    assert_eq!(decided(asks(429, 30)), Throttled(Duration::from_secs(30)));
    assert_eq!(decided(asks(503, 7)), Wait(Duration::from_secs(7)));
    for status in [429, 503] {
        assert!(matches!(decided(asks(status, 60)), GiveUp(Service, _)));
    }
}
