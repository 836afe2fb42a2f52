//! Update -> message: one file for each kind of chat, all made from the same content.

mod content;
mod fit;
pub mod log;
pub mod skype;
pub mod slack;
pub mod sns;
pub mod teams;
pub mod teams_free;
pub mod text;
pub mod webhook;

use crate::{config::DestinationKind, update::Update};

/// The update for one kind of chat.
pub fn render(kind: &DestinationKind, update: &Update, mark: Option<Mark>) -> Message {
    let render = match kind {
        DestinationKind::Skype(_) => skype::render,
        DestinationKind::Slack(_) => slack::render,
        DestinationKind::Teams(_) => teams::render,
        DestinationKind::TeamsFree(_) => teams_free::render,
        DestinationKind::Sns(_) => sns::render,
        DestinationKind::Webhook(_) => webhook::render,
        DestinationKind::Log => log::render,
    };
    render(update, mark)
}

/// An update, ready for one kind of chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How the chat is to read it.
    pub format: Format,
    /// The whole text.
    pub body: String,
}

/// How a chat is to read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As it is.
    Plain,
    /// Skype's HTML-like mark-up, everything escaped.
    SkypeRich,
    /// HTML, everything escaped.
    Html,
    /// The JSON that the chat's webhook takes.
    Json,
}

/// What is said about the message itself, behind its first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The group may have it already: whether the first one arrived is unknown.
    Repeated,
    /// The group has it already: somebody asked for it once more.
    Again,
    /// Whether the group has it already could not be looked up.
    Unchecked,
    /// Nobody has to act on it: somebody is trying out the way to the chat.
    Test,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Repeated => " (repeated)",
            Self::Again => " (posted again)",
            Self::Unchecked => " (may be a repeat)",
            Self::Test => " (test)",
        }
    }
}

#[cfg(test)]
mod tests;
