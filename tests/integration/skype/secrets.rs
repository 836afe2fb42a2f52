//! What becomes of a post when the secrets are not as they should be.

use hourly_update::delivery::outcome::{Outcome, Side};

use super::{
    WHOLE_WAY, failed, posted,
    world::{CREDENTIALS, SESSION, World, denied, in_time, unavailable, unusable},
};
use crate::support::skype::{Fault, PASSWORD, Step::*, USER};

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
async fn a_wrong_password_is_tried_once() {
    let world = World::new().await;
    world
        .secrets
        .set(CREDENTIALS, format!(r#"{{"user":"{USER}","password":"wrong"}}"#));
    let error = failed(world.run().await);
    assert_eq!(error.whose_move, Side::Operator);
    assert!(
        error.text.contains("app password") && error.text.contains("wsse:FailedAuthentication"),
        "{error}"
    );
    assert_eq!(world.skype.steps(), [SignIn]);
    let kept = world.secrets.text(SESSION);
    assert!(kept.contains("refused") && !kept.contains("wrong"), "{kept}");
}

/// What Skype locks accounts for.
#[tokio::test]
async fn a_refused_password_is_not_sent_again_until_somebody_puts_one() {
    let wrong = format!(r#"{{"user":"{USER}","password":"wrong"}}"#);
    let mut world = World::new().await;
    world.secrets.set(CREDENTIALS, &wrong);
    // The same once more counts as a change: the account may have been unlocked.
    for put in [false, true, true] {
        if put {
            world.secrets.set(CREDENTIALS, &wrong);
        }
        let error = failed(world.run().await);
        assert!(
            error
                .text
                .contains("not sent again until somebody puts others, or the same ones again"),
            "{error}"
        );
        assert_eq!(world.skype.steps(), [SignIn]);
        world.skype.forget();
        for hour in [14, 15, 16] {
            world.is_now(&format!("2026-11-22T{hour}:57:04Z"));
            let error = failed(world.run().await);
            assert!(error.sign_in_needed && error.whose_move == Side::Operator, "{error:?}");
            assert!(error.text.contains("were refused before"), "{error}");
            assert_eq!(world.skype.steps(), []);
        }
    }
    // Somebody puts the right one while the run is on its way.
    let chat = world.chat();
    chat.prepare(in_time()).await;
    world.secrets.set(CREDENTIALS, world.skype.credentials());
    posted(chat.post(&world.message()).await);
    assert_eq!(world.skype.steps(), WHOLE_WAY);
    assert!(!world.secrets.text(SESSION).contains("refused"));
}

#[tokio::test]
async fn another_users_session_does_not_hide_the_refusal() {
    let world = World::with_session().await;
    world
        .secrets
        .set(CREDENTIALS, r#"{"user":"new.bot@example.com","password":"wrong"}"#);
    failed(world.run().await);
    failed(world.run().await);
    assert_eq!(world.skype.steps(), [SignIn]);
}

#[tokio::test]
async fn where_nothing_can_be_kept_each_run_sends_the_password() {
    let wrong = format!(r#"{{"user":"{USER}","password":"wrong"}}"#);
    let mut nowhere = World::new().await;
    nowhere.config.session_secret = None;
    let unwritable = World::new().await;
    unwritable.secrets.fail_puts(denied());
    for world in [nowhere, unwritable] {
        world.secrets.set(CREDENTIALS, &wrong);
        failed(world.run().await);
        let error = failed(world.run().await);
        assert_eq!(world.skype.steps(), [SignIn, SignIn], "{error}");
    }
}

#[tokio::test]
async fn what_is_no_refusal_is_tried_in_the_next_run() {
    let of_the_service = "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><S:Fault>\
                          <faultcode>S:Server</faultcode><faultstring>Try again later</faultstring>\
                          </S:Fault></S:Body></S:Envelope>";
    for fault in [
        Fault::answer(429, ""),
        Fault::answer(404, ""),
        Fault::answer(200, "<html>"),
        Fault::answer(200, of_the_service),
        Fault::Reset,
    ] {
        let world = World::new().await;
        (0..2).for_each(|_| world.skype.fail_next(SignIn, fault.clone()));
        failed(world.run().await);
        world.skype.forget();
        let is_left = !matches!(fault, Fault::Reset);
        if is_left {
            failed(world.run().await);
            world.skype.forget();
        }
        posted(world.run().await);
        assert_eq!(world.skype.steps(), WHOLE_WAY);
    }
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

#[tokio::test]
async fn a_password_that_is_changed_during_the_run_is_tried_once_more() {
    let wrong = format!(r#"{{"user":"{USER}","password":"wrong"}}"#);
    for before in [wrong.as_str(), "", "not json"] {
        let world = World::new().await;
        world.secrets.set(CREDENTIALS, before);
        let chat = world.chat();
        chat.prepare(in_time()).await;
        world.secrets.set(CREDENTIALS, world.skype.credentials());
        posted(chat.post(&world.message()).await);
        let refused = usize::from(before == wrong);
        assert_eq!(world.skype.steps()[refused..], WHOLE_WAY, "{before}");
        assert_eq!(world.session()["user"], USER, "the new session is kept");
    }
}

#[tokio::test]
async fn a_changed_password_that_is_wrong_too_is_the_last() {
    let wrong = |password: &str| format!(r#"{{"user":"{USER}","password":"{password}"}}"#);
    let world = World::new().await;
    world.secrets.set(CREDENTIALS, wrong("wrong"));
    let chat = world.chat();
    chat.prepare(in_time()).await;
    world.secrets.set(CREDENTIALS, wrong("wrong too"));
    let error = failed(chat.post(&world.message()).await);
    assert!(error.sign_in_needed && error.whose_move == Side::Operator, "{error:?}");
    assert_eq!(world.skype.steps(), [SignIn, SignIn]);
}

#[tokio::test]
async fn what_signing_in_anew_cannot_mend_needs_no_sign_in() {
    let mut world = World::new().await;
    world.config.group = "19:nobody@thread.skype".into();
    let error = failed(world.run().await);
    assert!(error.whose_move == Side::Operator && !error.sign_in_needed, "{error:?}");

    let world = World::new().await;
    world.skype.fail_next(SignIn, Fault::answer(429, ""));
    assert!(!failed(world.run().await).sign_in_needed, "it passes by itself");
}

#[tokio::test]
async fn a_token_that_is_refused_after_a_new_sign_in_needs_one() {
    let world = World::with_session().await;
    world.skype.fail_next(Post, Fault::error(401, 0, "Unauthorized"));
    world.skype.fail_next(Post, Fault::error(401, 0, "Unauthorized"));
    let error = failed(world.run().await);
    assert!(error.sign_in_needed, "{error:?}");
}
