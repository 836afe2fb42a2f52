use super::{Decision::*, Limits, *};

struct Answer {
    status: u16,
    retry_after: Option<u64>,
}

impl Status for Answer {
    fn status(&self) -> u16 {
        self.status
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from_secs)
    }
}

fn answer(status: u16) -> Seen<Answer> {
    Seen::Answer(Answer {
        status,
        retry_after: None,
    })
}

const LIMITS: Limits = Limits::USUAL;

fn patience() -> Patience<'static> {
    Patience::usual(&LIMITS, Duration::from_secs(60))
}

fn decided(seen: &Seen<Answer>, tried: &Tried) -> Decision {
    decide(seen, true, tried, &patience())
}

/// Every status there is, for a message that is sent for the first time.
#[test]
fn the_table() {
    let said = |decision: Decision| match decision {
        GiveUp(side, because) => format!("{side:?}: {because}"),
        other => format!("{other:?}"),
    };
    let mut table = String::new();
    let mut begin = 100;
    for status in 100..=599 {
        let decision = said(decided(&answer(status), &Tried::default()));
        if status == 599 || decision != said(decided(&answer(status + 1), &Tried::default())) {
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
        let lost = || Seen::Lost(String::new());
        let refused = || Seen::NotSent(String::new());
        for seen in (100..=599).map(answer).chain([lost(), refused()]) {
            let mut tried = Tried::default();
            let mut tries = 0;
            loop {
                let decision = decide(&seen, is_message, &tried, &patience());
                tried.note(&decision);
                tries += 1;
                if let Done | GiveUp(..) = decision {
                    break;
                }
            }
            assert!(tries <= 4, "{tries}");
            assert!(!is_message || !seen.may_have_arrived() || tries == 2, "{tries}");
        }
    }
}

#[test]
fn an_unknown_fate_is_repeated_once_and_only_that_of_a_message_matters() {
    let second = Duration::from_secs(1);
    for seen in [Seen::Lost(String::new()), answer(502), answer(504)] {
        let mut tried = Tried::default();
        assert_eq!(decide(&seen, false, &tried, &patience()), Wait(second));
        assert_eq!(decided(&seen, &tried), Repeat(second));
        tried.note(&Repeat(second));
        assert!(matches!(decided(&seen, &tried), GiveUp(Service, _)));
    }
    assert_eq!(decided(&Seen::NotSent(String::new()), &Tried::default()), Wait(second));
}

#[test]
fn where_nothing_may_be_sent_nothing_is_tried_again() {
    let barred = Seen::Barred("the name leads to 127.0.0.1".into());
    assert!(matches!(decided(&barred, &Tried::default()), GiveUp(Operator, _)));
    assert!(!barred.may_have_arrived());
}

#[test]
fn retry_after_is_honoured_where_it_fits() {
    let asks = |status, secs| {
        Seen::Answer(Answer {
            status,
            retry_after: Some(secs),
        })
    };
    let decided = |seen| decided(&seen, &Tried::default());
    assert_eq!(decided(asks(429, 30)), Throttled(Duration::from_secs(30)));
    assert_eq!(decided(asks(503, 7)), Wait(Duration::from_secs(7)));
    for status in [429, 503] {
        assert!(matches!(decided(asks(status, 60)), GiveUp(Service, _)));
    }
}
