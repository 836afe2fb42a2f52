//! What is said: an update from readings, its content composed once, and what of it fits into a message.

mod build;
pub mod content;
pub mod message;
mod model;
mod note;
mod shown;
pub mod text;
pub mod truncate;

pub use self::{
    model::{Coverage, MetricUpdate, SectionUpdate, Update},
    shown::latest,
};
