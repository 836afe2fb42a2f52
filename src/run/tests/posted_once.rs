//! What the ledger says decides what is posted, and how it is recorded.

use super::*;

/// What one run posts, and how it ends its claim, with this ledger.
async fn with(book: Book, trigger: Trigger, outcome: Outcome) -> (Vec<Post>, Book, Summary) {
    let clock = Clock::starting_at(as_of());
    let config = one_section(vec![metric("Hosts")]);
    let chats = [Chat::new(clock, outcome)];
    let summary = run_on(&config, &trigger, &Source { missing: vec![] }, &chats, &book, clock)
        .await
        .unwrap();
    let posts = std::mem::take(&mut *chats[0].posts.lock().unwrap());
    (posts, book, summary)
}

async fn when(claim: Claim, trigger: Trigger, outcome: Outcome) -> (Vec<Post>, Book, Summary) {
    with(Book::saying(claim), trigger, outcome).await
}

fn forced() -> Trigger {
    Trigger {
        force: true,
        ..trigger()
    }
}

fn title(post: &Post) -> &str {
    post.message.body.lines().next().unwrap()
}

/// The key of the hour's own message, or of one that was asked for.
fn key(request: Option<&str>) -> Key {
    Key {
        report: "hourly".into(),
        as_of: as_of(),
        destination: "operations".into(),
        request: request.map(str::to_owned),
    }
}

fn endings(book: &Book) -> Vec<Ending> {
    book.endings
        .lock()
        .unwrap()
        .iter()
        .map(|(_, ending)| ending.clone())
        .collect()
}

fn id() -> Option<String> {
    Some("1".into())
}

