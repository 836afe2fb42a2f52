//! Whose turn it is to renew a sign-in.

use super::*;
use hourly_update::delivery::secrets::Renewal::{Granted, InProgress, OutOfReach};

const SECRET: &str = "hourly-update/teams-free";

#[tokio::test]
async fn one_run_at_a_time_renews() {
    let world = World::new().await;
    let first = world.run(0);
    assert_eq!(first.claim_renewal(SECRET, LEASE).await, Granted);
    assert_eq!(first.claim_renewal(SECRET, LEASE).await, Granted, "its own claim");
    for second in [0, 30, 55] {
        let other = world.run(second);
        assert_eq!(other.claim_renewal(SECRET, LEASE).await, InProgress, "{second}");
        other.end_renewal(SECRET).await;
    }
    assert_eq!(world.run(1).claim_renewal("another", LEASE).await, Granted);
    first.end_renewal(SECRET).await;
    assert_eq!(world.run(1).claim_renewal(SECRET, LEASE).await, Granted);
    // That run dies.
    assert_eq!(
        world.run(57).claim_renewal(SECRET, LEASE).await,
        Granted,
        "the lease is over"
    );
    assert_eq!(first.claim_renewal(SECRET, LEASE).await, InProgress);
}

#[tokio::test]
async fn of_two_runs_that_race_one_renews() {
    let world = World::new().await;
    for round in 0..20 {
        let secret = format!("secret-{round}");
        let (one, other) = (world.run(0), world.run(0));
        let turns = join(one.claim_renewal(&secret, LEASE), other.claim_renewal(&secret, LEASE)).await;
        assert!(
            matches!(turns, (Granted, InProgress) | (InProgress, Granted)),
            "{turns:?}"
        );
    }
}

#[tokio::test]
async fn a_turn_is_no_message_and_does_not_stay() {
    let world = World::new().await;
    assert_eq!(world.run(0).claim_renewal(SECRET, LEASE).await, Granted);
    let root = world.aws.sdk_config(world.aws.root_of(MONITORING), HOME_REGION);
    let scan = aws_sdk_dynamodb::Client::new(&root).scan().table_name(LEDGER);
    let items = scan.send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(names(&items[0]), ["expires", "holder", "lease", "message"]);
    let message = items[0]["message"].as_s().unwrap();
    assert_eq!(message, "renewal of hourly-update/teams-free");
    assert!(!message.contains('|'), "as every message's key does");
    let expires: i64 = items[0]["expires"].as_n().unwrap().parse().unwrap();
    assert_eq!(expires - as_of().as_second(), 24 * 3600);
}

#[tokio::test]
async fn without_the_right_to_the_table_nobody_can_tell() {
    let world = World::new().await;
    let table = PostedTable::new(&world.function, "another-table".into(), Clock::starting_at(as_of()));
    let turn = table.claim_renewal(SECRET, LEASE).await;
    assert_eq!(turn, OutOfReach("AccessDeniedException".into()));
    table.end_renewal(SECRET).await;
}
