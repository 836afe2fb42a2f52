//! The ledger on a DynamoDB that evaluates its expressions, under the function's role.

mod renewal;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join;
use hourly_update::{
    aws::ledger::PostedTable,
    clock::Clock,
    delivery::{
        key::Key,
        ledger::{Claim, Ending, Ledger},
    },
};
use jiff::{SignedDuration, Timestamp};
use testkit::{
    accounts::{Account, HOME_REGION, LEDGER},
    intercept::{Interceptor, Request, When},
    local_aws::LocalAws,
};

const MONITORING: &str = "100000000001";
const LEASE: Duration = Duration::from_secs(55);

/// A local AWS with the ledger and the function's role.
struct World {
    aws: LocalAws,
    function: SdkConfig,
    runs: AtomicI64,
}

impl World {
    async fn new() -> Self {
        let aws = LocalAws::start().await.unwrap();
        let monitoring = Account::new(&aws, MONITORING);
        monitoring.create_ledger().await.unwrap();
        let role = monitoring.create_function_role(&[]).await.unwrap();
        Self {
            function: aws.sdk_config(role, HOME_REGION),
            aws,
            runs: AtomicI64::new(0),
        }
    }

    /// The ledger of a new run that begins so many seconds after as of, by its clock.
    fn run(&self, second: i64) -> PostedTable {
        self.run_through(&self.function, second)
    }

    fn run_through(&self, sdk: &SdkConfig, second: i64) -> PostedTable {
        // No two runs begin in the same nanosecond.
        let nanosecond = self.runs.fetch_add(1, Ordering::Relaxed);
        let now = as_of() + SignedDuration::from_secs(second) + SignedDuration::from_nanos(nanosecond);
        PostedTable::new(sdk, LEDGER.into(), Clock::starting_at(now))
    }

    /// What the table holds of the operations' message.
    async fn item(&self) -> HashMap<String, AttributeValue> {
        let root = self.aws.sdk_config(self.aws.root_of(MONITORING), HOME_REGION);
        let message = AttributeValue::S("hourly|2026-11-22T13:57:00Z|operations".into());
        let get = aws_sdk_dynamodb::Client::new(&root).get_item().table_name(LEDGER);
        let answer = get.key("message", message).consistent_read(true).send().await.unwrap();
        answer.item.unwrap_or_default()
    }
}

fn as_of() -> Timestamp {
    "2026-11-22T13:57:00Z".parse().unwrap()
}

fn key() -> Key {
    Key {
        report: "hourly".into(),
        as_of: as_of(),
        destination: "operations".into(),
        request: None,
    }
}

fn posted(id: Option<&str>) -> Ending {
    Ending::Posted {
        id: id.map(str::to_owned),
    }
}

