//! No secret is ever printed: everything that can happen is run at trace level, and what was said is searched.

use std::{io::Write, time::Duration};

use testkit::{
    log_capture::{self, LogCapture, spellings},
    skype::{Fault, PASSWORD, Step},
};

use crate::destinations::skype::world::{CREDENTIALS, SESSION, World, denied};

/// Runs once, and says the outcome in every way in which anybody could.
async fn run(world: &World) {
    let outcome = world.run().await;
    let json = serde_json::to_string(&outcome).unwrap();
    writeln!(LogCapture, "{outcome:?}\n{outcome:#?}\n{json}").unwrap();
    if let hourly_update::delivery::outcome::Outcome::Failed(error) = outcome {
        writeln!(LogCapture, "{error}").unwrap();
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
    log_capture::start(|_| true);
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

    let said = log_capture::take();
    for proof in [
        "signed in",
        "registered",
        "posted",
        "could not be kept",
        "TRACE",
        "reqwest::connect",
    ] {
        assert!(said.contains(proof), "not everything was logged: {proof} is missing");
    }
    for secret in everything {
        if let Some(at) = said.find(&secret) {
            let line = said[..at].lines().last().unwrap_or_default();
            panic!("{secret} was printed after: {line}");
        }
    }
}
