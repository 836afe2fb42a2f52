//! The forms of names, titles and ids: one rule each, used wherever such a text is read.

use super::{form::Form, json_schema};
use crate::foreign::is_hidden;

/// Yes or no.
pub const FLAG: Form<bool> = Form::Other {
    read: |cursor| cursor.flag(),
    schema: json_schema::flag,
};

/// A name that becomes part of keys: of the report, an account, a destination.
pub const NAME: Form<String> = Form::text(
    "a name; expected 1 to 64 letters, digits, '-' and '_'",
    "[A-Za-z0-9_-]{1,64}",
);

/// A text that people read in one line: a title, a label, a sender's name.
pub const LINE: Form<String> = Form::parsed(
    "a line; expected 1 to 100 characters, without line breaks, control and invisible characters, and outer spaces",
    r"\S(?:.{0,98}\S)?",
    |text| is_line(text).then(|| text.to_owned()),
);

/// An emoji's variation selector is no line by itself.
fn is_line(text: &str) -> bool {
    let begins_with_a_selector = text.starts_with(['\u{fe0e}', '\u{fe0f}']);
    let is_visible = !text.contains(|c: char| c.is_control() || is_hidden(c));
    is_visible && !begins_with_a_selector && text.trim() == text
}

/// An id by which expressions refer to a metric: CloudWatch's own rule.
pub const ID: Form<String> = Form::text(
    "an id; expected a lower-case letter, then letters, digits and '_', 64 in all at most",
    "[a-z][A-Za-z0-9_]{0,63}",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn is(form: &Form<String>, text: &str) -> bool {
        form.parse(text).is_some()
    }

    #[test]
    fn names_are_safe_in_keys() {
        assert!(is(&NAME, "hourly-metrics_2") && is(&NAME, &"a".repeat(64)));
        assert!(
            !is(&NAME, "") && !is(&NAME, &"a".repeat(65)) && !is(&NAME, "a b") && !is(&NAME, "ä") && !is(&NAME, "a/b")
        );
    }

    #[test]
    fn lines_stay_on_their_line() {
        assert!(is(&LINE, "Production (N. Virginia)") && is(&LINE, "größe 🔥") && is(&LINE, "⚠️ עברית"));
        for bad in ["", " a", "a ", "a\nb", "a\u{7}", "a\u{2028}b", "a\u{85}b"] {
            assert!(!is(&LINE, bad), "{bad:?}");
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
            assert!(!is(&LINE, bad), "{bad:?}");
        }
        assert!(is(&LINE, &"ä".repeat(100)) && !is(&LINE, &"ä".repeat(101)));
    }

    #[test]
    fn ids_are_those_of_cloudwatch() {
        assert!(is(&ID, "m1") && is(&ID, "aB_9"));
        assert!(
            !is(&ID, "")
                && !is(&ID, "M1")
                && !is(&ID, "1m")
                && !is(&ID, "_m")
                && !is(&ID, "m-1")
                && !is(&ID, &"m".repeat(65))
        );
    }
}
