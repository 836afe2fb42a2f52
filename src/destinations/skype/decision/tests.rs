use super::{Step::*, *};
use crate::{
    delivery::retry::Limits,
    destinations::conversation::tests::{Sample, answers, table},
};

impl Sample for Step {
    const SIGN_IN: [Self; 2] = [SignIn, Exchange];
    const ALL: &'static [Self] = &[SignIn, Exchange, Register, Post];

    fn remedies() -> Vec<Remedy> {
        let moves = [(); MOVES].map(|()| Remedy::Move(elsewhere()));
        [Remedy::SignIn, Remedy::Register].into_iter().chain(moves).collect()
    }

    fn answer(status: u16, code: i64, retry_after: Option<Duration>) -> SkypeResponse {
        SkypeResponse {
            status,
            code: Some(code).filter(|code| *code != 0),
            registration_expired: false,
            retry_after,
            pointer: Pointer::Nowhere,
        }
    }

    fn name(remedy: &Remedy) -> String {
        match remedy {
            Remedy::Move(host) => format!("Move to {}", host.host_str().unwrap()),
            other => format!("{other:?}"),
        }
    }
}

fn elsewhere() -> Url {
    Url::parse("https://db3.gateway.messenger.live.com/").unwrap()
}

fn answer(status: u16, code: i64) -> SkypeResponse {
    Step::answer(status, code, None)
}

#[test]
fn every_answer_of_skype_with_a_meaning_has_its_decision() {
    let pointing = |step, status, code, pointer| {
        let mut response = answer(status, code);
        response.pointer = pointer;
        (step, "", response)
    };
    let moved = |step, status, code| pointing(step, status, code, Pointer::Elsewhere(elsewhere()));
    let foreign = |step| pointing(step, 404, 752, Pointer::Foreign("https://evil.example".into()));
    let mut expired = answer(403, 0);
    expired.registration_expired = true;
    let register = "201 400 401/911 403/209 404/752 429/800 429/803 503";
    let post = "201 409/8400 302 400/201 400 401/911 401 403 403/804 \
                404/729 404/752 404 408 413 429/800 429 429/803 500/5 503/6 502 504";
    let rows = [
        answers(SignIn, "200 429 403 503"),
        answers(Exchange, "200 401/40120 429 500"),
        answers(Register, register),
        vec![
            moved(Register, 404, 752),
            moved(Register, 201, 0),
            moved(Register, 301, 0),
            foreign(Register),
        ],
        answers(Post, post),
        vec![(Post, ", expired", expired), moved(Post, 404, 752), foreign(Post)],
    ];
    insta::assert_snapshot!(table(&Limits::USUAL, rows.into_iter().flatten()), @"
    SignIn HTTP 200                    Done
    SignIn HTTP 429                    Service: signing in is throttled for this account or address
    SignIn HTTP 403                    Operator: it was refused; sign in once with a browser
    SignIn HTTP 503                    Wait(1s), then Service: the service has a fault
    Exchange HTTP 200                  Done
    Exchange HTTP 401, code 40120      Operator: the ticket was refused; sign in once with a browser
    Exchange HTTP 429                  Throttled(15s), then Service: there are too many requests
    Exchange HTTP 500                  Wait(1s), then Service: the service has a fault
    Register HTTP 201                  Done
    Register HTTP 400                  Ours: the request was refused
    Register HTTP 401, code 911        SignIn, then Operator: the token was refused, and that of a new sign-in too
    Register HTTP 403, code 209        SignIn, then Operator: it was refused, and with the token of a new sign-in too; or the function's clock is wrong
    Register HTTP 404, code 752        Service: it names no host to register at
    Register HTTP 429, code 800        Throttled(15s), then Service: there are too many requests
    Register HTTP 429, code 803        Service: signing in is throttled for at least five minutes
    Register HTTP 503                  Wait(1s), then Service: the service has a fault
    Register HTTP 404, code 752, pointing to db3.gateway.messenger.live.com Move to db3.gateway.messenger.live.com, then Service: it points from one host to the next without end
    Register HTTP 201, pointing to db3.gateway.messenger.live.com Move to db3.gateway.messenger.live.com, then Service: it points from one host to the next without end
    Register HTTP 301, pointing to db3.gateway.messenger.live.com Move to db3.gateway.messenger.live.com, then Service: it points from one host to the next without end
    Register HTTP 404, code 752, pointing to https://evil.example Service: it points to a host that no token may be sent to
    Post HTTP 201                      Done
    Post HTTP 409, code 8400           Done
    Post HTTP 302                      Service: it points elsewhere, where nothing is sent to
    Post HTTP 400, code 201            Operator: the bot is not a member, or the group's id is not one
    Post HTTP 400                      Ours: the request was refused
    Post HTTP 401, code 911            SignIn, then Operator: the token was refused, and that of a new sign-in too
    Post HTTP 401                      SignIn, then Operator: the token was refused, and that of a new sign-in too
    Post HTTP 403                      Operator: the bot is not a member of the group, or may not post there
    Post HTTP 403, code 804            Operator: too many messages to somebody who has not accepted the contact
    Post HTTP 404, code 729            Register, then Service: the registration was refused, and a new one too
    Post HTTP 404, code 752            Register, then Service: the registration was refused, and a new one too
    Post HTTP 404                      Operator: there is no such group
    Post HTTP 408                      Wait(1s), then Service: it asks to try again, each time
    Post HTTP 413                      Ours: the message is too long
    Post HTTP 429, code 800            Throttled(15s), then Service: there are too many requests
    Post HTTP 429                      Throttled(15s), then Service: there are too many requests
    Post HTTP 429, code 803            Service: signing in is throttled for at least five minutes
    Post HTTP 500, code 5              Wait(1s), then Service: the service has a fault
    Post HTTP 503, code 6              Wait(1s), then Service: the service has a fault
    Post HTTP 502                      Repeat(1s), then Service: there was no answer, and none to the repeated message either
    Post HTTP 504                      Repeat(1s), then Service: there was no answer, and none to the repeated message either
    Post HTTP 403, expired             Register, then Service: the registration was refused, and a new one too
    Post HTTP 404, code 752, pointing to db3.gateway.messenger.live.com Move to db3.gateway.messenger.live.com, then Service: it points from one host to the next without end
    Post HTTP 404, code 752, pointing to https://evil.example Service: it points to a host that no token may be sent to
    ");
}
