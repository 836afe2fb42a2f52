//! Hearing what is logged, in a unit test or an integration test: a process has one subscriber, each thread its own words.

#![allow(dead_code, clippy::unwrap_used, reason = "for tests, which do not all use all of it")]

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
    /// What was said on this thread since [`listen`]; a test's runtime has no other.
    static SAID: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
    /// What of it counts.
    static COUNTS: Cell<fn(&Metadata<'_>) -> bool> = const { Cell::new(|_| true) };
}

/// Where `tracing` is heard, and `log`, which reqwest and rustls use; what a test writes into it is heard, too.
pub struct Ear;

impl Write for Ear {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        SAID.with_borrow_mut(|said| said.as_mut().map_or(Ok(text.len()), |said| said.write(text)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Ear {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(Self, "{} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Listens to everything that this thread says from now on. The listeners are the process's: with one of this thread
/// alone, what another thread says first would count as heard by nobody for ever.
pub fn listen(counts: fn(&Metadata<'_>) -> bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Ear).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let is_heard = dynamic_filter_fn(|metadata, _| SAID.with_borrow(Option::is_some) && COUNTS.get()(metadata));
        let layer = layer()
            .with_ansi(false)
            .with_span_events(FmtSpan::FULL)
            .with_writer(|| Ear)
            .with_filter(is_heard);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    });
    COUNTS.set(counts);
    SAID.set(Some(Vec::new()));
}

/// What has been said since, and no more listening.
pub fn heard() -> String {
    String::from_utf8(SAID.take().unwrap()).unwrap()
}

/// What has been said so far; more is listened to.
pub fn said() -> String {
    SAID.with_borrow(|said| String::from_utf8(said.clone().unwrap()).unwrap())
}

/// How much has been said so far, in bytes.
pub fn heard_so_far() -> usize {
    SAID.with_borrow(|said| said.as_ref().map_or(0, Vec::len))
}

/// A secret as it is, and as it is written in XML, JSON, forms and debugging output.
pub fn spellings(secret: &str) -> [String; 5] {
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let json = serde_json::to_string(secret).unwrap().trim_matches('"').to_owned();
    let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let debug = format!("{secret:?}").trim_matches('"').to_owned();
    [secret.to_owned(), xml, json, form, debug]
}
