use proptest::prelude::*;

use super::*;
use crate::testing::updates::{any_update, assert_says_all, three_sections};

#[test]
fn the_log_has_the_update_as_text() {
    insta::assert_snapshot!("several_sections", render(&three_sections(), None).body);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn whatever_is_said_fits_and_says_what_is_left_out(update in any_update()) {
        let body = render(&update, Some(Mark::Test)).body;
        prop_assert!(body.len() <= 100_000);
        assert_says_all(&update, Mark::Test, &body);
    }
}
