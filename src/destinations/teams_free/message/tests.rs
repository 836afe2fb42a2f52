use proptest::prelude::*;

use super::*;
use crate::testing::updates::{any_update, assert_says_all, legacy, three_sections};

#[test]
fn several_sections_in_teams_free() {
    let mut update = three_sections();
    update.dashboard = Some("https://example.com/dashboard?a=1&b='2'".parse().unwrap());
    let message = render(&update, None);
    assert_eq!(message.format, Format::Html);
    insta::assert_snapshot!(
        "several_sections",
        message.body.replace("</p>", "</p>\n").replace("</ul>", "</ul>\n")
    );
}

#[test]
fn one_section_in_teams_free_is_the_old_systems_message_too() {
    let update = legacy(Some(120.0));
    let message = render(&update, None);
    assert_eq!(message, crate::destinations::skype::message::render(&update, None));
    let repeated = render(&update, Some(Mark::Repeated));
    assert_eq!(repeated.format, Format::Html);
    assert!(repeated.body.contains("13:57 UTC (repeated):"), "{}", repeated.body);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_said_in_teams_free_fits_and_says_what_is_left_out(update in any_update()) {
        let body = render(&update, Some(Mark::Again)).body;
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
}
