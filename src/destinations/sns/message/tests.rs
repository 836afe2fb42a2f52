use proptest::prelude::*;

use super::*;
use crate::{
    testing::updates::{any_update, assert_says_all, three_sections, unread},
    update::content::Headline,
};

/// The update with all that it says as a notification says it.
fn literally(update: &Update) -> Update {
    let mut update = update.clone();
    for section in &mut update.sections {
        section.title = literal(&section.title);
        for line in &mut section.lines {
            line.label = literal(&line.label);
            line.value = literal(&line.value);
        }
    }
    update.notes = update.notes.iter().map(|note| literal(note)).collect();
    update
}

#[test]
fn several_sections_for_sns() {
    let mut update = three_sections();
    update.dashboard = Some("https://example.com/dashboard#a|b".parse().unwrap());
    let message = render(&update, None);
    let value: Value = serde_json::from_str(&message.body).unwrap();
    insta::assert_snapshot!("several_sections", serde_json::to_string_pretty(&value).unwrap());
    let of_a_step = &value["https"]["content"];
    assert!(of_a_step["nextSteps"][0].as_str().unwrap().len() <= 350);

    // One that is too long for a step is not left out.
    update.dashboard = Some(format!("https://example.com/{}", "x".repeat(1_900)).parse().unwrap());
    let value: Value = serde_json::from_str(&render(&update, None).body).unwrap();
    let content = &value["https"]["content"];
    assert_eq!(content.get("nextSteps"), None);
    assert!(content["description"].as_str().unwrap().ends_with("|Open dashboard>"));
}

#[test]
fn a_subject_says_how_much_was_read_where_there_is_room() {
    let subject = |update: &Update, mark| Publication::of(&render(update, mark)).unwrap().subject;
    let (whole, mut part) = (unread(60), unread(60));
    (part.restricted, part.all_sections) = (true, 61);
    let title = "Hourly Metrics Update, Sun 22 Nov 13:57 UTC, 60 of 61 sections";
    for mark in [None, Some(Mark::Unchecked)] {
        let of_part = subject(&part, mark);
        assert!(of_part.starts_with(title) && of_part.len() < 100, "{of_part}");
        assert!(subject(&whole, mark).ends_with(" metrics read"));
    }
    part.all_sections = 1_000_000_000;
    let expected = "Hourly Metrics Update, Sun 22 Nov 13:57 UTC, 60 of 1000000000 sections (may be a repeat)";
    assert_eq!(
        subject(&part, Some(Mark::Unchecked)),
        expected,
        "how much was read has no room"
    );
}

#[test]
fn nothing_in_a_label_is_mark_up() {
    for (text, expected) in [
        ("5xx *all* <!channel> & `x`", "5xx ∗all∗ ‹!channel› ＆ ˋxˋ"),
        (
            "[a](https://a.example) ~b~ _c_ d|e\\*",
            "［a］(https://a.example) ∼b∼ ˍcˍ d∣e＼∗",
        ),
        (
            "hourly_update_reader (AccessDenied)",
            "hourly_update_reader (AccessDenied)",
        ),
        ("a__b _", "aˍˍb ˍ"),
    ] {
        assert_eq!(literal(text), expected);
    }
}

#[test]
fn the_longest_subject_is_short_enough() {
    // A report of 1 MiB has fewer lines than that.
    let headline = Headline {
        read: "99999 of 99999 metrics read".to_owned(),
        unread: "; not read: Größe".to_owned(),
    };
    for mark in [Mark::Repeated, Mark::Again, Mark::Unchecked, Mark::Test] {
        let update = three_sections();
        let content = Content {
            headline: headline.clone(),
            ..Content::new(&update, Some(mark), Wording::Short)
        };
        let subject = subject(&content);
        assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
        assert!(subject.ends_with(": 99999 of 99999 metrics read"), "{subject}");
    }
}

#[test]
fn nothing_in_a_link_ends_it() {
    let url = Url::parse("https://a.example/?a=b|c#>").unwrap();
    assert_eq!(link(&url), "<https://a.example/?a=b%7Cc#%3E|Open dashboard>");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_published_fits_and_says_what_is_left_out(update in any_update()) {
        let publication = Publication::of(&render(&update, Some(Mark::Again))).unwrap();
        let subject = &publication.subject;
        prop_assert!(subject.len() < 100 && subject.bytes().all(|b| (b' '..=b'~').contains(&b)), "{subject}");
        prop_assert!(publication.message(&"x".repeat(49)).len() <= 262_144);
        assert_says_all(&update, Mark::Again, &publication.default);

        let content = &publication.https["content"];
        let (title, description) = (content["title"].as_str().unwrap(), content["description"].as_str().unwrap());
        prop_assert!(title.len() <= 250 && (1..=8_000).contains(&description.chars().count()));
        // Headings are bold; nothing else is mark-up.
        let line = |line: &str| line.replacen('*', "", if line.starts_with('*') { 2 } else { 0 }) + "\n";
        let text: String = description.lines().map(line).collect();
        prop_assert!(!text.contains(['*', '~', '`', '<', '>', '&', '|', '\\']), "{text}");
        assert_says_all(&literally(&update), Mark::Again, &format!("{title}\n{text}"));
    }
}
