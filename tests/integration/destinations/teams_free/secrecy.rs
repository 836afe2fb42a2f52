//! No token is ever printed: what can happen is run at trace level, and what was said is searched.

use std::time::Duration;

use hourly_update::delivery::outcome::Outcome;
use testkit::{
    log_capture::{self, spellings},
    teams_free::{Fault, Step},
};

use super::world::{SECRET, World, Write};
use crate::worlds::secrets::denied;

/// Runs once; the outcome in every way in which anybody could say it.
async fn run(world: &World) -> String {
    let outcome = world.run().await;
    let json = serde_json::to_string(&outcome).unwrap();
    let error = match &outcome {
        Outcome::Failed(error) => error.to_string(),
        _ => String::new(),
    };
    format!("{outcome:?}\n{outcome:#?}\n{json}\n{error}\n")
}

/// An answer that repeats the tokens wherever it can.
fn echo(status: u16, tokens: &str) -> Fault {
    let body = serde_json::json!({
        "errorCode": 0, "message": tokens, "error": tokens, "error_description": tokens, "status": {"text": tokens},
        "skypeToken": {"skypetoken": [tokens]}, "access_token": [tokens],
    });
    let place = format!("https://evil.example/{}", tokens.replace(' ', "/"));
    Fault::answer(status, body.to_string()).with_header("location", place)
}

#[tokio::test]
async fn no_token_is_ever_printed() {
    log_capture::start(|_| true);
    let mut told = String::new();
    let mut secrets = vec!["hunter2".to_owned()];

    // A new bot, its next hour, a refused token, a refresh token that is refused, and a sign-in that cannot be kept.
    let world = World::new().await;
    told += &run(&world).await;
    world.teams.revoke_skype_tokens();
    told += &run(&world).await;
    world.teams.revoke_skype_tokens();
    world.teams.refuse_newest();
    world.secrets.every_write(Some(Write::Fails(denied())));
    told += &run(&world).await;
    world.teams.revoke_skype_tokens();
    world.teams.end_sign_ins();
    told += &run(&world).await;
    secrets.extend(world.teams.issued());

    // Every step, with every fault, and with answers that repeat all tokens that there are.
    let faults: [fn(&str) -> Fault; 8] = [
        |_| Fault::Reset,
        |_| Fault::Hang,
        |_| Fault::ServeAndReset,
        |_| Fault::ServeAndBreakOff,
        |tokens| echo(200, tokens),
        |tokens| echo(400, tokens),
        |tokens| echo(403, tokens),
        |tokens| echo(404, tokens),
    ];
    for step in [Step::Renew, Step::Exchange, Step::Post] {
        for fault in faults {
            let mut world = World::with_session().await;
            world.limits.call = Duration::from_millis(300);
            if step != Step::Post {
                world.teams.revoke_skype_tokens();
            }
            world.teams.fail_next(step, fault(&world.teams.issued().join(" ")));
            told += &run(&world).await;
            secrets.extend(world.teams.issued());
        }
    }

    // Secrets that are none.
    for secret in [
        "hunter2",
        r#"{"client_id":"hunter2&","refresh_token":"hunter2"}"#,
        r#"{"client_id":"a","refresh_token":["hunter2"]}"#,
    ] {
        let world = World::new().await;
        world.secrets.set(SECRET, secret);
        told += &run(&world).await;
    }

    let said = log_capture::take() + &told;
    for proof in [
        "renewed",
        "new Skype token",
        "posted",
        "could not be kept",
        "refused: looking",
        "TRACE",
        "reqwest::connect",
    ] {
        assert!(said.contains(proof), "not everything was logged: {proof} is missing");
    }
    for secret in secrets.iter().flat_map(|secret| spellings(secret)) {
        if let Some(at) = said.find(&secret) {
            let line = said[..at].lines().last().unwrap_or_default();
            panic!("{secret} was printed after: {line}");
        }
    }
}
