use super::*;
use crate::testing::as_of;

/// A ledger that is there or not, of one message.
#[derive(Default)]
struct Table {
    is_out: Mutex<bool>,
    /// What it says to the next claims.
    says: Mutex<Vec<Claim>>,
    closed: Mutex<Vec<Ending>>,
}

impl Table {
    fn is_out(&self, is_out: bool) {
        *self.is_out.lock().unwrap() = is_out;
    }

    fn closed(&self) -> Vec<Ending> {
        std::mem::take(&mut *self.closed.lock().unwrap())
    }
}

impl Ledger for Table {
    async fn claim(&self, _: &Key, _: Duration) -> Claim {
        match *self.is_out.lock().unwrap() {
            true => Claim::OutOfReach("503".into()),
            false => self.says.lock().unwrap().pop().unwrap_or(Claim::Granted),
        }
    }

    async fn close(&self, _: &Key, ending: Ending) -> Result<(), String> {
        if *self.is_out.lock().unwrap() {
            return Err("503".into());
        }
        self.closed.lock().unwrap().push(ending);
        Ok(())
    }
}

fn key() -> Key {
    Key {
        report: "hourly".into(),
        as_of: as_of(),
        destination: "operations".into(),
        request: None,
    }
}

fn posted() -> Ending {
    Ending::Posted { id: Some("1".into()) }
}

/// One run after the other in a process: they share what is remembered.
fn run<'a>(ledger: &'a Table, unrecorded: &'a Unrecorded) -> Records<'a, Table> {
    Records {
        ledger,
        unrecorded,
        clock: Clock::starting_at(as_of()),
        time_over: None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_posted_while_the_ledger_was_out_is_not_posted_again() {
    let (table, unrecorded) = (Table::default(), Unrecorded::default());
    table.is_out(true);
    let first = run(&table, &unrecorded);
    assert_eq!(first.claim(&key()).await, Claim::OutOfReach("503".into()));
    first.record(&key(), posted()).await;
    first.record_again().await;
    for is_out in [true, false] {
        table.is_out(is_out);
        let claim = run(&table, &unrecorded).claim(&key()).await;
        assert_eq!(claim, Claim::Posted { id: Some("1".into()) });
    }
    run(&table, &unrecorded).record_again().await;
    assert_eq!(table.closed(), [posted()], "the next run tells the ledger");
    run(&table, &unrecorded).record_again().await;
    assert_eq!(table.closed(), [], "once");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_moment_is_made_good_in_the_same_run() {
    let (table, unrecorded) = (Table::default(), Unrecorded::default());
    let run = run(&table, &unrecorded);
    for ending in [posted(), Ending::Unsure, Ending::NotPosted] {
        table.is_out(true);
        run.record(&key(), ending.clone()).await;
        table.is_out(false);
        run.record_again().await;
        assert_eq!(table.closed(), [ending]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubt_lasts_until_the_ledger_has_it() {
    let (table, unrecorded) = (Table::default(), Unrecorded::default());
    table.is_out(true);
    let first = run(&table, &unrecorded);
    first.record(&key(), Ending::Unsure).await;
    first.record_again().await;

    let next = run(&table, &unrecorded);
    assert_eq!(next.claim(&key()).await, Claim::Unsure, "though the ledger is out");
    table.is_out(false);
    assert_eq!(next.claim(&key()).await, Claim::Unsure, "though the ledger grants it");
    for claim in [Claim::InProgress, Claim::Posted { id: None }] {
        table.says.lock().unwrap().push(claim.clone());
        assert_eq!(next.claim(&key()).await, claim, "the ledger knows better");
    }
    next.record(&key(), Ending::NotPosted).await;
    assert_eq!(table.closed(), [Ending::Unsure], "the first one may have arrived");
    assert_eq!(run(&table, &unrecorded).claim(&key()).await, Claim::Granted);
}

#[tokio::test(start_paused = true)]
async fn what_was_surely_not_posted_is_not_remembered() {
    let (table, unrecorded) = (Table::default(), Unrecorded::default());
    table.is_out(true);
    let first = run(&table, &unrecorded);
    first.record(&key(), Ending::NotPosted).await;
    first.record_again().await;
    table.is_out(false);
    assert_eq!(run(&table, &unrecorded).claim(&key()).await, Claim::Granted);
    run(&table, &unrecorded).record_again().await;
    assert_eq!(table.closed(), []);
}

/// A ledger that never answers.
struct Hanging;

impl Ledger for Hanging {
    async fn claim(&self, _: &Key, _: Duration) -> Claim {
        std::future::pending().await
    }

    async fn close(&self, _: &Key, _: Ending) -> Result<(), String> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_told_again_within_the_time() {
    for (left, takes) in [(60, 6), (5, 4), (2, 1), (0, 0)] {
        let unrecorded = Unrecorded::default();
        unrecorded.remember(key(), posted());
        let clock = Clock::starting_at(as_of());
        let records = Records {
            ledger: &Hanging,
            unrecorded: &unrecorded,
            clock,
            time_over: Some(as_of() + Duration::from_secs(left)),
        };
        records.record_again().await;
        let took = clock.now().duration_since(as_of()).as_secs();
        assert_eq!(took, takes, "{left} s left");
        assert_eq!(unrecorded.of(&key()), Some(posted()));
    }
}

#[test]
fn so_much_is_remembered_and_no_more() {
    let unrecorded = Unrecorded::default();
    let hour = |hours: u64| Key {
        as_of: as_of() + Duration::from_secs(3600 * hours),
        ..key()
    };
    let hours = REMEMBERED as u64 + 1;
    for n in 0..hours {
        unrecorded.remember(hour(n), posted());
        unrecorded.remember(hour(n), Ending::Unsure);
    }
    assert_eq!(unrecorded.entries().len(), REMEMBERED);
    let known = (unrecorded.of(&hour(0)), unrecorded.of(&hour(hours - 1)));
    assert_eq!(known, (None, Some(Ending::Unsure)));
}