#[tokio::test(start_paused = true)]
async fn a_new_message_is_claimed_posted_and_recorded() {
    let (posts, book, summary) = when(Claim::Granted, trigger(), posted()).await;
    assert_eq!(posts[0].message.body, "Hourly Metrics Update:\n- Hosts: 5");
    assert_eq!(posts[0].key, key(None));
    let (claimed, lease) = book.claims.lock().unwrap()[0].clone();
    assert_eq!(claimed, key(None));
    assert!(lease < Duration::from_secs(60));
    assert_eq!(endings(&book), [Ending::Posted { id: id() }]);
    assert_eq!(summary.failure(), None);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_fails_is_tried_once_more_and_does_not_fail_the_run() {
    let book = Book {
        is_told: false,
        ..Book::saying(Claim::OutOfReach("503".into()))
    };
    let (posts, book, summary) = with(book, trigger(), posted()).await;
    assert_eq!(
        title(&posts[0]),
        "Hourly Metrics Update, Sun 22 Nov 13:57 UTC (may be a repeat):"
    );
    let ending = Ending::Posted { id: id() };
    assert_eq!(endings(&book), [ending.clone(), ending]);
    assert_eq!(summary.failure(), None);
}

#[tokio::test(start_paused = true)]
async fn a_posted_message_is_not_posted_again() {
    for trigger in [trigger(), forced()] {
        let (posts, book, summary) = when(Claim::Posted { id: id() }, trigger, posted()).await;
        assert!(posts.is_empty() && endings(&book).is_empty());
        assert_eq!(summary.destinations[0].outcome, Outcome::AlreadyPosted { id: id() });
        assert_eq!(summary.failure(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn while_another_run_posts_this_one_fails_to_be_tried_again() {
    let (posts, book, summary) = when(Claim::InProgress, trigger(), posted()).await;
    assert!(posts.is_empty() && endings(&book).is_empty());
    assert_eq!(summary.failure().unwrap(), "operations: another run is posting it");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_posted_is_posted_with_a_mark() {
    for (claim, trigger, mark, is_repeated) in [
        (Claim::Unsure, trigger(), "(repeated)", true),
        (Claim::Unsure, forced(), "(repeated)", true),
        (
            Claim::OutOfReach("time limit".into()),
            trigger(),
            "(may be a repeat)",
            false,
        ),
        (Claim::Granted, forced(), "(posted again)", false),
    ] {
        let (posts, _, summary) = when(claim, trigger, posted()).await;
        assert_eq!(posts.len(), 1);
        assert_eq!(
            title(&posts[0]),
            format!("Hourly Metrics Update, Sun 22 Nov 13:57 UTC {mark}:")
        );
        let repeated = is_repeated;
        assert_eq!(summary.destinations[0].outcome, Outcome::Posted { id: id(), repeated });
    }
}

#[tokio::test(start_paused = true)]
async fn a_forced_message_has_a_key_of_its_own_and_records_the_hour_too() {
    let (posts, book, _) = when(Claim::Granted, forced(), posted()).await;
    assert_eq!(posts[0].key, key(Some(REQUEST)));
    let claims = book.claims.lock().unwrap().clone();
    assert_eq!(
        claims.iter().map(|(key, _)| key).collect::<Vec<_>>(),
        [&key(Some(REQUEST))]
    );
    let closed: Vec<_> = book.endings.lock().unwrap().clone();
    let ending = Ending::Posted { id: id() };
    assert_eq!(closed, [(key(None), ending.clone()), (key(Some(REQUEST)), ending)]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_failed_may_be_posted_by_the_next_run() {
    for (may_have_arrived, ending) in [(false, Ending::NotPosted), (true, Ending::Unsure)] {
        let error = PostError {
            whose_move: Side::Service,
            text: "no answer".into(),
            may_have_arrived,
            sign_in_needed: false,
        };
        for (trigger, request) in [(trigger(), None), (forced(), Some(REQUEST))] {
            let (_, book, summary) = when(Claim::Granted, trigger, Outcome::Failed(error.clone())).await;
            assert_eq!(*book.endings.lock().unwrap(), [(key(request), ending.clone())]);
            assert!(summary.failure().is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_hangs_holds_nothing_up() {
    let book = Book {
        takes: Duration::from_secs(3600),
        ..Book::saying(Claim::Granted)
    };
    let began = Instant::now();
    let (posts, book, summary) = with(book, trigger(), posted()).await;
    assert_eq!(
        title(&posts[0]),
        "Hourly Metrics Update, Sun 22 Nov 13:57 UTC (may be a repeat):"
    );
    assert!(endings(&book).is_empty());
    assert_eq!(summary.failure(), None);
    assert_eq!(
        began.elapsed(),
        Duration::from_secs(14),
        "4 s for the claim, 4 s for the record, and once more after 2 s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_claims_nothing() {
    let dry = Trigger {
        dry_run: true,
        ..trigger()
    };
    let (posts, book, _) = when(Claim::Granted, dry, posted()).await;
    assert_eq!(posts, []);
    assert!(book.claims.lock().unwrap().is_empty() && endings(&book).is_empty());
}

/// Lambda invokes again under the same request id what failed in another chat.
#[tokio::test(start_paused = true)]
async fn restricted_and_test_runs_claim_their_request_and_never_the_hour() {
    let restricted = Trigger {
        sections: Some(vec!["Production".into()]),
        ..trigger()
    };
    let forced = Trigger {
        force: true,
        ..restricted.clone()
    };
    let test = Trigger {
        test: true,
        ..trigger()
    };
    let out = || Claim::OutOfReach("time limit".into());
    for (trigger, claim, mark) in [
        (&restricted, Claim::Granted, ""),
        (&restricted, Claim::Unsure, " (repeated)"),
        (&restricted, out(), " (may be a repeat)"),
        (&forced, Claim::Granted, ""),
        (&test, Claim::Granted, " (test)"),
        (&test, Claim::Unsure, " (test)"),
        (&test, out(), " (test)"),
    ] {
        let (posts, book, _) = when(claim, trigger.clone(), posted()).await;
        assert_eq!(posts.len(), 1);
        let marks = ["(repeated)", "(may be a repeat)", "(test)", "(posted again)"];
        let shown: String = marks
            .iter()
            .filter(|it| title(&posts[0]).contains(*it))
            .map(|it| format!(" {it}"))
            .collect();
        assert_eq!(shown, mark, "{trigger:?}");
        assert_eq!(posts[0].key, key(Some(REQUEST)));
        assert_eq!(book.claims.lock().unwrap()[0].0, key(Some(REQUEST)));
        let ending = Ending::Posted { id: id() };
        assert!(
            book.endings
                .lock()
                .unwrap()
                .iter()
                .all(|it| *it == (key(Some(REQUEST)), ending.clone()))
        );
    }
    for trigger in [restricted, test] {
        let (posts, book, summary) = when(Claim::Posted { id: id() }, trigger, posted()).await;
        assert!(posts.is_empty() && endings(&book).is_empty());
        assert_eq!(summary.destinations[0].outcome, Outcome::AlreadyPosted { id: id() });
    }
}
