//! What names, titles, regions and ids look like: one rule each, used wherever such a text is read.

use crate::foreign::is_hidden;

/// In words, what [`is_name`] accepts.
pub const NAME: &str = "a name; expected 1 to 64 letters, digits, '-' and '_'";

/// A name that becomes part of keys: of the report, an account, a destination.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// In words, what [`is_line`] accepts.
pub const LINE: &str =
    "a line; expected 1 to 100 characters, without line breaks, control and invisible characters, and outer spaces";

/// What people read in one line: a title, a label, a sender's name. An emoji's variation selector is none by itself.
pub fn is_line(text: &str) -> bool {
    let begins_with_a_selector = text.starts_with(['\u{fe0e}', '\u{fe0f}']);
    (1..=100).contains(&text.chars().count())
        && !text.contains(|c: char| c.is_control() || is_hidden(c))
        && !begins_with_a_selector
        && text.trim() == text
}

/// In words, what [`is_region`] accepts.
pub const REGION: &str = "a region; expected one like us-east-1";

/// The form of a region's name, such as `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`. Regions are opened every year, so
/// there is no list.
pub fn is_region(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [first, middle @ .., number] = parts.as_slice() else {
        return false;
    };
    let lower = |part: &&str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && lower(first)
        && (1..=3).contains(&middle.len())
        && middle.iter().all(lower)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// In words, what [`is_id`] accepts.
pub const ID: &str = "an id; expected a lower-case letter, then letters, digits and '_', 64 in all at most";

/// An id by which expressions refer to a metric: CloudWatch's own rule.
pub fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// From 1 to `max` printable ASCII characters: CloudWatch's rule for namespaces, metric names and dimensions.
pub fn is_printable(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.trim() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_keys() {
        assert!(is_name("hourly-metrics_2") && is_name(&"a".repeat(64)));
        assert!(!is_name("") && !is_name(&"a".repeat(65)) && !is_name("a b") && !is_name("ä") && !is_name("a/b"));
    }

    #[test]
    fn lines_stay_on_their_line() {
        assert!(is_line("Production (N. Virginia)") && is_line("größe 🔥") && is_line("⚠️ עברית"));
        for bad in ["", " a", "a ", "a\nb", "a\u{7}", "a\u{2028}b", "a\u{85}b"] {
            assert!(!is_line(bad), "{bad:?}");
        }
    }

    #[test]
    fn lines_read_as_they_are() {
        for bad in [
            "a\u{202e}b",
            "\u{2066}a\u{2069}",
            "\u{200b}",
            "a\u{200d}b",
            "a\u{feff}",
            "a\u{e0062}",
            "\u{3164}",
            "\u{2800}",
            "a\u{ad}b",
            "\u{fe0f}",
        ] {
            assert!(!is_line(bad), "{bad:?}");
        }
        assert!(is_line(&"ä".repeat(100)) && !is_line(&"ä".repeat(101)));
    }

    #[test]
    fn regions_have_their_form() {
        for good in [
            "us-east-1",
            "eu-west-1",
            "ap-southeast-4",
            "us-gov-west-1",
            "cn-north-1",
            "eusc-de-east-1",
            "me-central-1",
        ] {
            assert!(is_region(good), "{good}");
        }
        for bad in [
            "",
            "us-east",
            "us-east-1a",
            "useast1",
            "US-EAST-1",
            "us--1",
            "-east-1",
            "us-east-",
            "us_east_1",
            "east-1",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn ids_are_those_of_cloudwatch() {
        assert!(is_id("m1") && is_id("aB_9"));
        assert!(!is_id("") && !is_id("M1") && !is_id("1m") && !is_id("_m") && !is_id("m-1") && !is_id(&"m".repeat(65)));
    }

    #[test]
    fn printable_is_ascii_without_outer_spaces() {
        assert!(is_printable("AWS/ApplicationELB", 255) && is_printable("a b", 255));
        assert!(
            !is_printable("", 9) && !is_printable("ä", 9) && !is_printable("0123456789", 9) && !is_printable(" a", 9)
        );
    }
}
