//! Messages within the limit of their kind: whole lines are left out, the least important first, and the message says how
//! many.

use std::{cmp::Reverse, collections::HashSet};

use super::{
    content::{Content, LeftOut, Wording},
    layout::Layout,
    message::{Format, Mark, Message},
    model::Update,
};

/// Characters of a note on a section that could not be read, where there is no room for all of them.
const SHORT_REASON: usize = 60;

/// The form, the words and the length that one kind of destination takes.
pub(crate) struct Terms(pub Format, pub Wording, pub Limit);

/// The longest body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    Bytes(usize),
    Chars(usize),
}

impl Limit {
    fn holds(self, body: &str) -> bool {
        match self {
            Self::Bytes(limit) => body.len() <= limit,
            Self::Chars(limit) => body.chars().count() <= limit,
        }
    }
}

/// The update as a message within the limit.
pub(crate) fn fitted<'u>(update: &'u Update, mark: Option<Mark>, terms: &Terms, layout: &impl Layout<'u>) -> Message {
    let Terms(format, wording, limit) = *terms;
    let content = Content::new(update, mark, wording);
    Message {
        format,
        body: truncate(&content, layout, |body| limit.holds(body)),
    }
}

/// The body of as much of `whole` as makes one that `fits`. The title and what was left out are always in it.
pub(crate) fn truncate<'u>(whole: &Content<'u>, layout: &impl Layout<'u>, fits: impl Fn(&str) -> bool) -> String {
    let body = whole.lay_out(layout);
    if fits(&body) {
        return body;
    }
    let fits = |content: &Content<'u>| fits(&content.lay_out(layout));
    // Why sections could not be read is said more shortly before any of it is left out.
    let mut rest = least_cut(whole, fits);
    if rest.left_out.reasons > 0 {
        rest = least_cut(&whole.with_short_reasons(), fits);
    }
    rest.lay_out(layout)
}

/// The content with the least left out that fits.
fn least_cut<'u>(whole: &Content<'u>, fits: impl Fn(&Content<'u>) -> bool) -> Content<'u> {
    // The more is left out, the shorter it is: the least that is enough is found by halving.
    let order = whole.by_importance();
    let (mut least, mut most) = (order.len().min(1), order.len());
    while least < most {
        let half = least.midpoint(most);
        if fits(&whole.without(&order[..half])) {
            most = half;
        } else {
            least = half + 1;
        }
    }
    whole.without(&order[..least])
}

/// Something that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Everything but the title, the least important first: metrics that speak for themselves, metrics with a note, notes,
    /// sections, and, when nothing else is left, why a section could not be read. Of equals, the last goes first.
    fn by_importance(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            items.push((2, Item::Section(index)));
            items.extend(section.lines.iter().enumerate().map(|(line, it)| {
                let rank = if it.update.note.is_some() { 4 } else { 5 };
                (rank, Item::Line { section: index, line })
            }));
        }
        let notes = self.notes.iter().enumerate();
        items.extend(notes.map(|(index, note)| (if note.on_section { 1 } else { 3 }, Item::Note(index))));
        items.reverse();
        items.sort_by_key(|(rank, _)| Reverse(*rank));
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// The content with the beginnings of the notes that tell why sections could not be read.
    fn with_short_reasons(&self) -> Self {
        let mut short = self.clone();
        for note in short.notes.iter_mut().filter(|note| note.on_section) {
            if let Some((end, _)) = note.text.char_indices().nth(SHORT_REASON) {
                note.text = format!("{}...", &note.text[..end]).into();
            }
        }
        short
    }

    fn without(&self, items: &[Item]) -> Self {
        let items: HashSet<Item> = items.iter().copied().collect();
        let mut rest = self.clone();
        for (section, it) in rest.sections.iter_mut().enumerate() {
            retain(&mut it.lines, |line| !items.contains(&Item::Line { section, line }));
        }
        retain(&mut rest.sections, |index| !items.contains(&Item::Section(index)));
        retain(&mut rest.notes, |index| !items.contains(&Item::Note(index)));
        let reasons = |content: &Self| content.notes.iter().filter(|note| note.on_section).count();
        rest.left_out = LeftOut {
            lines: items.len(),
            reasons: reasons(self) - reasons(&rest),
        };
        rest
    }
}

fn retain<T>(items: &mut Vec<T>, is_kept: impl Fn(usize) -> bool) {
    let mut indices = 0..items.len();
    items.retain(|_| indices.next().is_some_and(&is_kept));
}

#[cfg(test)]
mod tests;
