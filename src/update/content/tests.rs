use super::*;
use crate::testing::updates::{legacy, three_sections};

#[test]
fn the_title_names_the_day() {
    for (as_of, mark, expected) in [
        ("2026-11-24T13:57:00Z", None, "Tue 24 Nov 13:57 UTC"),
        (
            "2026-12-01T00:57:00Z",
            Some(Mark::Again),
            "Tue 1 Dec 00:57 UTC (posted again)",
        ),
        ("2026-12-31T23:57:00Z", None, "Thu 31 Dec 23:57 UTC"),
    ] {
        let as_of = as_of.parse().unwrap();
        let update = Update {
            as_of,
            ..three_sections()
        };
        let title = Content::new(&update, mark, Wording::Short).title;
        assert_eq!(title, format!("Hourly Metrics Update, {expected}"));
    }
}

#[test]
fn a_headline_says_enough_where_only_a_line_is_shown() {
    let headline = |update: &Update| Content::new(update, None, Wording::Short).headline.to_string();
    assert_eq!(
        headline(&three_sections()),
        "3 of 6 metrics read; not read: Staging SID; in part: BT Stack (Ireland)"
    );
    assert_eq!(headline(&legacy(Some(1.0))), "all 4 metrics read");
    let mut many = three_sections();
    for section in &mut many.sections {
        section.coverage = Coverage::Nothing;
    }
    assert_eq!(
        headline(&many),
        "3 of 6 metrics read; not read: Production <core> & more, BT Stack (Ireland) and 1 more"
    );
}

#[test]
fn each_metrics_reason_is_one_of_a_section_that_was_not_read() {
    let mut update = three_sections();
    update.sections[2].note = None;
    let content = Content::new(&update, None, Wording::Short);
    let on_section: Vec<bool> = content.notes.iter().map(|note| note.on_section).collect();
    assert_eq!(on_section.iter().filter(|it| **it).count(), 1, "{:?}", update.notes);
}
