//! Signing in by a device code, in this process.

use std::time::Duration;

use hourly_update::{
    clock::Clock,
    destinations::{
        http,
        teams_free::{
            device_code::{LoginError, Pace},
            login::Login,
        },
    },
};
use jiff::Timestamp;
use testkit::teams_free::{Fault, Person, Step, TeamsFreeStandIn, USER};

use super::world::hosts;

/// At a pace that nobody has to wait for.
#[tokio::test]
async fn slowing_down_and_silence_are_outlived() {
    let pace = Pace {
        usual: Duration::from_millis(5),
        least: Duration::from_millis(5),
        slower: Duration::from_millis(20),
    };
    for (person, fault) in [
        (Person::SignsInAfterSlowDown(2), None),
        (Person::SignsIn, Some(Fault::Reset)),
        (Person::SignsIn, Some(Fault::answer(503, "<html>"))),
        (Person::SignsIn, Some(Fault::answer(429, ""))),
    ] {
        let teams = TeamsFreeStandIn::start().await;
        teams.set_person(person);
        let clock = Clock::starting_at(Timestamp::now());
        let login = Login::new(http::client().unwrap(), hosts(&teams), clock).with_pace(pace);
        let mut code = login.begin().await.unwrap();
        code.interval = None;
        if let Some(fault) = fault {
            teams.fail_next(Step::Poll, fault);
        }
        let account = login.wait(&code).await.unwrap();
        assert_eq!(account.signed_in_as(), Some(USER), "{person:?}");
    }
}

#[tokio::test]
async fn a_code_ends_even_if_nobody_says_so() {
    let teams = TeamsFreeStandIn::start().await;
    teams.set_person(Person::Waits);
    let clock = Clock::starting_at(Timestamp::now());
    let login = Login::new(http::client().unwrap(), hosts(&teams), clock);
    let mut code = login.begin().await.unwrap();
    code.life = Duration::from_millis(100);
    assert_eq!(login.wait(&code).await.unwrap_err(), LoginError::Expired);
}
