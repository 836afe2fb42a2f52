use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::testing::updates::{any_update, assert_says_all, three_sections};

/// All texts of a JSON message, those next to each other joined.
fn texts(body: &str) -> String {
    fn collect(value: &Value, texts: &mut String) {
        match value {
            Value::String(text) => texts.push_str(text),
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            Value::Object(values) => values
                .iter()
                .filter(|(key, _)| *key != "type")
                .for_each(|(_, value)| collect(value, texts)),
            _ => {}
        }
    }
    let mut texts = String::new();
    collect(&serde_json::from_str(body).unwrap(), &mut texts);
    texts
}

#[test]
fn several_sections_in_slack() {
    let message = render(&three_sections(), None);
    let value: Value = serde_json::from_str(&message.body).unwrap();
    insta::assert_snapshot!("several_sections", serde_json::to_string_pretty(&value).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_said_in_slack_fits_and_says_what_is_left_out(update in any_update()) {
        let body = render(&update, Some(Mark::Test)).body;
        prop_assert!(body.chars().count() <= 12_000);
        assert_says_all(&update, Mark::Test, &texts(&body));
    }
}
