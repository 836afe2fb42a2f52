//! Every outgoing call of a run with everything that can happen to it: what the group sees, what the run says of itself,
//! and how often it tries. docs/reliability.md is written by this test, and is what the test expects.

mod page;
mod program;
mod table;
mod twice;
mod world;

use std::{collections::BTreeSet, env, fs, path::Path, slice};

use aho_corasick::AhoCorasick;
use futures_util::{StreamExt, stream};
use hourly_update::aws;
use testkit::log_capture::{self, spellings};

use page::page;
use table::{Told, rows};
use world::FaultWorld;

/// So many runs at a time: most of them wait.
const AT_ONCE: usize = 16;

#[tokio::test]
async fn every_call_with_every_fault() {
    let world = FaultWorld::new().await;
    log_capture::start(aws::may_log);
    let runs = rows()
        .into_iter()
        .enumerate()
        .map(|(number, row)| world.run(number, row));
    let mut told: Vec<Told> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    told.sort_by_key(|told| told.number);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let known = fs::read_to_string(&file).unwrap_or_default();
    let rows = told.len();
    let side_by_side = log_capture::so_far();
    for told in &mut told {
        told.tries += world::attempts_to_connect(&side_by_side, told);
        // Side by side on a busy machine a good answer can come after a time limit. Alone it has no such excuse.
        if page(slice::from_ref(told)).lines().any(|line| !known.contains(line)) {
            *told = world.run(rows + told.number, told.row).await;
            told.tries += world::attempts_to_connect(&log_capture::so_far(), told);
        }
    }
    let log = log_capture::take();
    // A run told alone has a number up to twice as high, and each of these has two.
    let runs = twice::rows()
        .into_iter()
        .enumerate()
        .map(|(at, (out, first))| world.run_twice(2 * (rows + at), out, first));
    let twice: Vec<_> = stream::iter(runs).buffered(AT_ONCE).collect().await;
    let wrong = told.iter().flat_map(Told::wrong);
    let wrong: Vec<_> = wrong.chain(twice.iter().flat_map(|told| told.wrong.clone())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let secrets: BTreeSet<String> = told
        .iter()
        .flat_map(|told| &told.secrets)
        .flat_map(|it| spellings(it))
        .collect();
    let search = AhoCorasick::new(&secrets).unwrap();
    let said = told
        .iter()
        .map(|told| format!("{} {} {} {}", told.row, told.sees, told.outcome, told.said));
    for text in said.chain([log.clone()]) {
        if let Some(found) = search.find(&text) {
            let line = text[..found.start()].lines().last().unwrap_or_default();
            panic!("{} was printed after: {line}", &text[found.range()]);
        }
    }
    for proof in [
        "no credentials for an account",
        "signed in",
        "ledger out of reach",
        "connecting to 127.0.0.1",
    ] {
        assert!(log.contains(proof), "not everything was logged: {proof} is missing");
    }

    let page = page(&told) + &page::twice(&twice) + &page::statuses();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    let differences: Vec<_> = page
        .lines()
        .filter(|line| !known.lines().any(|it| it == *line))
        .collect();
    assert!(
        known == page,
        "docs/reliability.md does not tell this; read it, then: UPDATE_DOCS=1 cargo test --test integration pipeline::faults::\n{}",
        differences.join("\n")
    );
}
