//! Mistakes in a report.yaml: all of them at once, each with its place, so that one look is enough to repair it.

use std::{error::Error, fmt};

/// Where something stands in the file. Both count from 1; a column is a character, not a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column in that line.
    pub column: u64,
}

impl Position {
    /// The first character of the file: the place of what is wrong with the file as a whole.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub at: Position,
    /// The setting that it concerns, e.g. `sections[0].metrics[1].period`; empty for the file as a whole.
    pub path: String,
    /// The mistake, on one line: what was found, and what was expected.
    pub message: String,
}

impl Problem {
    /// A mistake of the file as a whole.
    pub(super) fn of_file(message: impl Into<String>) -> Self {
        Self {
            at: Position::START,
            path: String::new(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.at.line, self.at.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Every mistake in one file, in the order of the file. Its move is the operator's, who edits that file.
///
/// Displayed one to a line, in the `file:line:column:` form that editors and terminals turn into links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    source: String,
    problems: Vec<Problem>,
}

impl Problems {
    /// The mistakes found in the file that is called `source`.
    pub(super) fn new(source: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self {
            source: source.into(),
            problems,
        }
    }

    /// Each mistake; never none.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{problem}", self.source)?;
        }
        Ok(())
    }
}

impl Error for Problems {}

/// How many characters of what was found a message repeats.
const QUOTED: usize = 60;

/// `text` in quotes, on one line whatever it contains, and cut if it is long.
pub fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}... ({} characters)", &text[..end], text.chars().count()),
    }
}

/// From how many something near is looked for: enough for any report that people read, and too few for one mistake
/// repeated a thousand times to take a minute.
const MOST_CHOICES: usize = 100;

/// A remedy for `found`: the one of `known` that is so near that it is likely meant, or else any of them.
pub fn remedy(found: &str, known: &[&str]) -> String {
    if known.len() > MOST_CHOICES {
        return format!("expected one of the {} that there are", known.len());
    }
    match nearest(found, known) {
        Some(known) => format!("did you mean {known:?}?"),
        None if known.is_empty() => "there is none to choose from".into(),
        None => format!("expected {}", one_of(known)),
    }
}

/// The one of `known` that differs from `found` in at most a third of its characters, upper and lower case aside.
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    // Comparing costs length times length, and nothing that long is a slip of the finger.
    let folded = (found.len() <= 64).then(|| found.to_lowercase())?;
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&folded, &known.to_lowercase()), *known))
        .min()
        .filter(|(distance, known)| *distance <= known.chars().count() / 3)
        .map(|(_, known)| known)
}

/// `a, b or c`; nothing of nothing.
pub fn one_of<T: fmt::Display>(choices: &[T]) -> String {
    match choices {
        [] => String::new(),
        [only] => only.to_string(),
        [most @ .., last] => {
            let most: Vec<_> = most.iter().map(ToString::to_string).collect();
            format!("{} or {last}", most.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_shown_in_the_order_of_the_file_and_once() {
        let problem = |line, path: &str| Problem {
            at: Position { line, column: 3 },
            path: path.into(),
            message: "7 is not a period; expected 60".into(),
        };
        let problems = Problems::new("report.yaml", vec![problem(12, "b"), problem(2, ""), problem(12, "b")]);
        insta::assert_snapshot!(problems, @r"
        report.yaml:2:3: 7 is not a period; expected 60
        report.yaml:12:3: b: 7 is not a period; expected 60
        ");
        assert_eq!(problems.iter().count(), 2);
    }

    #[test]
    fn what_was_found_stays_on_one_line() {
        assert_eq!(quote("a\nb\u{1b}[31m"), r#""a\nb\u{1b}[31m""#);
        assert_eq!(
            quote(&"ä".repeat(61)),
            format!("\"{}\"... (61 characters)", "ä".repeat(60))
        );
    }

    #[test]
    fn only_a_near_miss_is_suggested() {
        let known = ["period", "statistic", "show"];
        assert_eq!(remedy("perod", &known), r#"did you mean "period"?"#);
        assert_eq!(remedy("Statistics", &known), r#"did you mean "statistic"?"#);
        assert_eq!(remedy("colour", &known), "expected period, statistic or show");
        assert_eq!(nearest(&"period".repeat(20), &known), None);
        assert_eq!(
            remedy("perod", &["period"; 101]),
            "expected one of the 101 that there are"
        );
        assert_eq!(remedy("x", &[]), "there is none to choose from");
    }

    #[test]
    fn choices_are_listed_as_people_say_them() {
        assert_eq!(one_of(&["skype"]), "skype");
        assert_eq!(one_of(&[60, 120, 300]), "60, 120 or 300");
    }
}
