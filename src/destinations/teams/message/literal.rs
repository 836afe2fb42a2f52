//! Text that Teams shows as it is.
//!
//! Text blocks and facts of a card are Markdown, without a switch. Backslashes are no way out: the desktop's renderer
//! takes them away, those of the phones show some of them (microsoft/AdaptiveCards issues 5590 and 5758). So a character
//! that would be interpreted where it stands is written in its full-width form, which every client shows alike: `＊` for
//! `*`. Most characters stand where they mean nothing and are kept, such as the underscores within a role's name.

/// From an ASCII character to its full-width form: `!` is U+0021, `！` is U+FF01.
const WIDE: u32 = 0xFF01 - 0x21;

/// The text as one line that is not interpreted.
pub fn literal(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let chars: Vec<char> = line.chars().collect();
    let block = block_marker(&chars);
    let interpreted = |at| block == Some(at) || is_inline_markup(&chars, at);
    chars
        .iter()
        .enumerate()
        .map(|(at, &c)| if interpreted(at) { wide(c) } else { c })
        .collect()
}

/// The character that would begin a list, a heading, a quotation or a horizontal line.
fn block_marker(chars: &[char]) -> Option<usize> {
    let run = |from: usize, is: fn(&char) -> bool| chars[from..].iter().take_while(|c| is(c)).count();
    let ends = |at: usize| chars.get(at).is_none_or(|&c| c == ' ');
    match chars.first()? {
        '>' => Some(0),
        '-' if chars.iter().all(|&c| c == '-') => Some(0),
        '-' | '+' if ends(1) => Some(0),
        '#' if ends(run(0, |&c| c == '#')) => Some(0),
        '0'..='9' => {
            let dot = run(0, char::is_ascii_digit);
            (matches!(chars.get(dot), Some('.' | ')')) && ends(dot + 1)).then_some(dot)
        }
        _ => None,
    }
}

/// Whether the character at this place is a part of emphasis, code, a link, a mail address, a tag, an entity or a date
/// function.
fn is_inline_markup(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| chars[at]);
    let after = chars.get(at + 1).copied();
    let this = chars[at];
    match this {
        '*' | '`' => true,
        '_' => !is_within_word(chars, at),
        '~' | '{' => before == Some(this) || after == Some(this),
        '(' | '[' | ':' => before == Some(']'),
        '@' => [before, after].iter().all(|c| c.is_some_and(|c| c != ' ')),
        '<' => after.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')),
        '\\' => after.is_some_and(|c| c.is_ascii_punctuation()),
        '&' => is_entity(&chars[at + 1..]),
        _ => false,
    }
}

/// Underscores between letters and digits are no emphasis.
fn is_within_word(chars: &[char], at: usize) -> bool {
    let is_word = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
    is_word(chars[..at].iter().rev().find(|c| **c != '_')) && is_word(chars[at..].iter().find(|c| **c != '_'))
}

/// Whether what follows a `&` makes it an entity: `amp;`, `#160;`.
fn is_entity(rest: &[char]) -> bool {
    let name = rest
        .iter()
        .take_while(|c| c.is_ascii_alphanumeric() || **c == '#')
        .count();
    name > 0 && rest.get(name) == Some(&';')
}

fn wide(c: char) -> char {
    char::from_u32(u32::from(c) + WIDE).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_means_nothing_is_kept() {
        for text in [
            "Healthy Hosts",
            "p99 < 5 & > 3",
            "AT&T (EU)",
            "[EU] hosts",
            "role/hourly_update_reader of account 111111111111",
            "arn:aws:iam::111111111111:role/a_b-c",
            "-5",
            "99.9% of 1.5",
            "#1",
            "C:\\Windows",
            "~10",
            "{a}",
            "errors @ 5xx",
            "@here",
            "<1ms and <+2",
            "(1) no data",
            "Größe 数 🚀",
            "",
        ] {
            assert_eq!(literal(text), text);
        }
    }

    #[test]
    fn what_would_be_interpreted_is_written_wide() {
        for (text, shown) in [
            ("*bold* and `code`", "＊bold＊ and ｀code｀"),
            ("role/*", "role/＊"),
            ("_private_ a_b __init__", "＿private＿ a_b ＿＿init＿＿"),
            ("[click](https://evil.example)", "[click]（https://evil.example)"),
            ("[a]: b [c][d]", "[a]： b [c]［d]"),
            ("<at>all</at> <b> <!--", "＜at>all＜/at> ＜b> ＜!--"),
            ("&lt; &#60; &;", "＆lt; ＆#60; &;"),
            (r"a\*b \d", "a＼＊b \\d"),
            ("~~gone~~", "～～gone～～"),
            ("{{DATE(2017-02-14T06:08:00Z)}}", "｛｛DATE(2017-02-14T06:08:00Z)}}"),
            ("<1@b.c>", "<1＠b.c>"),
            ("<+x@b.c> x.y@b.example", "<+x＠b.c> x.y＠b.example"),
            ("- item", "－ item"),
            ("---", "－--"),
            ("1. first", "1． first"),
            ("2)", "2）"),
            ("## heading", "＃# heading"),
            ("> quoted", "＞ quoted"),
        ] {
            assert_eq!(literal(text), shown);
        }
    }

    #[test]
    fn a_literal_is_one_line() {
        assert_eq!(literal(" a\r\n\tb\u{2028}c\u{7}  d "), "a b c d");
    }

    proptest! {
        #[test]
        fn only_the_form_of_characters_changes(text in "[ -~\u{e4}\n]{0,40}") {
            let narrow = |c: char| match u32::from(c) {
                n @ 0xFF01..=0xFF5E => char::from_u32(n - WIDE).unwrap_or(c),
                _ => c,
            };
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let back: String = literal(&text).chars().map(narrow).collect();
            prop_assert_eq!(words(&back), words(&text));
        }
    }
}
