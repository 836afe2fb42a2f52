//! An update as one kind of destination takes it.

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
    /// Plain text.
    Plain,
    /// Skype's HTML-like mark-up, everything escaped.
    SkypeRich,
    /// HTML, everything escaped.
    Html,
    /// The JSON that the chat's webhook takes.
    Json,
}

/// A remark on the message itself, behind its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The group may have it already: whether the first one arrived is unknown.
    Repeated,
    /// The group has it already: somebody asked for it once more.
    Again,
    /// Whether the group has it already could not be looked up.
    Unchecked,
    /// A test: somebody is trying out the way to the destination, and nobody has to act on it.
    Test,
}

impl Mark {
    /// The mark's words, as they stand behind the title.
    pub fn text(self) -> &'static str {
        match self {
            Self::Repeated => " (repeated)",
            Self::Again => " (posted again)",
            Self::Unchecked => " (may be a repeat)",
            Self::Test => " (test)",
        }
    }
}
