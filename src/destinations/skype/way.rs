//! How far a run has come on the way from credentials to a posted message, and what is next.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;

use super::{
    config::Skype,
    credentials::Credentials,
    decision::{Step, Tried},
    session::Session,
};
use crate::delivery::outcome::{PostError, Side};

/// How far the run has come.
#[derive(Debug)]
pub(super) struct Way {
    /// Whether the secrets have been read.
    pub begun: bool,
    /// Whether the credentials have been read a second time.
    pub read_again: bool,
    /// Asked for only when there is no session; then this tells what is wrong with them.
    pub credentials: Result<Credentials, PostError>,
    /// The version of the secret that they are from.
    pub version: Option<String>,
    pub ticket: Option<SecretString>,
    pub session: Session,
    /// Whether the session is other than the kept one.
    pub changed: bool,
    /// The messages host that is registered at next.
    pub host: Url,
    pub tried: Tried,
    /// Whether a message was sent whose fate is unknown.
    pub may_have_arrived: bool,
    /// What became of preparing.
    pub failed: Option<PostError>,
    /// When everything is over, waiting and calls alike.
    pub until: Instant,
}

impl Way {
    /// The beginning of it.
    pub fn new(config: &Skype) -> Self {
        Self {
            begun: false,
            read_again: false,
            credentials: Err(Step::SignIn.failed(Side::Ours, "the secrets have not been read")),
            version: None,
            ticket: None,
            session: Session::default(),
            changed: false,
            host: config.hosts.messages.clone(),
            tried: Tried::default(),
            may_have_arrived: false,
            failed: None,
            until: Instant::now(),
        }
    }

    /// How much time there is.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// What has to be done next, given the tokens at hand.
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

    /// Keeps what has been read, or what is wrong with it.
    pub fn know(&mut self, credentials: Result<(Credentials, Option<String>), PostError>) {
        (self.credentials, self.version) = match credentials {
            Ok((credentials, version)) => (Ok(credentials), version),
            Err(error) => (Err(error), None),
        };
    }

    /// These credentials have been refused.
    pub fn refuse(&mut self) {
        self.forget_all();
        self.session.user = self
            .credentials
            .as_ref()
            .map(|it| it.user().to_owned())
            .unwrap_or_default();
        self.session.refused.clone_from(&self.version);
    }

    /// Whether these credentials were refused, in this run or before.
    pub fn is_refused(&self) -> bool {
        self.version.is_some() && self.session.refused == self.version
    }

    /// Before signing in anew.
    pub fn forget_all(&mut self) {
        self.forget_tokens();
        self.ticket = None;
        self.changed = true;
    }

    /// Leaves of the session what was refused.
    pub fn forget_tokens(&mut self) {
        self.session = Session {
            refused: self.session.refused.take(),
            ..Session::default()
        };
    }

    /// Before registering anew, at this host.
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
        let skype = Skype {
            group: "19:a@thread.skype".into(),
            secret: "credentials".into(),
            session_secret: None,
            display_name: None,
            hosts: crate::destinations::skype::config::SkypeHosts {
                login: host("https://login.live.com"),
                edge: host("https://edge.skype.com"),
                messages: host("https://client-s.gateway.messenger.live.com"),
            },
        };
        let mut way = Way::new(&skype);
        assert_eq!(way.next_step(now), Step::SignIn);
        way.ticket = Some("t=a&p=".into());
        assert_eq!(way.next_step(now), Step::Exchange);
        let token = || Token::given(now, "token", Timestamp::from_second(1_735_776_000).ok()).unwrap();
        way.session.skype = Some(token());
        assert_eq!(way.next_step(now), Step::Register);
        let elsewhere = host("https://db3-client-s.gateway.messenger.live.com");
        way.session.registration = Some(Registration {
            token: token(),
            host: elsewhere.clone(),
        });
        assert_eq!(way.next_step(now), Step::Post);

        way.forget_registration(&elsewhere);
        assert_eq!((way.next_step(now), &way.host), (Step::Register, &elsewhere));
        way.forget_all();
        assert_eq!(way.next_step(now), Step::SignIn);
    }
}
