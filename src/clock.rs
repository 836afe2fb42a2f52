//! The one clock of a run. It is set once, at the edge, and then moves with tokio's time, so that tests pause it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Wall-clock time, counted from one reading of the real clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    set_to: Timestamp,
    set_at: Instant,
}

impl Clock {
    /// A clock that shows `now` now. The binaries pass the system's time, tests any other.
    pub fn starting_at(now: Timestamp) -> Self {
        Self {
            set_to: now,
            set_at: Instant::now(),
        }
    }

    /// The time it shows.
    pub fn now(&self) -> Timestamp {
        self.set_to
            .saturating_add(self.set_at.elapsed())
            .unwrap_or(Timestamp::MAX)
    }

    /// The instant at which it will show `time`; now, when that is past.
    pub fn instant(&self, time: Timestamp) -> Instant {
        let ahead = time.duration_since(self.now());
        Instant::now() + ahead.try_into().unwrap_or_default()
    }
}

/// The instant this long before `time`.
pub fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(time)
}
