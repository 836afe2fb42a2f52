//! Foreign input that nobody has thought of: real samples with bytes changed, cut out, repeated and joined.
//!
//! A few thousand cases run with the other tests; `FUZZ_CASES` asks for another number, as `make fuzz` does, and then a
//! case that takes longer than a second fails, too. `SLOWEST` asks for large samples instead, and how long they take:
//! see [`slowest`].

#![expect(clippy::disallowed_methods, reason = "the environment says how many cases to try")]

use std::{
    env,
    fmt::Debug,
    time::{Duration, Instant},
};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};

use super::slowest::slowest;

/// How many cases run without `FUZZ_CASES`.
const CASES: u32 = 2_000;

/// How long one case may take when many are asked for: the function has one thread for all its destinations' answers.
const LONGEST_CASE: Duration = Duration::from_secs(1);

/// Bytes that are read of a chat's answer.
const BODY: usize = 64 * 1024;

/// The longest text that an error may have, in bytes.
const LONGEST: usize = 1_000;

/// Pieces that mean something in one of the formats.
pub(super) const TOKENS: [&[u8]; 26] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"<",
    b">",
    b"</",
    b"&",
    b"&#0;",
    b"<![CDATA[",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"${",
    b"\n",
    b"\0",
    b"\xff",
    "\u{202e}".as_bytes(),
];

/// One change of a sample.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Insert(Index, &'static [u8]),
    Cut(Index, usize),
    Repeat(Index, usize, usize),
    End(Index),
    Join(Index, Index, Index),
}

/// Gives `check` many changed samples of an answer; it panics when something is wrong with what is made of one.
pub fn fuzz(name: &str, samples: &[&[u8]], check: impl Fn(&[u8])) {
    fuzz_up_to(BODY, name, samples, check);
}

/// Like [`fuzz`], for input of which `most` bytes are read.
pub fn fuzz_up_to(most: usize, name: &str, samples: &[&[u8]], check: impl Fn(&[u8])) {
    if let Ok(cases) = env::var("SLOWEST") {
        return slowest(name, cases.parse().expect("SLOWEST is a number"), most, samples, check);
    }
    let changes = vec(change(), 0..6);
    fuzz_with(name, (any::<Index>(), changes), |(sample, changes)| {
        let input = changes.iter().fold(sample.get(samples).to_vec(), |input, change| {
            changed(input, change, samples)
        });
        check(&input);
    });
}

/// Like [`fuzz`], for input that is read while nobody waits: when the function starts, or by the tool. How long it takes
/// is not measured.
pub fn fuzz_alone(name: &str, samples: &[&[u8]], check: impl Fn(&[u8])) {
    if env::var_os("SLOWEST").is_none() {
        fuzz_up_to(BODY, name, samples, check);
    }
}

/// Gives `check` many values of any other kind.
pub fn fuzz_with<T: Debug + Clone>(name: &str, input: impl Strategy<Value = T>, check: impl Fn(T)) {
    match env::var("FUZZ_CASES") {
        Ok(cases) => {
            let cases = cases.parse().expect("FUZZ_CASES is a number");
            run(name, cases, &input, |input| in_time(input, LONGEST_CASE, &check));
        }
        Err(_) => run(name, CASES, &input, check),
    }
}

/// Fails where a check takes too long twice, so that a machine that was busy for a moment is no finding.
fn in_time<T: Clone>(input: T, limit: Duration, check: impl Fn(T)) {
    let takes = |input| {
        let begin = Instant::now();
        check(input);
        begin.elapsed()
    };
    if takes(input.clone()) > limit {
        let time = takes(input);
        assert!(time <= limit, "one case takes {:.1} s", time.as_secs_f64());
    }
}

fn run<T: Debug>(name: &str, cases: u32, input: &impl Strategy<Value = T>, check: impl Fn(T)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let begin = Instant::now();
    let result = TestRunner::new(config).run(input, |input| {
        check(input);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{name}: {error}"));
    eprintln!("{name}: {cases} cases in {:.1} s", begin.elapsed().as_secs_f64());
}

/// An error for people is one line, not too long, and no part of a secret.
pub fn assert_tellable(error: &str, secrets: &[&str]) {
    assert!(
        !error.is_empty() && error.len() <= LONGEST,
        "{} bytes: {error}",
        error.len()
    );
    assert!(!error.contains(char::is_control), "{error:?}");
    for secret in secrets {
        assert!(!error.contains(secret), "{error}");
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at(), select(&TOKENS[..])).prop_map(|(at, token)| Change::Insert(at, token)),
        (at(), 1..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (at(), 1..40_usize, 1..200_usize).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        at().prop_map(Change::End),
        (at(), at(), at()).prop_map(|(at, other, from)| Change::Join(at, other, from)),
    ]
}

fn changed(mut input: Vec<u8>, change: &Change, samples: &[&[u8]]) -> Vec<u8> {
    let end = input.len();
    let place = |at: &Index| at.index(end + 1);
    match change {
        Change::Set(at, byte) => {
            if let Some(found) = input.get_mut(place(at)) {
                *found = *byte;
            }
        }
        Change::Insert(at, token) => drop(input.splice(place(at)..place(at), token.iter().copied())),
        Change::Cut(at, length) => drop(input.drain(place(at)..end.min(place(at) + length))),
        Change::Repeat(at, length, times) => {
            let piece = input[place(at)..end.min(place(at) + length)].repeat(*times);
            input.splice(place(at)..place(at), piece);
        }
        Change::End(at) => input.truncate(place(at)),
        Change::Join(at, other, from) => {
            input.truncate(place(at));
            let other = other.get(samples);
            input.extend(&other[from.index(other.len() + 1)..]);
        }
    }
    input
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread::sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    #[test]
    #[should_panic(expected = "one case takes 0.0 s")]
    fn a_case_that_always_takes_too_long_fails() {
        in_time((), LIMIT, |()| sleep(LIMIT * 2));
    }

    #[test]
    fn a_case_that_took_too_long_once_does_not() {
        let first = Cell::new(true);
        in_time((), LIMIT, |()| {
            if first.replace(false) {
                sleep(LIMIT * 2);
            }
        });
    }
}
