//! `report.yaml` -> the report, or every mistake in it with its place.
//!
//! A [`Config`] cannot be wrong: every rule is checked while it is read, so the stages after it need not check again.
//! Reading goes from text to a tree of places and values, from there through the readers of sources, sections and
//! destinations, and ends with either the config or every mistake that any of them noted.

mod destination;
mod display;
pub mod form;
mod interpolate;
pub mod json_schema;
pub mod metric;
mod metric_ref;
mod model;
mod names;
pub mod problem;
mod read;
mod references;
pub mod scalar;
mod section;
pub mod source;
pub mod syntax;
pub mod table;
mod tree;
mod value;
pub mod walk;

pub use self::{
    destination::{Destination, DestinationSettings, KindReader, Reach, WrittenSecret},
    metric_ref::MetricRef,
    model::*,
    names::UnknownName,
    problem::{Position, Problem, Problems},
    read::{SHIPPED, read, schema},
};

#[cfg(test)]
mod tests;
