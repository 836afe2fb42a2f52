//! Several destinations: none keeps another, and only those that are required make a run fail.

use super::*;
use crate::{report::Destination as Configured, testing::destination};

const FOR_EVER: Duration = Duration::from_secs(1_000_000);

/// A report with these destinations.
fn to(destinations: Vec<Configured>) -> Config {
    Config {
        destinations,
        ..one_section(vec![metric("Hosts")])
    }
}

fn optional(name: &str) -> Configured {
    Configured {
        required: false,
        ..destination(name)
    }
}

fn broken() -> Outcome {
    Outcome::Failed(PostError {
        whose_move: Side::Operator,
        text: "the group does not know the bot".into(),
        may_have_arrived: false,
        sign_in_needed: true,
    })
}

async fn run_to(config: &Config, trigger: &Trigger, chats: &[Chat], clock: Clock) -> Summary {
    run_with(config, trigger, &Source { missing: vec![] }, chats, clock).await
}

/// When each message was on its way, in seconds after as of.
fn posted_at(chat: &Chat) -> Option<i64> {
    let seen = chat.seen.lock().unwrap();
    let post = seen.iter().find(|(_, what)| what != "prepare");
    post.map(|(at, _)| at.duration_since(as_of()).as_secs())
}

#[tokio::test(start_paused = true)]
async fn destinations_do_not_wait_for_each_other() {
    let clock = Clock::starting_at(as_of());
    let config = to(["slow", "sleepy", "broken", "good"].map(destination).into());
    let slow = Chat {
        takes: Duration::from_secs(20),
        ..Chat::new(clock, posted())
    };
    let sleepy = Chat {
        signs_in: Duration::from_secs(30),
        ..Chat::new(clock, posted())
    };
    let chats = [slow, sleepy, Chat::new(clock, broken()), Chat::new(clock, posted())];
    let summary = run_to(&config, &trigger(), &chats, clock).await;
    assert_eq!(chats.each_ref().map(posted_at), [Some(20), Some(30), Some(0), Some(0)]);
    assert_eq!(summary.failure().unwrap(), "broken: the group does not know the bot");
    let after: Vec<_> = summary.destinations.iter().map(|it| it.after.as_secs()).collect();
    assert_eq!(after, [20, 30, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn one_that_never_answers_is_given_up_and_another_is_not_kept() {
    let clock = Clock::starting_at(as_of());
    let config = to(["never_signs_in", "never_posts", "good"].map(destination).into());
    let chats = [
        Chat {
            signs_in: FOR_EVER,
            ..Chat::new(clock, posted())
        },
        Chat {
            takes: FOR_EVER,
            ..Chat::new(clock, posted())
        },
        Chat::new(clock, posted()),
    ];
    let summary = run_to(&config, &trigger(), &chats, clock).await;
    assert_eq!(chats.each_ref().map(posted_at), [Some(45), None, Some(0)]);
    assert_eq!(
        summary.failure().unwrap(),
        "never_posts: posting did not end in its time; the message may have got there"
    );
    assert_eq!(summary.destinations[1].after.as_secs(), 46);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_required_does_not_make_a_run_fail() {
    let clock = Clock::starting_at(as_of());
    let config = to(vec![destination("operations"), optional("copy")]);
    let chats = [Chat::new(clock, posted()), Chat::new(clock, broken())];
    let summary = run_to(&config, &trigger(), &chats, clock).await;
    assert_eq!(summary.failure(), None);
    assert_eq!(summary.destinations[1].outcome, broken());
    let config = to(vec![optional("copy"), destination("operations")]);
    let summary = run_to(&config, &trigger(), &chats, clock).await;
    assert_eq!(
        summary.failure().unwrap(),
        "operations: the group does not know the bot"
    );
}

#[tokio::test(start_paused = true)]
async fn some_destinations_only() {
    let clock = Clock::starting_at(as_of());
    let config = to(["first", "second", "third"].map(destination).into());
    let chats = [(); 3].map(|()| Chat::new(clock, posted()));
    let only = |names: &[&str]| Trigger {
        destinations: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..trigger()
    };
    let summary = run_to(&config, &only(&["third", "first"]), &chats, clock).await;
    let names: Vec<_> = summary.destinations.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["first", "third"]);
    assert_eq!(chats.each_ref().map(posted_at), [Some(0), None, Some(0)]);
    assert!(chats[1].seen().is_empty(), "nor is it signed in there");

    let config = to(vec![destination("first"), optional("second")]);
    let chats = [Chat::new(clock, posted()), Chat::new(clock, broken())];
    let summary = run_to(&config, &only(&["second"]), &chats, clock).await;
    assert_eq!(
        summary.failure().unwrap(),
        "second: the group does not know the bot",
        "who names it wants to know"
    );
    let config = to(["first", "second", "third"].map(destination).into());
    let chats = [(); 3].map(|()| Chat::new(clock, posted()));

    let error = run_on(
        &config,
        &only(&["first", "fourth"]),
        &Source { missing: vec![] },
        &chats,
        &Book::saying(Claim::Granted),
        clock,
    )
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"there is no destination "fourth"; the report has "first", "second", "third""#
    );
}

/// A test is a message of its own: it is sent whatever has been posted, and the hour's own is still to come.
#[tokio::test(start_paused = true)]
async fn a_test_is_marked_and_nobodys_hour() {
    let clock = Clock::starting_at(as_of());
    let config = to(vec![destination("operations")]);
    let chats = [Chat::new(clock, posted())];
    let book = Book::saying(Claim::Granted);
    let test = Trigger {
        test: true,
        ..trigger()
    };
    let summary = run_on(&config, &test, &Source { missing: vec![] }, &chats, &book, clock)
        .await
        .unwrap();
    assert_eq!(summary.destinations[0].outcome, posted());
    let posts = chats[0].posts.lock().unwrap();
    assert!(
        posts[0].repeated.body.contains(" (test)"),
        "not taken for the hour's own"
    );
    assert!(
        posts[0]
            .message
            .body
            .starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC (test):\n")
    );
    assert_eq!(posts[0].key.request.as_deref(), Some(REQUEST));
    let recorded: Vec<_> = book
        .endings
        .lock()
        .unwrap()
        .iter()
        .map(|(key, _)| key.clone())
        .collect();
    assert_eq!(recorded, [posts[0].key.clone()], "and not the hour");
}
