//! The Lambda function: its environment and clock. [`hourly_update::run`] tells what a run does.

#![expect(
    clippy::disallowed_methods,
    reason = "the function's environment and clock come in here"
)]

use std::{env, path::Path};

use hourly_update::{
    app::{App, Configured},
    clock::Clock,
    destinations::clients::StandardOutput,
    driver_handoff,
    handler::Handler,
    logging,
};
use jiff::Timestamp;
use lambda_runtime::{Error, service_fn};
use tokio::runtime::Handle;

// One thread waits, reads and judges; two others have the connections. A receiver that floods its connection keeps one of
// them busy, and no other destination waits for it.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    logging::start_in_lambda();
    driver_handoff::start(Handle::current());
    let path = env::var_os("HOURLY_CONFIG");
    let report = Configured::load(path.as_deref().map(Path::new));
    let ledger = env::var("HOURLY_LEDGER").ok().filter(|name| !name.is_empty());
    let handler = Handler::new(report, App::new(StandardOutput::Log, ledger).await?);
    let clock = || Clock::starting_at(Timestamp::now());
    lambda_runtime::run(service_fn(|event| handler.invoke(event, clock()))).await
}
