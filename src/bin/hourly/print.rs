//! Printing: results go to standard output, and what is only for people to standard error.

use std::io::{self, Write};

/// Prints a line to standard output; a reader that has gone (`| head`) is no failure.
pub(crate) fn result(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Prints a line for people to standard error.
pub(crate) fn note(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{text}")
}
