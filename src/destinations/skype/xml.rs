//! Foreign XML, read within limits.
//!
//! roxmltree needs time with the cube of the number of namespaces that elements within each other declare, and with the
//! square of one element's attributes. Both are counted first by a tokenizer, which passes over the text once: 64 KB of
//! nested namespaces would keep the function's only thread for minutes.

use roxmltree::Document;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// Levels of elements. An envelope with a ticket has about ten.
const LEVELS: usize = 32;

/// Declarations of namespaces in the whole document; an envelope has about ten.
const NAMESPACES: usize = 64;

/// Attributes of one element, declarations of namespaces included.
const ATTRIBUTES: usize = 64;

/// A document that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is not well-formed XML, or brings a document type with it.
    NotXml,
    /// It is beyond one of the limits.
    TooMuch,
}

/// Reads a document of at most 32 levels, 64 namespaces, and 64 attributes for each element.
pub fn parse(text: &str) -> Result<Document<'_>, Unread> {
    check(text)?;
    Document::parse(text).map_err(|_| Unread::NotXml)
}

fn check(text: &str) -> Result<(), Unread> {
    let (mut level, mut namespaces, mut attributes) = (0_usize, 0, 0);
    for token in Tokenizer::from(text) {
        match token.map_err(|_| Unread::NotXml)? {
            Token::ElementStart { .. } => {
                level += 1;
                attributes = 0;
            }
            Token::ElementEnd { end, .. } => match end {
                ElementEnd::Open => {}
                ElementEnd::Close(..) | ElementEnd::Empty => level = level.saturating_sub(1),
            },
            Token::Attribute { prefix, local, .. } => {
                attributes += 1;
                namespaces += usize::from(prefix == "xmlns" || prefix.is_empty() && local == "xmlns");
            }
            _ => {}
        }
        if level > LEVELS || namespaces > NAMESPACES || attributes > ATTRIBUTES {
            return Err(Unread::TooMuch);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels))
    }

    fn each_with_a_namespace(levels: usize) -> String {
        let starts: String = (0..levels).map(|n| format!("<a xmlns:n{n}='u'>")).collect();
        format!("{starts}{}", "</a>".repeat(levels))
    }

    fn with_attributes(number: usize) -> String {
        let attributes: String = (0..number).map(|n| format!(" a{n}=''")).collect();
        format!("<a{attributes}/>")
    }

    #[test]
    fn an_envelope_is_far_within_the_limits_and_a_bomb_is_not_parsed() {
        let siblings = "<a xmlns='u'/>".repeat(NAMESPACES);
        for (text, expected) in [
            (nested(LEVELS), Ok(())),
            (nested(LEVELS + 1), Err(Unread::TooMuch)),
            (format!("<a>{siblings}</a>"), Ok(())),
            (format!("<a xmlns:b='u'>{siblings}</a>"), Err(Unread::TooMuch)),
            (each_with_a_namespace(LEVELS), Ok(())),
            (each_with_a_namespace(2_000), Err(Unread::TooMuch)),
            (with_attributes(ATTRIBUTES), Ok(())),
            (with_attributes(ATTRIBUTES + 1), Err(Unread::TooMuch)),
            (format!("<a>{}</a>", with_attributes(ATTRIBUTES).repeat(3)), Ok(())),
            // an end that stands in a text is none
            (
                format!("{}<![CDATA[{}]]>", "<a>".repeat(LEVELS), "</a>".repeat(LEVELS)) + &nested(LEVELS),
                Err(Unread::TooMuch),
            ),
            ("<a>".repeat(10_000), Err(Unread::TooMuch)),
            ("<a></a></a></a>".into(), Err(Unread::NotXml)),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".into(), Err(Unread::NotXml)),
            ("".into(), Err(Unread::NotXml)),
        ] {
            assert_eq!(parse(&text).map(drop), expected, "{text:.80}");
        }
    }
}