fn names(item: &HashMap<String, AttributeValue>) -> Vec<&str> {
    let mut names: Vec<_> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_message_is_claimed_once_and_posted_once() {
    let world = World::new().await;
    let first = world.run(0);
    assert_eq!(first.claim(&key(), LEASE).await, Claim::Granted);
    assert_eq!(first.claim(&key(), LEASE).await, Claim::Granted, "its own claim");
    assert_eq!(
        names(&world.item().await),
        ["claims", "expires", "holder", "lease", "message"]
    );
    for second in [0, 30, 55] {
        assert_eq!(
            world.run(second).claim(&key(), LEASE).await,
            Claim::InProgress,
            "{second}"
        );
    }
    assert_eq!(first.close(&key(), posted(Some("1763820000"))).await, Ok(()));
    let item = world.item().await;
    assert_eq!(names(&item), ["expires", "message", "posted"]);
    // 16 days after as of
    assert_eq!(item["expires"].as_n().unwrap(), "1796738220");
    for run in [first, world.run(30), world.run(86_400)] {
        let id = Some("1763820000".to_owned());
        assert_eq!(run.claim(&key(), LEASE).await, Claim::Posted { id });
    }
}

#[tokio::test]
async fn keys_are_independent() {
    let world = World::new().await;
    let run = world.run(0);
    assert_eq!(run.close(&key(), posted(None)).await, Ok(()), "even without a claim");
    let others = [
        Key {
            destination: "management".into(),
            ..key()
        },
        Key {
            as_of: as_of() + SignedDuration::from_hours(1),
            ..key()
        },
        Key {
            report: "staging".into(),
            ..key()
        },
        Key {
            request: Some("8476a536".into()),
            ..key()
        },
    ];
    for other in others {
        assert_eq!(run.claim(&other, LEASE).await, Claim::Granted, "{other:?}");
    }
    assert_eq!(run.claim(&key(), LEASE).await, Claim::Posted { id: None });
}

#[tokio::test]
async fn of_two_runs_that_race_one_posts() {
    let world = World::new().await;
    for hour in 0..20 {
        let key = Key {
            as_of: as_of() + SignedDuration::from_hours(hour),
            ..key()
        };
        let (one, other) = (world.run(0), world.run(0));
        let mut claims = <[Claim; 2]>::from(join(one.claim(&key, LEASE), other.claim(&key, LEASE)).await);
        claims.sort_by_key(|claim| *claim != Claim::Granted);
        assert_eq!(claims, [Claim::Granted, Claim::InProgress]);
    }
}

#[tokio::test]
async fn a_run_that_dies_leaves_a_doubt_until_somebody_posts() {
    let world = World::new().await;
    assert_eq!(world.run(0).claim(&key(), LEASE).await, Claim::Granted);
    // it dies; the next one surely does not post, the one after that does not know
    let next = world.run(60);
    assert_eq!(next.claim(&key(), LEASE).await, Claim::Unsure);
    assert_eq!(next.close(&key(), Ending::NotPosted).await, Ok(()));
    let next = world.run(61);
    assert_eq!(
        next.claim(&key(), LEASE).await,
        Claim::Unsure,
        "the first one's doubt is left"
    );
    assert_eq!(next.close(&key(), Ending::Unsure).await, Ok(()));
    let last = world.run(62);
    assert_eq!(last.claim(&key(), LEASE).await, Claim::Unsure);
    assert_eq!(last.close(&key(), posted(Some("1"))).await, Ok(()));
    let id = Some("1".to_owned());
    assert_eq!(world.run(63).claim(&key(), LEASE).await, Claim::Posted { id });
}

#[tokio::test]
async fn a_failure_leaves_nothing_behind() {
    let world = World::new().await;
    let first = world.run(0);
    assert_eq!(first.claim(&key(), LEASE).await, Claim::Granted);
    assert_eq!(first.close(&key(), Ending::NotPosted).await, Ok(()));
    assert_eq!(names(&world.item().await), ["expires", "message"]);
    assert_eq!(world.run(1).claim(&key(), LEASE).await, Claim::Granted);
}

#[tokio::test]
async fn a_run_that_comes_back_late_touches_nobody_elses_claim() {
    let world = World::new().await;
    let late = world.run(0);
    assert_eq!(late.claim(&key(), LEASE).await, Claim::Granted);
    let next = world.run(60);
    assert_eq!(next.claim(&key(), LEASE).await, Claim::Unsure);
    let held = world.item().await;
    for ending in [Ending::NotPosted, Ending::Unsure] {
        assert_eq!(late.close(&key(), ending).await, Ok(()));
        assert_eq!(world.item().await, held);
    }
    assert_eq!(world.run(61).claim(&key(), LEASE).await, Claim::InProgress);
    assert_eq!(late.close(&key(), posted(Some("1"))).await, Ok(()), "posted is posted");
    let id = Some("1".to_owned());
    assert_eq!(next.claim(&key(), LEASE).await, Claim::Posted { id });
}

/// The ledger was out of reach at the claim and is back at the record.
#[tokio::test]
async fn what_was_never_claimed_is_recorded() {
    let world = World::new().await;
    assert_eq!(world.run(0).close(&key(), Ending::NotPosted).await, Ok(()));
    assert_eq!(world.item().await, HashMap::new(), "nothing is to be said");
    let first = world.run(1);
    assert_eq!(first.close(&key(), Ending::Unsure).await, Ok(()));
    assert_eq!(names(&world.item().await), ["claims", "expires", "message"]);
    let next = world.run(2);
    assert_eq!(next.claim(&key(), LEASE).await, Claim::Unsure);
    assert_eq!(first.close(&key(), Ending::Unsure).await, Ok(()), "once more, late");
    assert_eq!(world.run(3).claim(&key(), LEASE).await, Claim::InProgress);
    assert_eq!(next.close(&key(), posted(Some("1"))).await, Ok(()));
    assert_eq!(first.close(&key(), Ending::Unsure).await, Ok(()));
    let id = Some("1".to_owned());
    assert_eq!(world.run(4).claim(&key(), LEASE).await, Claim::Posted { id });
}

/// The answer to a claim is lost, so the SDK sends it again: it is granted all the same, and forgets no doubt.
#[tokio::test]
async fn a_claim_that_is_sent_twice_means_the_same() {
    let world = World::new().await;
    let interceptor = Interceptor::start(&[world.aws.endpoint()]).await.unwrap();
    let through = interceptor.to(world.aws.endpoint()).unwrap();
    let through = world.function.to_builder().endpoint_url(through).build();
    for (second, expected) in [(0, Claim::Granted), (60, Claim::Unsure)] {
        let held = interceptor.hold(When::After, |request: &Request<'_>| {
            request.headers["x-amz-target"] == "DynamoDB_20120810.UpdateItem"
        });
        let run = world.run_through(&through, second);
        let began = tokio::time::Instant::now();
        let (claim, _held) = join(run.claim(&key(), LEASE), held).await;
        assert_eq!(claim, expected);
        assert!(
            began.elapsed() >= Duration::from_millis(1500),
            "the first one was not lost"
        );
    }
}

#[tokio::test]
async fn without_a_table_or_the_right_to_it_the_ledger_is_out_of_reach() {
    let world = World::new().await;
    let run = |sdk: &SdkConfig, table: &str| PostedTable::new(sdk, table.to_owned(), Clock::starting_at(as_of()));
    let stranger = Account::new(&world.aws, "200000000002");
    let stranger = stranger.create_function_role(&[]).await.unwrap();
    let stranger = world.aws.sdk_config(stranger, HOME_REGION);
    for (sdk, table, code) in [
        (&world.function, "another-table", "AccessDeniedException"),
        (&stranger, LEDGER, "ResourceNotFoundException"),
    ] {
        let claim = run(sdk, table).claim(&key(), LEASE).await;
        assert_eq!(claim, Claim::OutOfReach(code.into()));
        let closed = run(sdk, table).close(&key(), posted(None)).await;
        assert_eq!(closed, Err(code.into()));
    }
}
