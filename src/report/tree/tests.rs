//! YAML as it is read into a tree.

use super::*;

fn value(yaml: &str) -> Value {
    parse(yaml.as_bytes()).unwrap().value
}

fn problem(yaml: impl AsRef<[u8]>) -> String {
    parse(yaml.as_ref()).unwrap_err().to_string()
}

#[test]
fn scalars_keep_what_they_were() {
    let yaml = "[~, true, yes, 7, -7, 1.5, '7', 012345678901, 1_000, .nan, on, 123456789012345678901234567890]";
    let Value::List(items) = value(yaml) else {
        panic!("not a list")
    };
    let values: Vec<_> = items.into_iter().map(|node| node.value).collect();
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(
        values[..6],
        [
            Value::Null,
            Value::Flag(true),
            text("yes"),
            Value::Whole(7),
            Value::Whole(-7),
            Value::Float(1.5)
        ]
    );
    assert_eq!(
        values[6..11],
        [text("7"), text("012345678901"), text("1_000"), text(".nan"), text("on")]
    );
    assert!(matches!(values[11], Value::Float(_)));
}

#[test]
fn places_count_from_one_and_in_characters() {
    let Value::Map(entries) = value("größe: {ä: 1}\nb:\n  - 2\n") else {
        panic!("not a map")
    };
    let (key, node) = &entries[1];
    assert_eq!(key.at, Position { line: 2, column: 1 });
    let Value::List(items) = &node.value else {
        panic!("not a list")
    };
    assert_eq!(items[0].at, Position { line: 3, column: 5 });
    let Value::Map(inner) = &entries[0].1.value else {
        panic!("not a map")
    };
    assert_eq!(inner[0].1.at, Position { line: 1, column: 12 });
}

#[test]
fn an_alias_is_what_it_stands_for() {
    let Value::Map(entries) = value("a: &lb {x: 1}\nb: *lb\n") else {
        panic!("not a map")
    };
    assert_eq!(entries[0].1, entries[1].1);
    assert_eq!(entries[1].1.at, Position { line: 1, column: 8 });
}

#[test]
fn repeated_keys_are_kept_for_the_walk() {
    let Value::Map(entries) = value("a: 1\nb: 2\na: 3\n") else {
        panic!("not a map")
    };
    assert_eq!(entries.len(), 3);
}

#[test]
fn what_is_not_one_yaml_document_is_one_problem() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
         c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
         e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let problems = [
        problem(""),
        problem("# nothing but a comment\n"),
        problem(vec![b' '; MAX_BYTES + 1]),
        problem(b"ok: 1\n  \xc3\xa4\xff: 2\n"),
        problem("a: 1\n---\nb: 2\n"),
        problem("a: [1, 2\n"),
        problem("a: 'open\n"),
        problem("a: 1\n\tb: 2\n"),
        problem("a: *nowhere\n"),
        problem("a: &a [*a]\n"),
        problem("a: &a {x: 1}\nb: {<<: *a}\n"),
        problem("a: !secret b\n"),
        problem("? [a, b]\n: 1\n"),
        problem("~: 1\n"),
        problem("[".repeat(40)),
        problem(bomb),
    ];
    insta::assert_snapshot!(problems.join("\n"));
}
