//! Texts of others (services' messages, error codes, events), made fit for one line of ours.
//!
//! A chat or a log shows some characters as nothing, or lets them turn the text around them: such a text reads otherwise
//! than it is. Our own names must not have them; in texts of others they are shown by their number.

/// Whether a character is not seen, or changes how others are seen: Unicode's `Default_Ignorable_Code_Point` (bidi
/// controls, zero-width characters, fillers, tags), interlinear annotations, and the blank Braille pattern. The two
/// variation selectors with which emoji are written are no such characters.
///
/// Source: <https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line of at most `longest` characters and, if it was longer, three dots. White space is one space,
/// control characters too, and a hidden character is its number: `[U+202E]`.
pub fn one_line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut space = false;
    for c in text.chars() {
        let is_space = (c.is_whitespace() || c.is_control()) && !is_hidden(c);
        if is_space {
            space = !line.is_empty();
            continue;
        }
        let shown = if is_hidden(c) {
            format!("[U+{:04X}]", u32::from(c))
        } else {
            c.to_string()
        };
        let shown = if space { format!(" {shown}") } else { shown };
        space = false;
        length += shown.chars().count();
        if length > longest {
            line.push_str("...");
            break;
        }
        line.push_str(&shown);
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_one_line_that_reads_as_it_is() {
        for (text, shown) in [
            ("", ""),
            ("  two \r\n\t words\u{85}and\u{1b}more ", "two words and more"),
            ("größe 数 🔥 ⚠️ e\u{301}", "größe 数 🔥 ⚠️ e\u{301}"),
            ("a\u{202e}b", "a[U+202E]b"),
            ("\u{200b}", "[U+200B]"),
            ("a\u{2028}b", "a[U+2028]b"),
            ("\u{e0041}\u{feff}", "[U+E0041][U+FEFF]"),
            ("{\"_aws\": 1}\n{\"_aws\": 2}", "{\"_aws\": 1} {\"_aws\": 2}"),
        ] {
            assert_eq!(one_line(text, 60), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(one_line("äbcd", 4), "äbcd");
        assert_eq!(one_line("äbcde", 4), "äbcd...");
        assert_eq!(one_line("ab\u{200b}", 4), "ab...");
        assert_eq!(one_line("ab   ", 2), "ab");
        assert_eq!(one_line(&"x".repeat(3_000_000), 200).len(), 203);
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_one_short_line(text in any::<String>(), longest in 0..50_usize) {
            let line = one_line(&text, longest);
            prop_assert!(line.chars().count() <= longest + 3);
            prop_assert!(!line.contains(|c: char| c.is_control() || is_hidden(c)), "{:?}", line);
        }
    }
}
