//! Standard output: the plain text, as long as one event of a log may be.

use crate::update::{
    Update,
    content::Wording,
    message::{Format, Mark, Message},
    text::PLAIN,
    truncate::{Limit, Terms, fitted},
};

/// An event of CloudWatch Logs was 256 KiB at most until 2025, and JSON writes some characters as two.
const TERMS: Terms = Terms(Format::Plain, Wording::Long, Limit::Bytes(100_000));

/// The update for a log, with the metrics' longer names.
pub fn render(update: &Update, mark: Option<Mark>) -> Message {
    fitted(update, mark, &TERMS, &PLAIN)
}

#[cfg(test)]
mod tests;
