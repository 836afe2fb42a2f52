//! Series x as of -> [`Reading`]: what one metric shows, and why.
//!
//! The newest bucket that a source shows is often still filling, or still changing. So a reading is the newest *known*
//! one of the metric's settled buckets, or, marked, a newer one that may still change. What then remains is a `0` with its
//! reason. A bucket is known by its datapoint, or, for metrics that exist only while there is something to count or to
//! measure, by what their liveness metric has for the same bucket.

mod judge;
mod model;
mod read;
mod window;

pub use self::{
    model::{Outlook, Provenance, Reading, Reason},
    read::read,
    window::{Bucket, newest_settled, window},
};

#[cfg(test)]
mod tests;
