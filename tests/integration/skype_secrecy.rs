//! No secret is ever printed: everything that can happen is run at trace level, and what was said is searched.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    sync::Once,
    time::Duration,
};

use tracing::Metadata;
use tracing_subscriber::{
    Layer,
    filter::dynamic_filter_fn,
    fmt::{format::FmtSpan, layer},
    layer::SubscriberExt,
};

use crate::{
    skype::world::{CREDENTIALS, SESSION, World, denied},
    support::skype::{Fault, PASSWORD, Step},
};

thread_local! {
    /// What was said on this thread since [`listen`]; a test's runtime has no other.
    static SAID: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
    /// What of it counts.
    static COUNTS: Cell<fn(&Metadata<'_>) -> bool> = const { Cell::new(|_| true) };
}

/// Writes both `tracing` and `log`, which reqwest and rustls use.
struct Ear;

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

/// Runs once, and says the outcome in every way in which anybody could.
async fn run(world: &World) {
    let outcome = world.run().await;
    let json = serde_json::to_string(&outcome).unwrap();
    writeln!(Ear, "{outcome:?}\n{outcome:#?}\n{json}").unwrap();
    if let hourly_update::run::Outcome::Failed(error) = outcome {
        writeln!(Ear, "{error}").unwrap();
    }
}

/// An answer that repeats the tokens wherever it can.
fn echo(status: u16, tokens: &str) -> Fault {
    let body = serde_json::json!({"errorCode": 0, "message": format!("{tokens} {PASSWORD}"), "skypetoken": [tokens]});
    let place = format!("https://evil.example/{tokens}");
    Fault::answer(status, body.to_string())
        .with_header("location", place)
        .with_header("x-token", tokens)
}

/// Everything that must not be found.
fn secrets(world: &World) -> Vec<String> {
    let mut secrets = vec![PASSWORD.to_owned(), "hunter2".to_owned()];
    secrets.extend(world.skype.issued());
    secrets.iter().flat_map(|secret| spellings(secret)).collect()
}

#[tokio::test]
async fn no_secret_is_ever_printed() {
    listen(|_| true);
    let mut everything = Vec::new();

    // A new bot, its next hour, a refused token, and a session that cannot be kept.
    let world = World::new().await;
    run(&world).await;
    run(&world).await;
    world.skype.revoke_tokens();
    world.secrets.fail_puts(denied());
    run(&world).await;
    everything.extend(secrets(&world));

    // Every step, with every fault, and with answers that repeat all tokens that there are.
    let faults: [fn(&str) -> Fault; 8] = [
        |_| Fault::Reset,
        |_| Fault::Hang,
        |_| Fault::ServeAndReset,
        |_| Fault::ServeAndHang,
        |_| Fault::ServeAndBreakOff,
        |tokens| echo(200, tokens),
        |tokens| echo(403, tokens),
        |tokens| echo(404, tokens),
    ];
    for step in [Step::SignIn, Step::Exchange, Step::Register, Step::Post] {
        for fault in faults {
            let mut world = World::with_session().await;
            world.limits.call = Duration::from_millis(300);
            if step != Step::Post {
                world.skype.revoke_tokens();
            }
            world.skype.fail_next(step, fault(&world.skype.issued().join(" ")));
            run(&world).await;
            everything.extend(secrets(&world));
        }
    }

    // A fault that repeats what was sent, and secrets that are none.
    let world = World::new().await;
    let fault = format!(
        "<e><Fault><faultstring>{}</faultstring></Fault></e>",
        PASSWORD.replace('&', "&amp;").replace('<', "&lt;")
    );
    world.skype.fail_next(Step::SignIn, Fault::answer(200, fault));
    run(&world).await;
    for (id, secret) in [
        (CREDENTIALS, r#"{"user":"a@b","password":["hunter2"]}"#),
        (CREDENTIALS, r#"{"user":"a@b","hunter2":1}"#),
        (CREDENTIALS, "hunter2"),
        (SESSION, r#"{"user":"a@b","skype":"hunter2"}"#),
    ] {
        let world = World::with_session().await;
        world.secrets.remove(SESSION);
        world.secrets.set(id, secret);
        run(&world).await;
        everything.extend(secrets(&world));
    }

    let said = heard();
    for proof in [
        "signed in",
        "registered",
        "posted",
        "could not be kept",
        "TRACE",
        "reqwest::connect",
    ] {
        assert!(said.contains(proof), "not everything was heard: {proof} is missing");
    }
    for secret in everything {
        if let Some(at) = said.find(&secret) {
            let line = said[..at].lines().last().unwrap_or_default();
            panic!("{secret} was printed after: {line}");
        }
    }
}
