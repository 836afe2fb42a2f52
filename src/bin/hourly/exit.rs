//! Exit statuses, as the help lists them.

use std::process::ExitCode;

use hourly_update::{
    summary::Summary,
    update::{Coverage, SectionUpdate},
};

/// The status of a program that Ctrl-C has ended, as shells give it: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

/// A mistake in the arguments or in the report: the caller has to write it differently.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Mistake(pub(crate) String);

/// The status of a failed command.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(if error.is::<Mistake>() { 2 } else { 1 })
}

/// The status of a finished run: whether each section was read, at least in part.
pub(crate) fn finished(summary: &Summary) -> ExitCode {
    let unread = |section: &SectionUpdate| section.coverage == Coverage::Nothing;
    if summary.update.sections.iter().any(unread) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}

/// The status of a command that Ctrl-C has ended.
pub(crate) fn interrupted() -> ExitCode {
    ExitCode::from(INTERRUPTED)
}
