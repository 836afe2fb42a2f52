//! The state of a sign-in: what a run has on the way from credentials to a posted message, and the step that it needs.

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use super::{credentials::Credentials, decision::Step, session::Session};
use crate::{
    delivery::outcome::{PostError, Side},
    destinations::conversation::Step as _,
};

/// Everything that the sign-in has brought so far.
#[derive(Debug)]
pub struct SignInState {
    /// The credentials, or their fault. They are needed only where there is no session.
    pub credentials: Result<Credentials, PostError>,
    /// The version of the secret that they are from.
    pub version: Option<String>,
    pub ticket: Option<SecretString>,
    pub session: Session,
    /// Whether the session is other than the stored one.
    pub changed: bool,
    /// The messages host of the next registration.
    pub host: Url,
}

impl SignInState {
    /// The state of a run that has read nothing yet; `messages` is the host in report.yaml.
    pub fn new(messages: Url) -> Self {
        Self {
            credentials: Err(Step::SignIn.failed(Side::Ours, "the secrets have not been read")),
            version: None,
            ticket: None,
            session: Session::default(),
            changed: false,
            host: messages,
        }
    }

    /// The step that is needed next, given the tokens at hand.
    pub fn next_step(&self, now: Timestamp) -> Step {
        let Session {
            skype, registration, ..
        } = &self.session;
        if registration.as_ref().is_some_and(|it| it.token.is_fresh(now)) {
            Step::Post
        } else if skype.as_ref().is_some_and(|token| token.is_fresh(now)) {
            Step::Register
        } else if self.ticket.is_some() {
            Step::Exchange
        } else {
            Step::SignIn
        }
    }

    /// Keeps the credentials that were read, or their fault.
    pub fn know(&mut self, credentials: Result<(Credentials, Option<String>), PostError>) {
        (self.credentials, self.version) = match credentials {
            Ok((credentials, version)) => (Ok(credentials), version),
            Err(error) => (Err(error), None),
        };
    }

    /// Keeps that these credentials were refused.
    pub fn refuse(&mut self) {
        self.forget_all();
        self.session.user = self.user();
        self.session.refused.clone_from(&self.version);
    }

    /// The e-mail address that signs in; empty where there are no credentials.
    pub fn user(&self) -> String {
        let credentials = self.credentials.as_ref();
        credentials.map(|it| it.user().to_owned()).unwrap_or_default()
    }

    /// Whether these credentials were refused, in this run or before.
    pub fn is_refused(&self) -> bool {
        self.version.is_some() && self.session.refused == self.version
    }

    /// Forgets everything but the credentials, so that the run signs in anew.
    pub fn forget_all(&mut self) {
        self.forget_tokens();
        self.ticket = None;
        self.changed = true;
    }

    /// Forgets the session's tokens, but not which credentials were refused.
    pub fn forget_tokens(&mut self) {
        self.session = Session {
            refused: self.session.refused.take(),
            ..Session::default()
        };
    }

    /// Forgets the registration, so that the run registers anew, at this host.
    pub fn forget_registration(&mut self, next: &Url) {
        self.host = next.clone();
        self.session.registration = None;
        self.changed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::{conversation::token::Token, skype::session::Registration};

    #[test]
    fn the_next_step_follows_from_what_is_at_hand() {
        let now = Timestamp::constant(1_735_689_600, 0);
        let host = |name: &str| Url::parse(name).unwrap();
        let mut state = SignInState::new(host("https://client-s.gateway.messenger.live.com"));
        assert_eq!(state.next_step(now), Step::SignIn);
        state.ticket = Some("t=a&p=".into());
        assert_eq!(state.next_step(now), Step::Exchange);
        let token = || Token::given(now, "token", Timestamp::from_second(1_735_776_000).ok()).unwrap();
        state.session.skype = Some(token());
        assert_eq!(state.next_step(now), Step::Register);
        let elsewhere = host("https://db3-client-s.gateway.messenger.live.com");
        state.session.registration = Some(Registration {
            token: token(),
            host: elsewhere.clone(),
        });
        assert_eq!(state.next_step(now), Step::Post);

        state.forget_registration(&elsewhere);
        assert_eq!((state.next_step(now), &state.host), (Step::Register, &elsewhere));
        state.forget_all();
        assert_eq!(state.next_step(now), Step::SignIn);
    }
}
