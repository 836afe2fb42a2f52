//! Passwords that Skype refuses, and that are changed.

use hourly_update::delivery::outcome::Side;
use testkit::skype::{Fault, Step::*, USER};

use super::{
    WHOLE_WAY, failed, posted,
    world::{CREDENTIALS, SESSION, World, denied, in_time},
};

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
