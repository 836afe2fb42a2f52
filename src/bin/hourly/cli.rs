//! The command line: every command and option, and what help says about it.

use std::{ffi::OsStr, iter, path::PathBuf};

use clap::{
    Arg, Args, Parser, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use hourly_update::destinations::{DestinationKind, KINDS};

/// Reads the hourly metrics update, shows it, and posts it.
///
/// AWS credentials and region come from the environment, as for AWS's own tools. What is read and where it is posted
/// to is in report.yaml; ${NAME} in it is filled from the environment.
#[derive(Parser)]
#[command(name = "hourly", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The report to use instead of the one built in
    #[arg(long, global = true, value_name = "FILE", env = "HOURLY_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Say on standard error what is being done; RUST_LOG says more
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
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
  hourly schema > report.schema.json              let your editor know report.yaml
  hourly login teams-free --group Operations      sign in for the bot

Exit status:
  0  done
  1  it failed: not posted, no access, ...
  2  mistakes in the arguments or in the report
  3  done, but some sections could not be read at all";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Read everything and show the update, without posting it
    Preview(Preview),
    /// Read everything and post the update
    Post(Post),
    /// Look for mistakes in the report, without reading anything
    Check,
    /// Print the JSON Schema of report.yaml, by which editors complete and check it
    Schema,
    /// Sign in for the bot, where that takes a person
    #[command(subcommand)]
    Login(Login),
}

#[derive(Args)]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// How to show it
    #[arg(long, default_value = "text", value_parser = FormatParser)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Post {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Post even if the ledger says that it has been posted
    #[arg(long)]
    pub(crate) force: bool,

    /// Only to the destination with this name; can be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Vec<String>,

    /// The table of what has been posted: the stack's output LedgerName. Without --test or --section, posting needs it
    #[arg(long, value_name = "TABLE", env = "HOURLY_LEDGER")]
    pub(crate) ledger: Option<String>,

    /// Post without such a table, though it may be a second time; the message says so
    #[arg(long)]
    pub(crate) without_ledger: bool,

    /// Mark the message as a test: it is posted whatever has been posted, and counts as no hour's update
    #[arg(long, requires = "to", conflicts_with = "force")]
    pub(crate) test: bool,
}

/// The part of the report that is read, and as of when.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// The minute that the update is about: 13:57 (the last one, UTC) or 2026-11-22T13:57Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,

    /// Only the section with this title; can be given several times
    #[arg(long = "section", value_name = "TITLE")]
    pub(crate) sections: Vec<String>,
}

/// The forms of an update: text, the message of each kind of destination, or all that is known of the run.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// For a terminal.
    Text,
    /// The message that destinations of this kind are sent.
    Message(&'static DestinationKind),
    /// The function's answer.
    Json,
}

impl Format {
    /// Every format by its name, with a phrase for help.
    fn all() -> impl Iterator<Item = (&'static str, String, Self)> {
        let kinds = KINDS.iter().map(|kind| {
            (
                kind.reader.name,
                format!("What is sent to {}", kind.about),
                Self::Message(kind),
            )
        });
        let text = ("text", "For a terminal".to_owned(), Self::Text);
        let json = ("json", "What the function answers".to_owned(), Self::Json);
        iter::once(text).chain(kinds).chain([json])
    }
}

/// Reads the name of a format, with `-` or `_` between its words; help lists the names.
#[derive(Clone)]
struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<Format, clap::Error> {
        let value = value.to_string_lossy().replace('-', "_");
        let names = PossibleValuesParser::new(Format::all().map(|(name, ..)| name));
        let name = names.parse_ref(command, arg, OsStr::new(&value))?;
        let format = Format::all().find(|(known, ..)| *known == name);
        Ok(format.map_or(Format::Text, |(.., format)| format))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = Format::all().map(|(name, help, _)| PossibleValue::new(name).help(help));
        Some(Box::new(names))
    }
}

/// Where to sign in.
#[derive(Debug, Subcommand)]
pub(crate) enum Login {
    /// Sign in to Teams Free for the account that is to post
    ///
    /// Shows a code and the address of the page that asks for it; that can be opened on any device. Then looks for the
    /// group, and keeps the sign-in in a secret or prints it. Whoever has the secret can post as the account.
    TeamsFree(TeamsFree),
}

#[derive(Debug, Args)]
pub(crate) struct TeamsFree {
    /// The group that is to be posted to, by its name or its id; without it all groups are listed
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) group: Option<String>,

    /// The secret that the sign-in is written to; without it, the sign-in is printed for `put-secret-value`
    #[arg(long, value_name = "NAME|ARN")]
    pub(crate) secret: Option<String>,

    /// Where Microsoft's sign-in is
    #[arg(long, hide = true, value_name = "URL")]
    pub(crate) login_host: Option<String>,

    /// Where Teams is
    #[arg(long, hide = true, value_name = "URL")]
    pub(crate) teams_host: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn words_of_a_format_may_be_joined_by_a_hyphen() {
        for name in ["teams_free", "teams-free"] {
            let format = FormatParser.parse_ref(&Cli::command(), None, OsStr::new(name)).unwrap();
            assert!(
                matches!(format, Format::Message(kind) if kind.reader.name == "teams_free"),
                "{name}"
            );
        }
        assert!(
            FormatParser
                .parse_ref(&Cli::command(), None, OsStr::new("carrier-pigeon"))
                .is_err()
        );
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
