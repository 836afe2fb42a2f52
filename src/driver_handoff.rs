//! The handoff of tokio's I/O driver: one worker thread always waits for the events of all connections.
//!
//! One of the runtime's workers waits on the driver, and the others sleep. If that one is kept busy by what woke it, such as a
//! response that never ends, nobody waits on the driver until a task wakes another worker. Tokio's own switch for this,
//! `enable_eager_driver_handoff`, is unstable in 1.54.

use std::{thread, time::Duration};

use tokio::runtime::Handle;

/// How often a sleeping worker is woken. Short beside the time that posting takes.
const INTERVAL: Duration = Duration::from_millis(50);

/// Starts a thread that wakes a worker of the runtime again and again, by an empty task: an idle worker then waits on the driver.
pub fn start(runtime: Handle) {
    thread::spawn(move || {
        loop {
            thread::sleep(INTERVAL);
            runtime.spawn(async {});
        }
    });
}
