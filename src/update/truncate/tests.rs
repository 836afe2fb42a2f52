use super::*;
use crate::{
    testing::{
        config, metric, place, production, section,
        updates::{unread, update},
    },
    update::text::PLAIN,
};

const LIMIT: usize = 8_000;

/// The update as text of at most so many bytes.
fn body(update: &Update) -> String {
    let terms = Terms(Format::Plain, Wording::Short, Limit::Bytes(LIMIT));
    fitted(update, None, &terms, &PLAIN).body
}

#[test]
fn a_long_message_leaves_out_the_least_important_lines() {
    let metrics = |n: usize| (0..n).map(|i| metric(&format!("Metric number {i}"))).collect();
    let config = config(vec![
        section("Short", production(), "us-east-1", metrics(2)),
        section("Long", production(), "eu-west-1", metrics(600)),
    ]);
    let mut values: Vec<_> = (0..2).map(|i| (place(0, i), Some(1.0))).collect();
    values.extend((0..600).map(|i| (place(1, i), (i != 500).then_some(1.0))));
    let body = body(&update(&config, &values));
    assert!(body.len() <= LIMIT);
    for kept in [
        "13:57 UTC:",
        "Short",
        "Long",
        "  Metric number 500: 0 (1)",
        "\n(1) no data",
        "lines left out]",
    ] {
        assert!(body.contains(kept), "{kept}");
    }
    let shown = body.matches("  Metric").count();
    let told: usize = body
        .rsplit_once("[too long: ")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(shown + told, 602);
}

#[test]
fn reasons_are_shortened_before_one_is_left_out() {
    let body = body(&unread(60));
    for index in 0..60 {
        let reason = format!("({}) not read: {index} xxx", index + 1);
        assert!(body.contains(&reason), "{reason} is not in {body}");
    }
    assert!(body.contains("too long: ") && !body.contains("why"), "{body}");
}

#[test]
fn too_many_reasons_are_left_out_last_and_counted() {
    let body = body(&unread(600));
    assert!(body.len() <= LIMIT && body.starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC:\n"));
    let shown = body.matches("not read: ").count();
    let notice = format!("left out, and with them why {} sections were not read]", 600 - shown);
    assert!(shown > 80 && body.ends_with(&notice), "{body}");
}

#[test]
fn a_limit_counts_bytes_or_characters() {
    for (limit, holds) in [
        (Limit::Bytes(6), true),
        (Limit::Bytes(5), false),
        (Limit::Chars(4), true),
        (Limit::Chars(3), false),
    ] {
        assert_eq!(limit.holds("aéé1"), holds, "{limit:?}");
    }
}
