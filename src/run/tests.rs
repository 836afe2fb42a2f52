use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use self::doubles::{Book, Chat, Source};
use super::*;
use crate::{
    clock::Clock,
    delivery::{
        destination::{Destination, Post},
        key::Key,
        ledger::{Claim, Ending},
        outcome::{Outcome, PostError, Side},
        records::Unrecorded,
    },
    destinations::{log, skype},
    metrics::{plan::Batch, series::Answer},
    report::{self, MetricRef, Reach},
    testing::{as_of, latency, metric, one_section, place, production, section, series, staging},
};

fn posted() -> Outcome {
    Outcome::Posted {
        id: Some("1".into()),
        repeated: false,
    }
}

/// What asked for the run.
const REQUEST: &str = "8476a536";

fn trigger() -> Trigger {
    Trigger::full_run(as_of())
}

/// One run that nothing ends.
async fn run_on(
    config: &Config,
    trigger: &Trigger,
    source: &Source,
    chats: &[Chat],
    book: &Book,
    clock: Clock,
) -> Result<Summary, UnknownName> {
    let destinations = config.destinations.iter().zip(chats);
    let recipients = destinations.map(|(of, chat)| Recipient {
        of,
        render: match of.reach {
            Reach::Machine => log::KIND.render,
            Reach::Aws | Reach::Elsewhere => skype::KIND.render,
        },
        client: Box::new(chat),
    });
    let recipients: Vec<_> = recipients.collect();
    let context = Context {
        source,
        recipients: &recipients,
        records: Records {
            ledger: book,
            unrecorded: &Unrecorded::default(),
            clock,
            time_over: None,
        },
        request: REQUEST,
        watch: &|_| {},
    };
    run(config, trigger, context).await
}

async fn run_with(config: &Config, trigger: &Trigger, source: &Source, chats: &[Chat], clock: Clock) -> Summary {
    let book = Book::saying(Claim::Granted);
    run_on(config, trigger, source, chats, &book, clock).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn signing_in_and_reading_go_on_together_and_the_message_is_posted() {
    let clock = Clock::starting_at(as_of());
    let config = one_section(vec![metric("Hosts"), latency("Latency")]);
    let chats = [Chat::new(clock, posted())];
    let source = Source {
        missing: vec![place(0, 1)],
    };
    let summary = run_with(&config, &trigger(), &source, &chats, clock).await;
    let seen = chats[0].seen.lock().unwrap();
    assert_eq!(seen[0], (as_of(), "prepare".to_owned()), "before the first retry");
    assert_eq!(seen[1].0.duration_since(as_of()).as_secs(), 70, "after the last one");
    assert!(seen[1].1.contains("- Latency: 0ms (1)"), "{}", seen[1].1);
    assert_eq!(summary.failure(), None);
}

#[tokio::test(start_paused = true)]
async fn the_answer_tells_the_whole_run() {
    let clock = Clock::starting_at(as_of());
    let config = one_section(vec![metric("Hosts"), metric("Gone")]);
    let source = Source {
        missing: vec![place(0, 1)],
    };
    let summary = run_with(&config, &trigger(), &source, &[Chat::new(clock, posted())], clock).await;
    assert_eq!(
        summary.metrics.requested, 5,
        "both, and three times the one that is missing"
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&summary).unwrap(), @r#"
    {
      "as_of": "2026-11-22T13:57:00Z",
      "destinations": [
        {
          "name": "operations",
          "outcome": "posted",
          "id": "1",
          "repeated": false
        }
      ],
      "metrics": {
        "settled": 1,
        "widened": 0,
        "provisional": 0,
        "true_zero": 0,
        "idle": 0,
        "missing": 1,
        "calls": 4,
        "retries": 3
      },
      "message": "Hourly Metrics Update, Sun 22 Nov 13:57 UTC:\n\nProduction\n  Hosts: 5\n  Gone: 0 (1)\n\n(1) no data from 13:49 to 13:55, asked again 3 times"
    }
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_neither_signs_in_nor_posts() {
    let clock = Clock::starting_at(as_of());
    let config = one_section(vec![metric("Hosts")]);
    let chats = [Chat::new(clock, posted())];
    let trigger = Trigger {
        dry_run: true,
        ..trigger()
    };
    let summary = run_with(&config, &trigger, &Source { missing: vec![] }, &chats, clock).await;
    assert!(chats[0].seen().is_empty());
    assert_eq!(summary.message, "Hosts: 5");
    assert_eq!(summary.destinations[0].outcome, Outcome::NotTried);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_posts_to_nothing_but_standard_output() {
    let clock = Clock::starting_at(as_of());
    let mut config = one_section(vec![metric("Hosts")]);
    config.destinations.push(report::Destination {
        name: "journal".into(),
        reach: Reach::Machine,
        ..config.destinations[0].clone()
    });
    let chats = [Chat::new(clock, posted()), Chat::new(clock, posted())];
    let trigger = Trigger {
        dry_run: true,
        ..trigger()
    };
    let book = Book::saying(Claim::Posted { id: None });
    let source = Source { missing: vec![] };
    let summary = run_on(&config, &trigger, &source, &chats, &book, clock).await.unwrap();
    let outcomes: Vec<_> = summary.destinations.into_iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotTried, posted()]);
    assert!(chats[0].seen().is_empty());
    assert!(book.claims.lock().unwrap().is_empty() && book.endings.lock().unwrap().is_empty());
    let text = "Hourly Metrics Update, Sun 22 Nov 13:57 UTC:\n\nProduction\n  Hosts: 5";
    assert_eq!(chats[1].seen(), [text]);
}

#[tokio::test(start_paused = true)]
async fn restricting_a_run_changes_nothing_else() {
    let clock = Clock::starting_at(as_of());
    let config = crate::testing::config(vec![
        section("Core", production(), "us-east-1", vec![metric("Hosts")]),
        section("SID", staging(), "us-east-1", vec![metric("Sessions")]),
    ]);
    let trigger = Trigger {
        sections: Some(vec!["SID".into()]),
        ..trigger()
    };
    let chats = [Chat::new(clock, posted())];
    let summary = run_with(&config, &trigger, &Source { missing: vec![] }, &chats, clock).await;
    assert_eq!(
        summary.message,
        "Hourly Metrics Update, Sun 22 Nov 13:57 UTC, 1 of 2 sections:\n\nSID\n  Sessions: 5"
    );
    let wrong = Trigger {
        sections: Some(vec!["sid".into()]),
        ..trigger
    };
    assert!(
        run_on(
            &config,
            &wrong,
            &Source { missing: vec![] },
            &chats,
            &Book::saying(Claim::Granted),
            clock
        )
        .await
        .is_err()
    );
}

mod doubles;
mod posted_once;
mod several;
