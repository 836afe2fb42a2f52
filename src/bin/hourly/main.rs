//! The operator's tool: one module for each command.

mod check;
mod cli;
mod exit;
mod login;
mod post;
mod preview;
mod print;
mod run;
mod spinner;

use std::process::ExitCode;

use clap::Parser;
use hourly_update::{app::report_schema, clock::Clock, logging};
use jiff::Timestamp;

use cli::{Cli, Command};

#[expect(clippy::disallowed_methods, reason = "the tool's clock comes in here")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start_at_terminal(cli.verbose);
    let clock = Clock::starting_at(Timestamp::now());
    execute(cli, clock).await.unwrap_or_else(|error| {
        // If standard error is gone, the exit status still tells.
        let _ = print::note(&format!("hourly: {error:#}"));
        exit::failed(&error)
    })
}

async fn execute(cli: Cli, clock: Clock) -> anyhow::Result<ExitCode> {
    let report = cli.config.as_deref();
    match cli.command {
        Command::Preview(preview) => preview::execute(preview, report, clock).await,
        Command::Post(post) => post::execute(post, report, clock).await,
        Command::Check => check::execute(report, clock).map(|()| ExitCode::SUCCESS),
        Command::Schema => {
            print::result(&format!("{:#}", report_schema()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Login(place) => login::execute(place, clock).await,
    }
}
