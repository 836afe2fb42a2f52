use super::{Step::*, *};
use crate::{
    delivery::{outcome::Side::Service, retry::Limits},
    destinations::conversation::{
        step::decide,
        tests::{Sample, answers, table},
    },
};

impl Sample for Step {
    const SIGN_IN: [Self; 2] = [Renew, Exchange];
    const ALL: &'static [Self] = &[Renew, Exchange, Post];

    fn remedies() -> Vec<Remedy> {
        vec![Remedy::Exchange, Remedy::Renew]
    }

    fn answer(status: u16, code: i64, retry_after: Option<Duration>) -> TeamsFreeResponse {
        TeamsFreeResponse {
            status,
            code: Some(code).filter(|code| *code != 0),
            retry_after,
            ..TeamsFreeResponse::default()
        }
    }
}

fn answer(status: u16, code: i64) -> TeamsFreeResponse {
    Step::answer(status, code, None)
}

fn limits() -> Limits {
    Limits {
        after_throttling: Duration::from_secs(60),
        ..Limits::USUAL
    }
}

#[test]
fn every_answer_of_teams_free_with_a_meaning_has_its_decision() {
    let refused = |note, refusal| {
        let mut response = answer(400, 70_000);
        response.refusal = Some(refusal);
        (Renew, note, response)
    };
    let mut about_token = answer(403, 0);
    about_token.about_token = true;
    let renew = "200 400/900144 429 503";
    let exchange = "200 401/40120 400/40120 403 404 429 502";
    let post = "201 409/8400 302 409 400/1000 400/1003 401/911 403 404 408 413 429/429 429/803 403/803 503 502 504";
    let rows = [
        answers(Renew, renew),
        vec![
            refused(", sign in again", Refusal::SignInAgain),
            refused(", client", Refusal::Client),
            refused(", passing", Refusal::Passing),
        ],
        answers(Exchange, exchange),
        answers(Post, post),
        vec![(Post, ", about the token", about_token)],
    ];
    insta::assert_snapshot!(table(&limits(), rows.into_iter().flatten()), @"
    Renew HTTP 200                     Done
    Renew HTTP 400, code 900144        Ours: the request was refused
    Renew HTTP 429                     Throttled(60s), then Service: there are too many requests
    Renew HTTP 503                     Wait(1s), then Service: the service has a fault
    Renew HTTP 400, code 70000, sign in again OtherToken
    Renew HTTP 400, code 70000, client Operator: the client id is not accepted any more
    Renew HTTP 400, code 70000, passing Wait(1s), then Service: the sign-in has a fault
    Exchange HTTP 200                  Done
    Exchange HTTP 401, code 40120      Renew, then Operator: the access token was refused, and that of a new renewal too
    Exchange HTTP 400, code 40120      Renew, then Operator: the access token was refused, and that of a new renewal too
    Exchange HTTP 403                  Operator: the account may not use Teams Free; it takes a personal one
    Exchange HTTP 404                  Ours: the request was refused
    Exchange HTTP 429                  Throttled(60s), then Service: there are too many requests
    Exchange HTTP 502                  Wait(1s), then Service: the service has a fault
    Post HTTP 201                      Done
    Post HTTP 409, code 8400           Done
    Post HTTP 302                      Service: it points elsewhere, where nothing is sent to
    Post HTTP 409                      Ours: the request was refused
    Post HTTP 400, code 1000           Ours: the request was refused
    Post HTTP 400, code 1003           Ours: the message is too long
    Post HTTP 401, code 911            Exchange, then Operator: the Skype token was refused, and a new one too
    Post HTTP 403                      Operator: the bot may not post in the group
    Post HTTP 404                      Operator: the bot is not a member of the group, or the group's id is wrong
    Post HTTP 408                      Wait(1s), then Service: it asks to try again, each time
    Post HTTP 413                      Ours: the message is too long
    Post HTTP 429, code 429            Throttled(60s), then Service: there are too many requests
    Post HTTP 429, code 803            Throttled(60s), then Service: there are too many requests
    Post HTTP 403, code 803            Throttled(60s), then Service: there are too many requests
    Post HTTP 503                      Wait(1s), then Service: the service has a fault
    Post HTTP 502                      Repeat(1s), then Service: there was no answer, and none to the repeated message either
    Post HTTP 504                      Repeat(1s), then Service: there was no answer, and none to the repeated message either
    Post HTTP 403, about the token     Exchange, then Operator: the Skype token was refused, and a new one too
    ");
}

#[test]
fn a_minute_of_throttling_fits_into_no_run() {
    let response = Ok(answer(429, 803));
    let decision = decide(
        Post,
        &response,
        &[],
        &Attempts::default(),
        &limits(),
        Duration::from_secs(45),
    );
    let because = "there is no time left to try again";
    assert_eq!(
        decision,
        GiveUp(Service, because),
        "the next invocation is a minute later anyway"
    );
}
