//! Standard output: the plain text, as long as one event of a log may be.

use crate::update::{
    Update,
    content::Content,
    message::{Format, Mark, Message},
    text::{PLAIN, write},
    truncate::fit,
};

/// Bytes. An event of CloudWatch Logs was 256 KiB at most until 2025, and JSON writes some characters as two.
const LIMIT: usize = 100_000;

/// The update for a log, with the metrics' longer names.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    let content = Content::new(update, mark, |line| &line.long_label);
    Message {
        format: Format::Plain,
        body: fit(
            &content,
            |content| write(content, "  ", &PLAIN),
            |body| body.len() <= LIMIT,
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::destinations::tests::{any_update, assert_says_all};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn whatever_is_said_fits_and_says_what_is_left_out(update in any_update()) {
            let body = render(&update, Some(Mark::Test)).body;
            prop_assert!(body.len() <= LIMIT);
            assert_says_all(&update, Mark::Test, &body);
        }
    }
}
