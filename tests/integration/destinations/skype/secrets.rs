//! What becomes of a post when the secrets are not as they should be.

use hourly_update::delivery::outcome::{Outcome, Side};
use testkit::skype::{PASSWORD, Step::*, USER};

use super::{
    WHOLE_WAY, failed, posted,
    world::{CREDENTIALS, SESSION, World, denied, unavailable, unusable},
};

#[tokio::test]
async fn bad_credentials_give_one_clear_error_and_no_request() {
    let huge = format!(r#"{{"user":"{USER}","password":"{}"}}"#, "x".repeat(70_000));
    for (secret, side, text) in [
        (Ok(""), Side::Operator, "is empty"),
        (Ok("hunter2"), Side::Operator, "is not JSON"),
        (Ok(&huge), Side::Operator, "larger than 64 KiB"),
        (
            Ok(r#"{"user":"metrics.bot@example.com"}"#),
            Side::Operator,
            "exactly the keys",
        ),
        (
            Ok(r#"{"user":"metrics.bot@example.com","password":"x","more":1}"#),
            Side::Operator,
            "exactly the keys",
        ),
        (
            Ok(r#"{"user":"+4712345678","password":"x"}"#),
            Side::Operator,
            "e-mail address",
        ),
        (Err(denied()), Side::Operator, "access is denied"),
        (Err(unavailable()), Side::Service, "unavailable"),
        (Err(unusable("it is binary, not text")), Side::Operator, "binary"),
    ] {
        let world = World::new().await;
        match secret {
            Ok(text) => world.secrets.set(CREDENTIALS, text),
            Err(error) => world.secrets.fail_get(CREDENTIALS, error),
        }
        let error = failed(world.run().await);
        assert_eq!(error.whose_move, side, "{error}");
        assert!(error.text.contains(text), "{error}");
        assert!(error.text.contains(CREDENTIALS), "it names the secret: {error}");
        assert!(!error.text.contains("hunter2"), "{error}");
        assert_eq!(world.skype.steps(), []);
    }
}

#[tokio::test]
async fn absent_credentials_are_the_operators_move() {
    let world = World::new().await;
    world.secrets.remove(CREDENTIALS);
    let error = failed(world.run().await);
    assert_eq!(error.whose_move, Side::Operator);
    assert!(error.text.contains("does not exist"), "{error}");
}

#[tokio::test]
async fn bad_credentials_do_not_matter_while_there_is_a_session() {
    let world = World::with_session().await;
    world.secrets.fail_get(CREDENTIALS, unavailable());
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post]);
}

#[tokio::test]
async fn what_is_no_session_leads_to_a_login() {
    for text in [
        "",
        "{}",
        "null",
        "not json",
        r#"{"user":"metrics.bot@example.com","registration":7}"#,
    ] {
        let world = World::with_session().await;
        world.secrets.set(SESSION, text);
        posted(world.run().await);
        assert_eq!(world.skype.steps(), WHOLE_WAY, "{text}");
        assert_eq!(world.session()["user"], USER);
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_read_leads_to_a_login() {
    for error in [denied(), unavailable(), unusable("it is binary")] {
        let world = World::with_session().await;
        world.secrets.fail_get(SESSION, error);
        posted(world.run().await);
        assert_eq!(world.skype.steps(), WHOLE_WAY);
    }
}

#[tokio::test]
async fn somebody_elses_session_is_not_used() {
    let world = World::with_session().await;
    world.change_session("/user", "former.bot@example.com");
    posted(world.run().await);
    assert_eq!(world.skype.steps(), WHOLE_WAY);
}

#[tokio::test]
async fn failing_to_keep_the_session_does_not_fail_the_post() {
    for error in [denied(), unavailable()] {
        let world = World::new().await;
        world.secrets.fail_puts(error);
        posted(world.run().await);
        assert_eq!(world.skype.steps(), WHOLE_WAY);
        assert!(!world.secrets.exists(SESSION));
    }
}

#[tokio::test]
async fn without_a_secret_for_it_each_run_signs_in() {
    let mut world = World::new().await;
    world.config.session_secret = None;
    for _ in 0..2 {
        world.skype.forget();
        posted(world.run().await);
        assert_eq!(world.skype.steps(), WHOLE_WAY);
    }
}

#[tokio::test]
async fn a_login_is_kept_even_if_what_follows_it_fails() {
    let mut world = World::new().await;
    world.config.group = "19:nobody@thread.skype".into();
    assert!(matches!(world.run().await, Outcome::Failed(_)));
    world.skype.forget();
    world.config.group = world.skype.group().into();
    posted(world.run().await);
    assert_eq!(world.skype.steps(), [Post]);
}

#[tokio::test]
async fn the_kept_session_holds_no_password() {
    let world = World::with_session().await;
    let kept = world.secrets.text(SESSION);
    assert!(
        !kept.contains(PASSWORD) && !kept.contains("password"),
        "only tokens are kept"
    );
    assert!(world.skype.issued().iter().any(|token| kept.contains(token)));
}
