//! Making a message short enough: whole lines are left out, the least important first, and it says how many.

use super::content::{Content, LeftOut};

/// Characters of a note on a section that could not be read, where there is no room for all of them.
const SHORT_REASON: usize = 60;

/// The message that `write` makes of as much of `whole` as makes one that `fits`. The title and what was left out are
/// always in it.
pub(crate) fn fit<T>(whole: &Content<'_>, write: impl Fn(&Content<'_>) -> T, fits: impl Fn(&T) -> bool) -> T {
    let message = write(whole);
    if fits(&message) {
        return message;
    }
    // Why sections could not be read is said more shortly before any of it is left out.
    let (message, left_out) = shortest(whole, &write, &fits);
    match left_out.reasons {
        0 => message,
        _ => shortest(&whole.with_short_reasons(), &write, &fits).0,
    }
}

/// The message with the least left out that fits, and how much that is.
fn shortest<T>(whole: &Content<'_>, write: &impl Fn(&Content<'_>) -> T, fits: &impl Fn(&T) -> bool) -> (T, LeftOut) {
    // The more is left out, the shorter it is: the least that is enough is found by halving.
    let order = whole.expendable();
    let shortened = |count: usize| whole.without(&order[..count]);
    let (mut least, mut most) = (order.len().min(1), order.len());
    while least < most {
        let half = least.midpoint(most);
        if fits(&write(&shortened(half))) {
            most = half;
        } else {
            least = half + 1;
        }
    }
    let rest = shortened(least);
    (write(&rest), rest.left_out)
}

/// Something that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// A section with its heading.
    Section(usize),
    Line {
        section: usize,
        line: usize,
    },
    Note(usize),
}

impl Content<'_> {
    /// Everything but the title, the most expendable first: metrics that speak for themselves, metrics with a note, notes,
    /// sections, and, when nothing else is left, why a section could not be read. Of equals, the last goes first.
    fn expendable(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            items.push((2, Item::Section(index)));
            items.extend(section.lines.iter().enumerate().map(|(line, metric)| {
                let importance = if metric.note.is_some() { 4 } else { 5 };
                (importance, Item::Line { section: index, line })
            }));
        }
        let notes = self.notes.iter().enumerate();
        items.extend(notes.map(|(index, note)| (if note.on_section { 1 } else { 3 }, Item::Note(index))));
        items.reverse();
        items.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// The same with the beginnings of the notes that tell why sections could not be read.
    fn with_short_reasons(&self) -> Self {
        let mut short = self.clone();
        for note in short.notes.iter_mut().filter(|note| note.on_section) {
            if let Some((end, _)) = note.text.char_indices().nth(SHORT_REASON) {
                note.text.truncate(end);
                note.text.push_str("...");
            }
        }
        short
    }

    fn without(&self, items: &[Item]) -> Self {
        let mut lines: Vec<Vec<bool>> = self.sections.iter().map(|it| vec![true; it.lines.len()]).collect();
        let mut sections = vec![true; self.sections.len()];
        let mut notes = vec![true; self.notes.len()];
        for item in items {
            match *item {
                Item::Section(index) => sections[index] = false,
                Item::Line { section, line } => lines[section][line] = false,
                Item::Note(index) => notes[index] = false,
            }
        }
        let mut rest = self.clone();
        for (section, kept) in rest.sections.iter_mut().zip(&lines) {
            section.lines = kept_of(&section.lines, kept);
        }
        rest.sections = kept_of(&rest.sections, &sections);
        rest.notes = kept_of(&self.notes, &notes);
        rest.left_out = LeftOut {
            lines: items.len(),
            reasons: self.notes.iter().filter(|note| note.on_section).count()
                - rest.notes.iter().filter(|note| note.on_section).count(),
        };
        rest
    }
}

fn kept_of<T: Clone>(all: &[T], kept: &[bool]) -> Vec<T> {
    let kept = all.iter().zip(kept).filter(|(_, kept)| **kept);
    kept.map(|(item, _)| item.clone()).collect()
}
