use super::*;
use crate::testing::updates::{legacy, three_sections};

#[test]
fn one_section_on_the_command_line_is_the_old_systems_text() {
    let message = render(&legacy(Some(120.0)), None);
    assert_eq!(
        message.body,
        "Number of healthy hosts: 5\nAPI Latency: 120ms\nCS Latency: 150ms\nUpload Latency: 180ms"
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
