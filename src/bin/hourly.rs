//! The operator's tool: arguments and wiring only.

// A module of a program's own would otherwise be taken for a program.
#[path = "hourly/login.rs"]
mod login;
#[path = "hourly/preview.rs"]
mod preview;
#[path = "hourly/spinner.rs"]
mod spinner;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::bail;
use clap::{Args, Parser, Subcommand};
use hourly_update::{
    app::{Edges, load_report},
    clock::Clock,
    delivery::outcome::{Delivery, Outcome},
    destinations::log::client::Owner,
    logging,
    metrics::{collect::Progress, plan::Plan},
    report::{Config, UnknownName},
    summary::Summary,
    trigger::{At, Trigger, parse_at},
    update::{Coverage, SectionUpdate},
};
use jiff::Timestamp;
use preview::{Format, shown};
use spinner::Spinner;

/// Reads the hourly metrics update, shows it, and posts it.
///
/// AWS credentials and region come from the environment, as for AWS's own tools. What is read and where it is posted
/// to is in report.yaml; ${NAME} in it is filled from the environment.
#[derive(Debug, Parser)]
#[command(name = "hourly", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// The report to use instead of the one built in
    #[arg(long, global = true, value_name = "FILE", env = "HOURLY_CONFIG")]
    config: Option<PathBuf>,

    /// Say on standard error what is being done; RUST_LOG says more
    #[arg(long, short, global = true)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  hourly preview                                  what would be posted now
  hourly preview --at 13:57                       ... as of the last 13:57 UTC
  hourly preview --section 'BT Stack (Ireland)'   one section only
  hourly preview --format slack                   ... as Slack gets it
  hourly post --at 2026-11-22T13:57Z              post an hour, unless it has been posted
  hourly post --to operations --test              try out the way to one chat
  hourly check --config report.yaml               look for mistakes
  hourly login teams-free --group Operations      sign in for the bot

Exit status:
  0  done
  1  it failed: not posted, no access, ...
  2  mistakes in the arguments or in the report
  3  done, but some sections could not be read at all";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read everything and show the update, without posting it
    Preview {
        #[command(flatten)]
        what: What,

        /// How to show it
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Read everything and post the update
    Post {
        #[command(flatten)]
        what: What,

        /// Post even if the ledger says that it has been posted
        #[arg(long)]
        force: bool,

        /// Only to the destination with this name; can be given several times
        #[arg(long, value_name = "NAME")]
        to: Vec<String>,

        /// The table of what has been posted: the stack's output LedgerName. Without --test or --section, posting needs it
        #[arg(long, value_name = "TABLE", env = "HOURLY_LEDGER")]
        ledger: Option<String>,

        /// Post without such a table, though it may be a second time; the message says so
        #[arg(long)]
        without_ledger: bool,

        /// Mark the message as a test: it is posted whatever has been posted, and counts as no hour's update
        #[arg(long, requires = "to", conflicts_with = "force")]
        test: bool,
    },
    /// Look for mistakes in the report, without reading anything
    Check,
    /// Sign in for the bot, where that takes a person
    #[command(subcommand)]
    Login(login::Where),
}

#[derive(Debug, Args)]
struct What {
    /// The minute that the update is about: 13:57 (the last one, UTC) or 2026-11-22T13:57Z [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Only the section with this title; can be given several times
    #[arg(long = "section", value_name = "TITLE")]
    sections: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start_at_terminal(cli.verbose);
    match execute(cli).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "hourly: {error:#}");
            let is_mistake = error.is::<Mistake>();
            ExitCode::from(if is_mistake { 2 } else { 1 })
        }
    }
}

/// Something that the caller has to write differently.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Mistake(String);

async fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
    let clock = Clock::starting_at(Timestamp::now());
    let report = || {
        load_report(cli.config.as_deref())
            .map_err(|problems| Mistake(format!("the report cannot be used\n{problems:#}")))
    };
    match cli.command {
        Command::Check => {
            let config = report()?;
            say(&check(&config)?)?;
            let file = cli.config.as_deref().unwrap_or(Path::new("report.yaml"));
            for advice in &config.advice {
                say(&format!("  advice: {}:{advice}", file.display()))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Login(place) => place.run(clock).await,
        Command::Preview { what, format } => {
            let trigger = Trigger {
                dry_run: true,
                ..what.trigger(clock.now())?
            };
            let summary = run(&report()?, &trigger, None, clock).await?;
            say(&shown(&summary, format)?)?;
            Ok(coverage(&summary))
        }
        Command::Post {
            what,
            force,
            to,
            ledger,
            without_ledger,
            test,
        } => {
            let trigger = Trigger {
                force,
                destinations: (!to.is_empty()).then_some(to),
                test,
                ..what.trigger(clock.now())?
            };
            let config = report()?;
            let ledger = ledger.filter(|table| !table.is_empty() && !without_ledger);
            if ledger.is_none() && !without_ledger && posts_an_hour(&config, &trigger) {
                return Err(Mistake(NEEDS_LEDGER.into()).into());
            }
            let summary = run(&config, &trigger, ledger, clock).await?;
            say(&summary.message)?;
            tell_outcomes(&config, &summary)?;
            if let Some(failure) = summary.failure() {
                bail!("not posted: {failure}");
            }
            Ok(coverage(&summary))
        }
    }
}

impl What {
    fn trigger(&self, now: Timestamp) -> Result<Trigger, Mistake> {
        let wrong = |error| Mistake(format!("--at: {error}"));
        let at = self.at.as_deref().map(|at| parse_at(at, now)).transpose();
        let at = at.map_err(wrong)?;
        if let Some(At {
            time,
            is_yesterday: true,
        }) = at
        {
            let _ = writeln!(io::stderr(), "as of {}, yesterday", time.strftime("%Y-%m-%dT%H:%MZ"));
        }
        Ok(Trigger {
            sections: (!self.sections.is_empty()).then(|| self.sections.clone()),
            ..Trigger::by_hand(at.map(|at| at.time), now).map_err(wrong)?
        })
    }
}

/// The error of `post` without a ledger: a person would post an hour twice without noticing.
const NEEDS_LEDGER: &str = "posting an hour takes the table of what has been posted: --ledger TABLE, or HOURLY_LEDGER \
                            (the stack's output LedgerName tells it); --without-ledger posts it marked as a possible repeat";

/// Whether somebody gets a message that must not come twice: no test, no part, and not only what stays here.
fn posts_an_hour(config: &Config, trigger: &Trigger) -> bool {
    let is_meant = |name: &String| trigger.destinations.as_ref().is_none_or(|only| only.contains(name));
    let mut destinations = config.destinations.iter();
    trigger.is_the_hour() && destinations.any(|it| it.kind.is_elsewhere() && is_meant(&it.name))
}

async fn run(config: &Config, trigger: &Trigger, ledger: Option<String>, clock: Clock) -> anyhow::Result<Summary> {
    let edges = Edges::new(Owner::Tool, ledger).await?;
    edges.check().await?;
    let spinner = Spinner::start();
    let watch = |progress: Progress<'_>| spinner.show(config, &progress);
    // each call is a request of its own
    let request = format!("hourly {}", clock.now());
    let summary = edges.run(config, trigger, &request, clock, None, &watch).await;
    summary.map_err(|unknown: UnknownName| Mistake(unknown.to_string()).into())
}

fn tell_outcomes(config: &Config, summary: &Summary) -> io::Result<()> {
    let is_output = |name: &str| {
        let mut outputs = config.destinations.iter().filter(|it| !it.kind.is_elsewhere());
        outputs.any(|it| it.name == name)
    };
    let message = |id: &Option<String>| id.as_ref().map(|id| format!(" as message {id}")).unwrap_or_default();
    for Delivery {
        name,
        required,
        outcome,
        ..
    } in &summary.destinations
    {
        match outcome {
            Outcome::Posted { .. } if is_output(name) => {
                writeln!(io::stderr(), "{name}: written to standard output")
            }
            Outcome::Posted { id, repeated: false } => {
                writeln!(io::stderr(), "posted to {name}{}", message(id))
            }
            Outcome::Posted { id, repeated: true } => {
                writeln!(
                    io::stderr(),
                    "posted to {name}{}, perhaps twice: the first answer got lost",
                    message(id)
                )
            }
            Outcome::AlreadyPosted { id } => {
                writeln!(
                    io::stderr(),
                    "posted to {name} before{}; --force posts it again",
                    message(id)
                )
            }
            Outcome::Failed(error) if !required => {
                writeln!(io::stderr(), "not posted to {name}, which is not required: {error}")
            }
            Outcome::InProgress if !required => {
                writeln!(io::stderr(), "not posted to {name}: another run is posting it")
            }
            // They are told as what went wrong.
            Outcome::Failed(_) | Outcome::InProgress | Outcome::NotTried => Ok(()),
        }?;
    }
    Ok(())
}

fn coverage(summary: &Summary) -> ExitCode {
    let unread = |section: &SectionUpdate| section.coverage == Coverage::Nothing;
    if summary.update.sections.iter().any(unread) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}

/// What a month of this report asks for, at $0.01 for 1,000 metrics.
fn check(config: &Config) -> anyhow::Result<String> {
    let plan = Plan::new(config, Timestamp::now(), None)?;
    let metrics: usize = plan.batches.iter().map(|batch| batch.queries.len()).sum();
    let dollars = metrics as f64 * 24.0 * 30.0 * 0.01 / 1000.0;
    let destinations = config.destinations.iter().map(|it| match it.required {
        true => it.name.clone(),
        false => format!("{} (not required)", it.name),
    });
    let destinations: Vec<String> = destinations.collect();
    Ok(format!(
        "{}: no mistakes\n  {} sections, {metrics} metrics, {} calls an hour, about ${dollars:.2} a month\n  posted to {}",
        config.report,
        config.sections.len(),
        plan.batches.len(),
        destinations.join(", "),
    ))
}

/// Prints to standard output; a reader that has gone (`| head`) is no failure.
fn say(text: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
