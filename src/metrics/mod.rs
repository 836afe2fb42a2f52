//! Metrics: which are read, what the sources answer, and the reading that each shows. Pure, but for the waiting of [`collect`].

pub mod collect;
pub mod plan;
pub mod reading;
pub mod series;
pub mod source;
