//! What is read, and what each metric shows. Pure, but for the waiting of [`collect`].

pub mod collect;
pub mod plan;
pub mod reading;
pub mod series;
pub mod source;
