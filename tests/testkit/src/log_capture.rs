//! Capture of log lines in a unit test or an integration test: the process has one subscriber, each thread its own text.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    sync::Once,
};

use tracing::Metadata;
use tracing_subscriber::{
    Layer,
    filter::dynamic_filter_fn,
    fmt::{format::FmtSpan, layer},
    layer::SubscriberExt,
};

thread_local! {
    /// Text logged on this thread since [`start`]; a test's runtime has no other.
    static TEXT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
    /// Filter of the spans and events that count.
    static COUNTS: Cell<fn(&Metadata<'_>) -> bool> = const { Cell::new(|_| true) };
}

/// Receiver of `tracing` and of `log`, which reqwest and rustls use; a test may write into it, too.
pub struct LogCapture;

impl Write for LogCapture {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        TEXT.with_borrow_mut(|captured| {
            captured
                .as_mut()
                .map_or(Ok(text.len()), |captured| captured.write(text))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for LogCapture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(Self, "{} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Starts to capture all that this thread logs. The subscriber is the process's: `tracing` caches for each call site
/// whether anybody listens, so with a subscriber of this thread alone, a call site that another thread reaches first would
/// stay silent for ever.
pub fn start(counts: fn(&Metadata<'_>) -> bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&LogCapture).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let counts = dynamic_filter_fn(|metadata, _| TEXT.with_borrow(Option::is_some) && COUNTS.get()(metadata));
        let layer = layer()
            .with_ansi(false)
            .with_span_events(FmtSpan::FULL)
            .with_writer(|| LogCapture)
            .with_filter(counts);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    });
    COUNTS.set(counts);
    TEXT.set(Some(Vec::new()));
}

/// Text captured since the start; the capture ends.
pub fn take() -> String {
    String::from_utf8(TEXT.take().unwrap()).unwrap()
}

/// Text captured so far; the capture goes on.
pub fn so_far() -> String {
    TEXT.with_borrow(|text| String::from_utf8(text.clone().unwrap()).unwrap())
}

/// Length of the text captured so far, in bytes.
pub fn length() -> usize {
    TEXT.with_borrow(|text| text.as_ref().map_or(0, Vec::len))
}

/// A secret as it is, and as it is written in XML, JSON, forms and debugging output.
pub fn spellings(secret: &str) -> [String; 5] {
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let json = serde_json::to_string(secret).unwrap().trim_matches('"').to_owned();
    let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let debug = format!("{secret:?}").trim_matches('"').to_owned();
    [secret.to_owned(), xml, json, form, debug]
}
