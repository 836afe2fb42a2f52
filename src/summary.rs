//! The summary of a run: the function's answer, and the line in the log.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    delivery::outcome::{Delivery, Outcome},
    metrics::{
        collect::Collected,
        reading::{Provenance, Reading},
    },
    update::{Update, text},
};

/// The whole run; as JSON it is the function's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The instant that the update is about.
    pub as_of: Timestamp,
    /// The outcome of each destination's message.
    pub destinations: Vec<Delivery>,
    /// How the metrics were read.
    pub metrics: Tally,
    /// The update as plain text.
    pub message: String,
    /// The update itself, for other renderings.
    #[serde(skip)]
    pub update: Update,
}

/// How the metrics were read: hidden ones count too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Shown from the newest settled bucket.
    pub settled: u32,
    /// Shown from an older bucket of the window.
    pub widened: u32,
    /// Shown from a bucket that may still change.
    pub provisional: u32,
    /// Nothing to count.
    pub true_zero: u32,
    /// No traffic, so nothing to measure.
    pub idle: u32,
    /// Shown as 0 for want of a value.
    pub missing: u32,
    /// Requests for metrics.
    pub calls: u32,
    /// How many times a batch was asked for again.
    pub retries: u32,
    /// How many metrics all requests asked for, repeats included: what a source may charge for.
    #[serde(skip)]
    pub requested: u32,
}

impl Tally {
    pub fn new(readings: &[Reading], collected: &Collected) -> Self {
        let mut tally = Self {
            calls: collected.calls,
            retries: collected.retries,
            requested: collected.metrics_requested,
            ..Self::default()
        };
        for reading in readings {
            *match reading.provenance {
                Provenance::Settled(_) => &mut tally.settled,
                Provenance::Widened { .. } => &mut tally.widened,
                Provenance::Provisional(_) => &mut tally.provisional,
                Provenance::TrueZero { .. } => &mut tally.true_zero,
                Provenance::Idle { .. } => &mut tally.idle,
                Provenance::Missing { .. } => &mut tally.missing,
            } += 1;
        }
        tally
    }

    /// How many metrics have a value.
    pub fn read(&self) -> u32 {
        self.settled + self.widened + self.provisional + self.true_zero + self.idle
    }

    pub fn log(&self) {
        tracing::info!(
            stage = "read",
            settled = self.settled,
            widened = self.widened,
            provisional = self.provisional,
            true_zero = self.true_zero,
            idle = self.idle,
            missing = self.missing,
            calls = self.calls,
            retries = self.retries,
            "metrics read"
        );
    }
}

impl Summary {
    pub fn new(update: Update, metrics: Tally, destinations: Vec<Delivery>) -> Self {
        Self {
            as_of: update.as_of,
            destinations,
            metrics,
            message: text::render(&update, None).body,
            update,
        }
    }

    /// Why the run has failed, if a message could not be posted where it must be: one line, all those destinations.
    pub fn failure(&self) -> Option<String> {
        let failed: Vec<String> = self
            .destinations
            .iter()
            .filter(|delivery| delivery.required)
            .filter_map(|delivery| match &delivery.outcome {
                Outcome::Failed(error) => Some(format!("{}: {error}", delivery.name)),
                Outcome::InProgress => Some(format!("{}: another run is posting it", delivery.name)),
                Outcome::Posted { .. } | Outcome::AlreadyPosted { .. } | Outcome::NotTried => None,
            })
            .collect();
        (!failed.is_empty()).then(|| failed.join("; "))
    }
}
