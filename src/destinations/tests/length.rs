//! No message is too long, whatever is in it, and each says what it leaves out.

use super::*;

#[test]
fn a_long_message_leaves_out_the_least_important_lines() {
    let metrics = |n: usize| (0..n).map(|i| metric(&format!("Metric number {i}"))).collect();
    let config = config(vec![
        section("Short", production(), "us-east-1", metrics(2)),
        section("Long", production(), "eu-west-1", metrics(600)),
    ]);
    let mut values: Vec<_> = (0..2).map(|i| (place(0, i), Some(1.0))).collect();
    values.extend((0..600).map(|i| (place(1, i), (i != 500).then_some(1.0))));
    let body = skype::render(&update(&config, &values), None).body;
    assert!(body.len() <= 8_000);
    for kept in [
        "13:57 UTC:",
        "Short",
        "Long",
        "- Metric number 500: 0 (1)",
        "\n(1) no data",
        "lines left out]",
    ] {
        assert!(body.contains(kept), "{kept}");
    }
    let shown = body.matches("- Metric").count();
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

/// So many sections that could not be read, each for a long reason of its own.
fn unread(count: usize) -> Update {
    let mut update = three_sections();
    let section = update.sections.remove(2);
    update.sections = (0..count)
        .map(|index| SectionUpdate {
            note: Some(index + 1),
            title: format!("Section {index}"),
            ..section.clone()
        })
        .collect();
    update.notes = (0..count)
        .map(|index| format!("not read: {index} {}", "x".repeat(240)))
        .collect();
    update
}

#[test]
fn reasons_are_shortened_before_one_is_left_out() {
    let update = unread(60);
    for message in [skype::render, teams_free::render, slack::render, teams::render].map(|it| it(&update, None).body) {
        for index in 0..60 {
            let reason = format!("({}) not read: {index} xxx", index + 1);
            assert!(message.contains(&reason), "{reason} is not in {message}");
        }
        assert!(message.contains("too long: "), "{message}");
    }
}

#[test]
fn too_many_reasons_are_left_out_last_and_counted() {
    let body = skype::render(&unread(600), None).body;
    assert!(body.len() <= 8_000 && body.starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC:\n"));
    let shown = body.matches("not read: ").count();
    let notice = format!("left out, and with them why {} sections were not read]", 600 - shown);
    assert!(shown > 80 && body.ends_with(&notice), "{body}");
}

#[test]
fn a_part_of_the_report_says_so_in_the_title_of_each_kind() {
    let mut part = unread(60);
    (part.restricted, part.all_sections) = (true, 61);
    let whole = unread(60);
    let title = "Hourly Metrics Update, Sun 22 Nov 13:57 UTC, 60 of 61 sections";
    for mark in [None, Some(Mark::Unchecked)] {
        let publication = |update| sns::Publication::of(&sns::render(update, mark)).unwrap();
        let subject = publication(&part).subject;
        assert!(subject.starts_with(title) && subject.len() < 100, "{subject}");
        assert!(publication(&whole).subject.ends_with(" metrics read"));
        for render in [
            text::render,
            log::render,
            skype::render,
            slack::render,
            teams::render,
            teams_free::render,
            sns::render,
        ] {
            let body = render(&part, mark).body;
            assert!(
                body.contains(&format!("{title}{}", mark.map_or("", Mark::text))),
                "{body}"
            );
            assert!(!render(&whole, mark).body.contains(" sections"));
        }
    }
    part.all_sections = 1_000_000_000;
    let subject = sns::Publication::of(&sns::render(&part, Some(Mark::Unchecked)))
        .unwrap()
        .subject;
    let expected = "Hourly Metrics Update, Sun 22 Nov 13:57 UTC, 60 of 1000000000 sections (may be a repeat)";
    assert_eq!(subject, expected, "how much was read has no room");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_said_in_skype_fits_and_says_what_is_left_out(update in any_update()) {
        let body = skype::render(&update, Some(Mark::Repeated)).body;
        prop_assert!(body.len() <= 8_000);
        let shown = body.replace(r#"<b raw_pre="*" raw_post="*">"#, "").replace("</b>", "");
        prop_assert!(!shown.contains(['<', '>']));
        let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert_says_all(&update, Mark::Repeated, &shown);
    }

    #[test]
    fn whatever_is_said_in_teams_free_fits_and_says_what_is_left_out(update in any_update()) {
        let body = teams_free::render(&update, Some(Mark::Again)).body;
        prop_assert!(body.len() <= 20_000);
        let tags = ["p", "b", "ul", "li", "br"].map(|tag| [format!("<{tag}>"), format!("</{tag}>")]).concat();
        let shown = tags.iter().fold(body.replace("<br>", "\n"), |shown, tag| shown.replace(tag, ""));
        let link = r#"<a href="https://example.com/dashboard">Open dashboard</a>"#;
        prop_assert!(shown.contains(link));
        let shown = shown.replace(link, "");
        prop_assert!(!shown.contains(['<', '>', '"', '\'']));
        let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        assert_says_all(&update, Mark::Again, &shown.replace("&amp;", "&"));
    }

    #[test]
    fn whatever_is_said_in_slack_fits_and_says_what_is_left_out(update in any_update()) {
        let body = slack::render(&update, Some(Mark::Test)).body;
        prop_assert!(body.chars().count() <= 12_000);
        assert_says_all(&update, Mark::Test, &texts(&body));
    }

    #[test]
    fn whatever_is_published_fits_and_says_what_is_left_out(update in any_update()) {
        let publication = sns::Publication::of(&sns::render(&update, Some(Mark::Again))).unwrap();
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
        assert_says_all(&sns::literally(&update), Mark::Again, &format!("{title}\n{text}"));
    }
}
