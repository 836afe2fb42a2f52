//! How long a parser takes in the worst case that a search finds: samples in which a few pieces, numbered or not, stand
//! so often that as much is there as is read at all.
//!
//! `make slowest` runs it for everything that `make fuzz` knows, optimised as the function is. It measures, so it is no
//! part of the other tests.

use std::time::{Duration, Instant};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    strategy::ValueTree,
    test_runner::TestRunner,
};

use super::fuzz::TOKENS;

/// What one answer may cost all other destinations, which have the same thread.
const LIMIT: Duration = Duration::from_millis(50);

/// How often a case is measured before it counts as the slowest: the machine may have been busy.
const TIMES: usize = 3;

/// Pieces of which many cost a naive parser more than they are long; each `#` becomes the piece's number.
const NUMBERED: [&[u8]; 20] = [
    b"<a>",
    b"</a>",
    b"<a/>",
    b"<a xmlns:n#='u'>",
    b"<a xmlns='#'>",
    b"<a xmlns:n#='u'/>",
    b"<n#:a xmlns:n#='u' n#:b='c'/>",
    b" a#=''",
    b" xmlns:b#=''",
    b"<![CDATA[a]]>",
    b"&amp;",
    b"\r\n",
    b"<!-- -->",
    b"\"k#\":",
    b"\"k#\":{",
    b"\"k#\":[],",
    b"[1e308,",
    b"0.#",
    b"; a#=b",
    b"xn--a#.",
];

/// Some pieces and where they go; each takes its share of the room.
type Growth = Vec<(Index, Piece, u8)>;

#[derive(Debug, Clone)]
enum Piece {
    Known(&'static [u8]),
    /// A part of the sample.
    Own(Index, usize),
}

/// Measures `check` on `cases` samples of `most` bytes, and fails where one takes longer than [`LIMIT`].
pub fn slowest(name: &str, cases: usize, most: usize, samples: &[&[u8]], check: impl Fn(&[u8])) {
    let time = |input: &[u8]| {
        let begin = Instant::now();
        check(input);
        begin.elapsed()
    };
    let mut runner = TestRunner::deterministic();
    let strategy = (any::<Index>(), growth());
    let mut worst = (Duration::ZERO, Vec::new());
    for _ in 0..cases {
        let tree = strategy.new_tree(&mut runner).expect("nothing is filtered");
        let (sample, growth) = tree.current();
        let input = grown(sample.get::<&[u8]>(samples), &growth, most);
        let mut taken = time(&input);
        for _ in 1..TIMES {
            if taken > worst.0 {
                taken = taken.min(time(&input));
            }
        }
        if taken > worst.0 {
            worst = (taken, input);
        }
    }
    let (taken, input) = worst;
    let begin = String::from_utf8_lossy(&input[..input.len().min(400)]).into_owned();
    let millis = taken.as_secs_f64() * 1000.0;
    eprintln!(
        "{name}: {millis:.2} ms for {} bytes, the slowest of {cases}",
        input.len()
    );
    assert!(
        taken <= LIMIT,
        "{name} takes {millis:.0} ms for {} bytes: {begin}",
        input.len()
    );
}

fn growth() -> impl Strategy<Value = Growth> {
    let known = TOKENS.iter().chain(&NUMBERED).copied().collect::<Vec<_>>();
    let piece = prop_oneof![
        2 => select(known).prop_map(Piece::Known),
        1 => (any::<Index>(), 1..80_usize).prop_map(|(from, length)| Piece::Own(from, length)),
    ];
    vec((any::<Index>(), piece, 1..8_u8), 1..5)
}

/// The sample with each piece repeated at its place.
fn grown(sample: &[u8], growth: &Growth, most: usize) -> Vec<u8> {
    let room = most.saturating_sub(sample.len());
    let shares: usize = growth.iter().map(|(.., share)| usize::from(*share)).sum();
    let mut runs: Vec<(usize, Vec<u8>)> = growth
        .iter()
        .map(|(at, piece, share)| {
            (
                at.index(sample.len() + 1),
                run(sample, piece, room * usize::from(*share) / shares),
            )
        })
        .collect();
    // from the end, so that places stay what they were
    runs.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut input = sample.to_vec();
    for (at, run) in runs {
        input.splice(at..at, run);
    }
    input
}

fn run(sample: &[u8], piece: &Piece, room: usize) -> Vec<u8> {
    let piece = match piece {
        Piece::Known(piece) => piece,
        Piece::Own(from, length) => {
            let from = from.index(sample.len().max(1));
            &sample[from.min(sample.len())..sample.len().min(from + length)]
        }
    };
    let mut run = Vec::with_capacity(room);
    let mut number = 0_usize;
    while !piece.is_empty() {
        let begin = run.len();
        for &byte in piece {
            match byte {
                b'#' => run.extend(number.to_string().into_bytes()),
                byte => run.push(byte),
            }
        }
        if run.len() > room {
            run.truncate(begin);
            break;
        }
        number += 1;
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_grown_is_as_large_as_is_read_and_numbered() {
        let at = any::<Index>().new_tree(&mut TestRunner::deterministic());
        let growth = vec![(at.expect("nothing is filtered").current(), Piece::Known(b"<a#>"), 1)];
        let input = grown(b"<end/>", &growth, 20);
        assert_eq!(input.len(), 18);
        assert!(String::from_utf8_lossy(&input).contains("<a0><a1><a2>"), "{input:?}");
    }

    #[test]
    #[should_panic(expected = "takes")]
    fn what_takes_too_long_is_found() {
        slowest("sleeper", 1, 10, &[b"a"], |_| std::thread::sleep(LIMIT * 2));
    }
}
