//! Update -> message: one file for each kind of chat.

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
}
