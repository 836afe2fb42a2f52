//! Which metrics an expression refers to.

use std::ops::Range;

/// Where ids stand in `expression`, as byte ranges: words outside quotes that begin with a lower-case letter. Functions
/// and keywords of metric math begin with an upper-case one.
pub fn ids(expression: &str) -> Vec<Range<usize>> {
    let mut ids = Vec::new();
    let mut quote = None;
    let mut chars = expression.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_ascii_alphanumeric() || c == '_' => {
                let mut end = start + 1;
                while let Some((at, _)) = chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_') {
                    end = at + 1;
                }
                if c.is_ascii_lowercase() {
                    ids.push(start..end);
                }
            }
            None => {}
        }
    }
    ids
}
