//! One walk over the content, for every kind of destination.

use super::content::{Content, ContentLine, ContentSection};

/// How one kind of destination lays out a message, from its lines upwards.
pub(crate) trait Layout<'u> {
    type Line;
    type Section;

    fn line(&self, line: &ContentLine<'u>) -> Self::Line;
    fn section(&self, section: &ContentSection<'u>, lines: Vec<Self::Line>) -> Self::Section;

    /// The body. A layout takes the content apart in full: where a part is added, the compiler names the layouts.
    fn message(&self, content: &Content<'u>, sections: Vec<Self::Section>) -> String;
}

impl<'u> Content<'u> {
    /// The body that a layout makes of the content.
    pub fn lay_out(&self, layout: &impl Layout<'u>) -> String {
        let section = |section: &ContentSection<'u>| {
            let lines = section.lines.iter().map(|line| layout.line(line));
            layout.section(section, lines.collect())
        };
        layout.message(self, self.sections.iter().map(section).collect())
    }
}
