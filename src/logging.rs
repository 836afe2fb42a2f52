//! What is logged, and how it looks: JSON lines for Lambda, a line for people elsewhere.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::aws;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One JSON object a line, with `level` at its top for Lambda's filter, on standard output.
    Json,
    /// For people, on standard output.
    Plain,
    /// For people at a terminal, on standard error: standard output belongs to the message.
    Terminal,
}

/// Starts logging. `directives` are those of `RUST_LOG`, such as `info` or `warn,hourly_update=debug`; what cannot be
/// understood in them is left out.
pub fn start(style: Style, directives: &str) {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse_lossy(directives);
    let lines = match style {
        Style::Json => fmt::layer().json().flatten_event(true).with_target(false).boxed(),
        Style::Plain => fmt::layer().with_ansi(false).with_target(false).without_time().boxed(),
        Style::Terminal => fmt::layer()
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .without_time()
            .with_writer(io::stderr)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter_fn(aws::may_log)).with_filter(filter))
        .init();
}
