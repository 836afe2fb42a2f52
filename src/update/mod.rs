//! The update from readings, its content composed once, and what of it fits into a message.

mod build;
pub(crate) mod content;
pub(crate) mod layout;
pub mod message;
mod model;
mod note;
mod shown;
pub mod text;
pub(crate) mod truncate;

pub use self::{
    model::{Coverage, MetricUpdate, SectionUpdate, Update},
    shown::latest,
};
