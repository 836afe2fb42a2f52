use proptest::prelude::*;

use super::*;
use crate::testing::updates::{any_update, assert_says_all, legacy, three_sections};

#[test]
fn one_section_in_skype_is_the_old_systems_message() {
    let message = render(&legacy(Some(120.0)), None);
    assert_eq!(
        message,
        Message {
            format: Format::Plain,
            body: "Hourly Metrics Update:\n- Healthy Hosts: 5\n- API Latency: 120ms\n- CS Latency: 150ms\n\
                   - Upload Latency: 180ms"
                .into()
        }
    );
}

#[test]
fn one_section_with_something_to_explain_has_a_time_and_a_heading() {
    insta::assert_snapshot!("one_section_explained", render(&legacy(None), None).body);
}

#[test]
fn several_sections_have_headings_and_notes() {
    insta::assert_snapshot!("several_sections", render(&three_sections(), None).body);
}

#[test]
fn a_repeated_message_says_so() {
    let repeated = render(&three_sections(), Some(Mark::Repeated)).body;
    assert!(
        repeated.starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC (repeated):\n"),
        "{repeated}"
    );
    let legacy = render(&legacy(Some(1.0)), Some(Mark::Repeated)).body;
    assert!(
        legacy.starts_with("Hourly Metrics Update, Sun 22 Nov 13:57 UTC (repeated):\n"),
        "{legacy}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_said_in_skype_fits_and_says_what_is_left_out(update in any_update()) {
        let body = render(&update, Some(Mark::Repeated)).body;
        prop_assert!(body.len() <= 8_000);
        let shown = body.replace(r#"<b raw_pre="*" raw_post="*">"#, "").replace("</b>", "");
        prop_assert!(!shown.contains(['<', '>']));
        let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert_says_all(&update, Mark::Repeated, &shown);
    }
}
