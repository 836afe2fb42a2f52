//! Metric math, as far as one must understand it to know which metrics an expression refers to.
//!
//! In CloudWatch's syntax, ids begin with a lower-case letter; functions and keywords are upper case; what stands in
//! quotes is for SEARCH and the like. The rest is left for CloudWatch to judge.

use std::{collections::BTreeSet, ops::Range};

/// Where `expression` refers to a metric by its id: byte ranges, in order.
pub fn ids(expression: &str) -> Vec<Range<usize>> {
    tokens(expression)
        .into_iter()
        .filter(|token| expression[token.clone()].starts_with(|c: char| c.is_ascii_lowercase()))
        .collect()
}

/// Why CloudWatch would refuse the expression, and with it the whole request; as far as that shows without knowing its
/// functions. `METRICS()` would mean every metric of the request, other sections' included.
pub(super) fn fault(expression: &str) -> Option<&'static str> {
    let tokens = tokens(expression);
    let word = |text: &str| tokens.iter().any(|token| &expression[token.clone()] == text);
    let mut open = Vec::new();
    for token in &tokens {
        match &expression[token.clone()] {
            "(" => open.push(")"),
            "[" => open.push("]"),
            bracket @ (")" | "]") if open.pop() != Some(bracket) => return Some("closes a bracket that is not open"),
            quoted if quoted.starts_with(['\'', '"']) && !is_closed(quoted) => {
                return Some("has a quotation mark without its second");
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(_) => Some("does not close a bracket"),
        None if word("METRICS") => Some("uses METRICS(), which depends on other sections; name the ids instead"),
        None => None,
    }
}

/// Whether the expression has a value in every bucket, whatever its metrics have: each of them, and each SEARCH, stands
/// inside FILL, or is by itself the id of such an expression, which `is_filled` tells.
pub(super) fn is_always_filled(expression: &str, is_filled: impl Fn(&str) -> bool) -> bool {
    let mut sources = sources(expression).peekable();
    sources.peek().is_some() && sources.all(|(name, inside_fill)| inside_fill || is_filled(name))
}

/// The ids that are added up outside of FILL: where one of them has no datapoint, the sum has none.
pub(super) fn unfilled_summands(expression: &str) -> BTreeSet<&str> {
    let adds = tokens(expression).iter().any(|token| &expression[token.clone()] == "+");
    sources(expression)
        .filter(|(name, inside_fill)| adds && !inside_fill && *name != SEARCH)
        .map(|(name, _)| name)
        .collect()
}

const SEARCH: &str = "SEARCH";

/// The ids and calls of SEARCH that the expression takes datapoints from, and whether each stands inside FILL.
fn sources(expression: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut open: Vec<bool> = Vec::new();
    let mut before = "";
    let words = tokens(expression).into_iter().map(|token| &expression[token]);
    words.filter(|word| !word.trim().is_empty()).filter_map(move |word| {
        match word {
            "(" => open.push(before == "FILL"),
            ")" => drop(open.pop()),
            _ => {}
        }
        before = word;
        let is_source = word == SEARCH || word.starts_with(|c: char| c.is_ascii_lowercase());
        is_source.then(|| (word, open.contains(&true)))
    })
}

/// Words, numbers, quoted texts with their marks, and every other character on its own.
fn tokens(expression: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = expression[start..].chars().next() {
        let rest = &expression[start..];
        let len = match first {
            '\'' | '"' => quoted_len(rest, first),
            c if is_word(c) => rest
                .find(|c| !is_word(c) && (c != '.' || !first.is_ascii_digit()))
                .unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        tokens.push(start..start + len);
        start += len;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of a quoted text at the start of `rest`; all of it, if the second mark is missing.
fn quoted_len(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

fn is_closed(quoted: &str) -> bool {
    let mark = quoted.chars().next().unwrap_or_default();
    // A text that runs to the end without its mark, once more with it, is one longer.
    quoted.len() > 1 && quoted_len(&format!("{quoted}{mark}"), mark) == quoted.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(expression: &str) -> Vec<&str> {
        ids(expression).into_iter().map(|range| &expression[range]).collect()
    }

    #[test]
    fn ids_are_the_words_that_begin_in_lower_case() {
        assert_eq!(named("100 * errors / requests"), ["errors", "requests"]);
        assert_eq!(named("SUM([m1,m2_a])/PERIOD(m1)"), ["m1", "m2_a", "m1"]);
        assert_eq!(
            named("IF(m1 > 1.5e3 AND m2 < 2E-3, m1, FILL(m2, REPEAT))"),
            ["m1", "m2", "m1", "m2"]
        );
        assert_eq!(named("1e3 + 0x1f + _m + Mm"), Vec::<&str>::new());
        assert_eq!(named("m1+é+m2"), ["m1", "m2"]);
        assert_eq!(named(""), Vec::<&str>::new());
    }

    #[test]
    fn what_is_quoted_is_no_id() {
        assert_eq!(
            named(r#"SUM(SEARCH('{AWS/EC2,InstanceId} "cpu util"', 'Average')) + m1"#),
            ["m1"]
        );
        assert_eq!(named(r"m1 + 'it\'s m2' + m3"), ["m1", "m3"]);
        assert_eq!(named("m1 + 'open m2"), ["m1"]);
    }

    #[test]
    fn an_expression_that_cannot_be_right_is_refused() {
        for good in [
            "m1",
            "(m1)+[m2][0]",
            "SEARCH('{(}')",
            r"'\''",
            "SUM([METRIC_COUNT(m1)])",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "(m1",
            "m1)",
            "[m1)",
            "SEARCH('x)",
            "'",
            "\"'",
            r"'\'",
            "SUM(METRICS())",
            "METRICS('m')",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn an_expression_is_always_filled_when_all_that_it_reads_stands_inside_fill() {
        let is_filled = |id: &str| id == "filled";
        for filled in [
            "FILL(a,0)",
            "FILL (a, REPEAT)",
            "FILL(100 * (a / b), 0)",
            "FILL(a,0) + filled",
            "2 * filled",
            "FILL(SEARCH('{a} b', 'Sum'), 0)",
        ] {
            assert!(is_always_filled(filled, is_filled), "{filled}");
        }
        for not_filled in [
            "a",
            "100*FILL(a,0)/b",
            "FILL(a,0) + b",
            "(a) + FILL(b, 0)",
            "SUM(SEARCH('FILL(a,0)', 'Sum'))",
            "TIME_SERIES(5)",
        ] {
            assert!(!is_always_filled(not_filled, is_filled), "{not_filled}");
        }
    }

    #[test]
    fn summands_are_what_is_added_outside_of_fill() {
        let of = |text| unfilled_summands(text).into_iter().collect::<Vec<_>>();
        assert_eq!(of("a + b"), ["a", "b"]);
        assert_eq!(of("FILL(a,0) + b"), ["b"]);
        assert_eq!(of("100 * a / b"), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn tokens_cover_any_text_without_gaps(expression in "[a-z0-9A-Z_.'\"\\\\()\\[\\] é+]*") {
            let mut end = 0;
            for token in tokens(&expression) {
                prop_assert_eq!(token.start, end);
                prop_assert!(token.end > token.start);
                end = token.end;
            }
            prop_assert_eq!(end, expression.len());
            fault(&expression);
        }

        #[test]
        fn ids_are_found_wherever_an_operator_separates_them(names in prop::collection::vec("[a-z][A-Za-z0-9_]{0,8}", 1..9)) {
            let expression = names.join(" + ");
            prop_assert_eq!(named(&expression), names);
        }
    }
}
