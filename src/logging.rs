//! Log lines and how they look: JSON lines for Lambda, a line for people elsewhere.

#![expect(
    clippy::disallowed_methods,
    reason = "log settings come from the environment, and log lines have the real time"
)]

use std::{
    env, fmt,
    io::{self, IsTerminal},
};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        layer,
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::aws;

/// The form of log lines.
enum Style {
    /// One JSON object a line, with `level` at its top for Lambda's filter, on standard output.
    Json,
    /// For people, on standard output.
    Plain,
    /// For people at a terminal, on standard error: standard output belongs to the message.
    Terminal,
}

/// Starts the function's logging by Lambda's settings, if there are any; `RUST_LOG` goes deeper.
pub fn start_in_lambda() {
    let style = match env::var("AWS_LAMBDA_LOG_FORMAT") {
        Ok(format) if format.eq_ignore_ascii_case("json") => Style::Json,
        _ => Style::Plain,
    };
    let level = env::var("RUST_LOG").or_else(|_| env::var("AWS_LAMBDA_LOG_LEVEL"));
    start(style, &level.unwrap_or_else(|_| "info".into()));
}

/// Starts the operator's tool's logging by `RUST_LOG`. Without it, nothing is logged unless `verbose`: the tool tells people
/// itself what went wrong.
pub fn start_at_terminal(verbose: bool) {
    let usual = if verbose { "info" } else { "off" };
    let directives = env::var("RUST_LOG").unwrap_or_else(|_| usual.into());
    start(Style::Terminal, &directives);
}

/// Starts logging. `directives` are those of `RUST_LOG`, such as `info` or `warn,hourly_update=debug`, or one of
/// Lambda's levels; what cannot be understood in them is left out.
fn start(style: Style, directives: &str) {
    // Nothing that is logged is as bad as Lambda's FATAL.
    let directives = if directives.eq_ignore_ascii_case("fatal") {
        "off"
    } else {
        directives
    };
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse_lossy(directives);
    // Whose line it is has to be known at every level: the span of the invocation, which has its id, is at INFO.
    let filter = filter_fn(|it| it.is_span() && *it.level() <= Level::INFO).or(filter);
    let lines = match style {
        Style::Json => layer().fmt_fields(JsonFields::new()).event_format(Flat).boxed(),
        Style::Plain => layer().with_ansi(false).with_target(false).without_time().boxed(),
        Style::Terminal => layer()
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

/// One JSON object: time, level and message, with the fields of the event and of all spans around it at the top, where
/// people look for a `requestId`. Inner ones go before outer ones of the same name.
struct Flat;

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for Flat {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let head = [
            ("timestamp".to_owned(), Timestamp::now().to_string().into()),
            ("level".to_owned(), event.metadata().level().as_str().into()),
        ];
        let mut line = Map::from_iter(head.clone());
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                line.extend(object(&fields.fields));
            }
        }
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        line.extend(object(&fields));
        line.extend(head); // no field replaces these
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The fields that [`JsonFields`] has written.
fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}
