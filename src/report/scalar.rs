//! Single values: texts, words, numbers, durations.

use std::{fmt, ops::RangeInclusive, time::Duration};

use jiff::SignedDuration;

use super::{
    interpolate::fill,
    problem::{quote, remedy},
    tree::Value,
    walk::Cursor,
};

impl<'a> Cursor<'a> {
    /// A text with its variables filled in.
    pub fn text(&self) -> Option<Text<'a>> {
        let template = match self.value() {
            Value::Text(template) => template,
            Value::Whole(_) | Value::Float(_) | Value::Flag(_) => return self.expected("a text, so put it in quotes"),
            Value::Null | Value::List(_) | Value::Map(_) => return self.expected("a text"),
        };
        match fill(template, self.env()) {
            Ok((value, filled)) => Some(Text {
                value,
                template,
                filled,
            }),
            Err(unfilled) => {
                self.wrong(format!("{} {unfilled}", quote(template)));
                None
            }
        }
    }

    /// The value that `read` makes of a text; where it makes none, notes that the text is not `what`.
    pub fn parse<T>(&self, what: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text()?;
        let value = read(&text.value);
        if value.is_none() {
            self.wrong(format!("{text} is not {what}"));
        }
        value
    }

    /// Like [`Self::parse`], for a place where people may by mistake put a secret: what is there is not repeated.
    pub fn parse_unseen<T>(&self, what: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Value::Text(template) = self.value() else {
            self.text()?;
            return None;
        };
        let text = fill(template, self.env());
        let (text, _) = text.inspect_err(|unfilled| self.wrong(unfilled)).ok()?;
        let value = read(&text);
        if value.is_none() {
            self.wrong(format!("is not {what}"));
        }
        value
    }

    /// Like [`Self::parse`], for a text of digits, which YAML takes for a number unless it is in quotes. Nothing is lost:
    /// with leading zeros it has stayed a text.
    pub fn parse_digits<T>(&self, what: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Value::Whole(number) = self.value() else {
            return self.parse(what, read);
        };
        let value = read(&number.to_string());
        if value.is_none() {
            self.wrong(format!("{number} is not {what}"));
        }
        value
    }

    /// One of a few words.
    pub fn word<T: Clone>(&self, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let value = words
            .iter()
            .find(|(word, _)| *word == text.value)
            .map(|(_, value)| value.clone());
        if value.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(format!("{text} is not {what}; {}", remedy(&text.value, &known)));
        }
        value
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Option<bool> {
        match self.value() {
            Value::Flag(flag) => Some(*flag),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number in `range`.
    pub fn whole(&self, range: RangeInclusive<u32>) -> Option<u32> {
        match self.value() {
            Value::Whole(number) => u32::try_from(*number).ok().filter(|number| range.contains(number)),
            _ => None,
        }
        .or_else(|| self.expected(format!("a whole number from {} to {}", range.start(), range.end())))
    }

    /// A duration in whole seconds: a number of them, or a text like `10s` or `5m`.
    pub fn duration(&self) -> Option<Duration> {
        const WHAT: &str = "a duration in whole seconds, e.g. 90, 90s or 5m";
        match self.value() {
            Value::Whole(secs) => u32::try_from(*secs)
                .ok()
                .map(|secs| Duration::from_secs(secs.into()))
                .or_else(|| self.expected(WHAT)),
            Value::Text(_) => self.parse(WHAT, |text| {
                let duration: SignedDuration = text.parse().ok()?;
                (duration.subsec_nanos() == 0).then(|| Duration::try_from(duration).ok())?
            }),
            _ => self.expected(WHAT),
        }
    }

    /// A duration in `range` (both in seconds).
    pub fn duration_in(&self, range: RangeInclusive<u64>) -> Option<Duration> {
        let duration = self.duration()?;
        if !range.contains(&duration.as_secs()) {
            let (from, to) = (range.start(), range.end());
            self.wrong(format!(
                "{} s is out of range; expected from {from} s to {to} s",
                duration.as_secs()
            ));
            return None;
        }
        Some(duration)
    }
}

/// A text as the file means it. Displayed as the file has it, without what the environment put into it: that may be a
/// secret in the wrong place.
pub struct Text<'a> {
    /// The text itself.
    pub value: String,
    template: &'a str,
    filled: bool,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote(self.template))?;
        if self.filled {
            write!(f, " (filled in: {} characters)", self.value.chars().count())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{tree, walk::Walk};

    /// What `read` makes of `yaml`, and what it notes.
    fn on<T>(yaml: &str, read: impl FnOnce(&Cursor<'_>) -> Option<T>) -> (Option<T>, String) {
        let env = |name: &str| (name == "TEN").then(|| "10s".to_owned());
        let walk = Walk::new(&env);
        let node = tree::parse(yaml.as_bytes()).unwrap();
        let value = read(&walk.start(&node));
        let problems: Vec<_> = walk.into_notes().0.into_iter().map(|problem| problem.message).collect();
        (value, problems.join("; "))
    }

    #[test]
    fn durations_are_whole_seconds_in_any_notation() {
        for (yaml, secs) in [
            ("90", 90),
            ("0", 0),
            ("90s", 90),
            ("5m", 300),
            ("1h 30m", 5400),
            ("\"${TEN}\"", 10),
        ] {
            assert_eq!(
                on(yaml, |cursor| cursor.duration()),
                (Some(Duration::from_secs(secs)), String::new()),
                "{yaml}"
            );
        }
        for yaml in ["-1", "1.5", "1.5s", "-5m", "soon", "'5'", "1 day", "true", "[1]"] {
            let (duration, problem) = on(yaml, |cursor| cursor.duration());
            assert!(
                duration.is_none() && problem.contains("whole seconds"),
                "{yaml}: {problem}"
            );
        }
        assert_eq!(
            on("61", |cursor| cursor.duration_in(1..=60)).1,
            "61 s is out of range; expected from 1 s to 60 s"
        );
    }

    #[test]
    fn digits_are_digits_with_and_without_quotes() {
        let digits = |yaml| {
            on(yaml, |cursor| {
                cursor.parse_digits("digits", |text| Some(text.to_owned()))
            })
            .0
            .unwrap()
        };
        assert_eq!(["123", "'123'", "0123"].map(digits), ["123", "123", "0123"]);
        assert_eq!(
            on("7", |cursor| cursor.parse_digits("eight", |_| None::<()>)).1,
            "7 is not eight"
        );
    }

    #[test]
    fn a_text_is_shown_as_the_file_has_it() {
        assert_eq!(
            on("a ${TEN}", |cursor| cursor.parse("b", |_| None::<()>)).1,
            r#""a ${TEN}" (filled in: 5 characters) is not b"#
        );
        assert_eq!(on("a", |cursor| cursor.parse("b", |_| None::<()>)).1, r#""a" is not b"#);
        assert_eq!(on("a", |cursor| cursor.parse_unseen("b", |_| None::<()>)).1, "is not b");
        assert_eq!(
            on("hunter2${NONE}", |cursor| cursor.parse_unseen("b", |_| None::<()>)).1,
            "needs NONE from the environment, where it is not set"
        );
        assert_eq!(
            on("7", |cursor| cursor.parse_unseen("b", |_| None::<()>)).1,
            "found 7; expected a text, so put it in quotes"
        );
        assert_eq!(
            on("7", |cursor| cursor.text().map(drop)).1,
            "found 7; expected a text, so put it in quotes"
        );
    }

    #[test]
    fn words_and_flags_are_taken_exactly() {
        let word = |yaml| on(yaml, |cursor| cursor.word("a colour", &[("red", 1), ("green", 2)]));
        assert_eq!(word("green"), (Some(2), String::new()));
        assert_eq!(word("grene").1, r#""grene" is not a colour; did you mean "green"?"#);
        assert_eq!(word("blue").1, r#""blue" is not a colour; expected red or green"#);
        assert_eq!(on("true", |cursor| cursor.flag()).0, Some(true));
        assert_eq!(
            on("yes", |cursor| cursor.flag()).1,
            r#"found "yes"; expected true or false"#
        );
        assert_eq!(
            on("7", |cursor| cursor.whole(0..=6)).1,
            "found 7; expected a whole number from 0 to 6"
        );
    }
}
