//! Proof of the stand-in, and of our client, by the client that Skype's servers accepted: SkPy.

mod compare;

use std::{env, path::PathBuf, process::Stdio};

use hourly_update::{
    delivery::{destination::Post, outcome::Outcome},
    update::message::{Format, Message},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::skype::{GROUP, OWN_ID, PASSWORD, Recorded, Role, SkypeStandIn, Step, USER};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::destinations::skype::world::{World, in_time};

/// What both clients say, and when. Plain text has nothing escaped; rich text is mark-up.
const NOW: &str = "2025-01-01T00:00:00Z";
const MESSAGES: [(&str, bool); 2] = [
    ("Hourly Metrics Update:\n- Errors: 5% & <more> – ✓ 🚀", false),
    (
        "<b raw_pre=\"*\" raw_post=\"*\">Core</b>\n5% &amp; &lt;more&gt; – ✓ 🚀",
        true,
    ),
];

#[tokio::test]
async fn the_real_client_signs_in_is_moved_and_posts() {
    let skype = SkypeStandIn::start().await;
    skype.set_clock(NOW.parse().unwrap());
    let told = skpy(&skype, PASSWORD).await.unwrap();
    assert_eq!(told["user_id"], OWN_ID);

    let messages = skype.messages();
    let received: Vec<_> = messages
        .iter()
        .map(|it| (it.content.as_str(), it.format == "RichText"))
        .collect();
    assert_eq!(received, MESSAGES);
    let sent: Vec<_> = messages.iter().map(|it| it.client_id.as_str()).collect();
    assert_eq!(told["sent"], json!(sent), "it recognises its own messages");

    let requests = skype.requests();
    let way: Vec<_> = requests.iter().map(|it| (it.step, it.role, it.status)).collect();
    assert_eq!(way[0], (Step::SignIn, Role::Login, Some(200)));
    assert_eq!(way[1], (Step::Exchange, Role::Edge, Some(200)));
    assert_eq!(way[3], (Step::Register, Role::Gateway, Some(404)));
    assert_eq!(way[4], (Step::Register, Role::OtherGateway, Some(201)));
    for request in &requests {
        assert_eq!(request.header("host"), Some(request.role.host()), "{request:?}");
    }
}

#[tokio::test]
async fn the_real_client_understands_how_it_is_refused() {
    let skype = SkypeStandIn::start().await;
    let error = skpy(&skype, "wrong").await.unwrap_err();
    assert!(error.contains("SkypeAuthException"), "{error}");
    assert!(
        error.contains("wsse:FailedAuthentication - Authentication Failure"),
        "{error}"
    );
    assert_eq!(skype.steps(), [Step::SignIn]);
}

/// With the clocks stopped at the same time, both clients ask for the same things in the same words, but for the
/// differences that [`compare::INTENDED`] lists with their reasons.
#[tokio::test]
async fn our_client_asks_as_the_real_one_does() {
    let theirs = SkypeStandIn::start().await;
    theirs.set_clock(NOW.parse().unwrap());
    skpy(&theirs, PASSWORD).await.unwrap();

    let mut ours = World::new().await;
    ours.is_now(NOW);
    let chat = ours.chat();
    chat.prepare(in_time()).await;
    for (body, is_rich) in MESSAGES {
        let message = Message {
            format: if is_rich { Format::SkypeRich } else { Format::Plain },
            body: body.into(),
        };
        let post = Post {
            message,
            ..ours.message()
        };
        assert!(matches!(chat.post(&post).await, Outcome::Posted { .. }));
    }

    // Steps of which ours has none: the id comes with the ticket exchange, and sending needs no presence.
    let unneeded = [Step::Profile, Step::Presence];
    let theirs: Vec<Recorded> = theirs
        .requests()
        .into_iter()
        .filter(|it| !unneeded.contains(&it.step))
        .collect();
    compare::assert_alike(&theirs, &ours.skype.requests());
}

/// Runs the driver: what it tells, or what it writes of its failure.
async fn skpy(skype: &SkypeStandIn, password: &str) -> Result<Value, String> {
    let now: Timestamp = NOW.parse().unwrap();
    let ports: serde_json::Map<String, Value> = Role::ALL
        .into_iter()
        .map(|role| (role.host().to_owned(), skype.url(role).port().into()))
        .collect();
    let task = json!({
        "time": now.as_second(),
        "ports": ports,
        "user": USER,
        "password": password,
        "group": GROUP,
        "messages": MESSAGES,
    });

    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = env::var_os("HOURLY_PYTHON").map_or_else(|| root.join(".venv/skpy/bin/python"), PathBuf::from);
    let mut driver = Command::new(&python)
        .arg(root.join("tests/skpy/driver.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start ({error}): run `make venv`", python.display()));
    driver
        .stdin
        .take()
        .unwrap()
        .write_all(task.to_string().as_bytes())
        .await
        .unwrap();
    let output = driver.wait_with_output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !errors.contains("ModuleNotFoundError"),
        "SkPy is missing: run `make venv`\n{errors}"
    );
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(errors),
    }
}
