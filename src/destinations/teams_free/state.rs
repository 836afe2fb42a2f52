//! The state of a sign-in: what a run has on the way from a refresh token to a posted message, and the step that it needs.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{account::Account, authz::Granted, decision::Step, oauth::Tokens};
use crate::{
    delivery::{
        outcome::{PostError, Side},
        secrets::Secret,
    },
    destinations::conversation::Step as _,
};

/// The longest time that a write may take: it is tried up to three times in a run, and must leave time to post.
pub const WRITING: Duration = Duration::from_secs(4);

/// Everything that the sign-in has brought so far.
pub struct SignInState {
    /// The account in the secret, or the secret's fault.
    pub account: Result<Account, PostError>,
    /// The secret as it was last read or written; of what this run has written the version is not known.
    pub known: Option<Secret>,
    /// Whether the refresh tokens were refused in an earlier run.
    pub refused: bool,
    pub turn: Turn,
    /// Whether another run's turn did not end in time.
    pub waited_in_vain: bool,
    /// Whether the account is other than the stored one.
    pub changed: bool,
    /// Refresh tokens that are not to be sent in this run any more: they were refused, or have brought another.
    spent: Vec<SecretString>,
    pub access: Option<SecretString>,
}

/// Whether this run may renew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Turn {
    /// The run has not asked.
    #[default]
    Unasked,
    /// The run may renew, until then.
    Mine(Instant),
    /// The ledger cannot tell.
    Unknown,
}

/// The state of a run that has read nothing yet.
impl Default for SignInState {
    fn default() -> Self {
        Self {
            account: Err(Step::Renew.failed(Side::Ours, "the secret has not been read")),
            known: None,
            refused: false,
            turn: Turn::default(),
            waited_in_vain: false,
            changed: false,
            spent: Vec::new(),
            access: None,
        }
    }
}

impl SignInState {
    /// The step that is needed next, given the tokens at hand.
    pub fn next_step(&self, now: Timestamp) -> Step {
        if self.account.as_ref().is_ok_and(|it| it.session(now).is_some()) {
            Step::Post
        } else if self.access.is_some() {
            Step::Exchange
        } else {
            Step::Renew
        }
    }

    /// The best refresh token that has not been used up.
    pub fn token(&self) -> Option<&SecretString> {
        let is_spent = |token: &SecretString| {
            let mut spent = self.spent.iter().map(ExposeSecret::expose_secret);
            spent.any(|spent| spent == token.expose_secret())
        };
        self.account
            .as_ref()
            .ok()?
            .refresh_tokens()
            .find(|token| !is_spent(token))
    }

    /// Keeps that the refresh token that was sent is not to be sent again.
    pub fn spend_token(&mut self) {
        let token = self.token().cloned();
        self.spent.extend(token);
    }

    /// Takes over what a renewal has brought. A server that gives no new refresh token leaves the old one in force.
    pub fn renewed(&mut self, tokens: Tokens) {
        let used = self.token().cloned();
        self.spent.extend(used.clone());
        if let (Ok(account), Some(used), Some(new)) = (&mut self.account, used, tokens.refresh) {
            account.renewed(used, new);
            self.changed = true;
        }
        self.access = Some(tokens.access);
    }

    /// Takes over what an exchange has brought.
    pub fn granted(&mut self, granted: Granted) {
        if let Ok(account) = &mut self.account {
            account.granted(granted);
            self.changed = true;
        }
    }

    /// Forgets the Skype token. Nothing is written: its successor is.
    pub fn forget_session(&mut self) {
        if let Ok(account) = &mut self.account {
            account.forget_session();
        }
    }

    /// Whether a secret is the one that this run knows.
    pub fn knows(&self, secret: &Secret) -> bool {
        let Some(known) = &self.known else { return false };
        match (&known.version, &secret.version) {
            (Some(known), Some(version)) => known == version,
            _ => known.text.expose_secret() == secret.text.expose_secret(),
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::destinations::{conversation::token::Token, teams_free::authz::Session};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn state(account: &str) -> SignInState {
        let teams = Url::parse("https://teams.live.com").unwrap();
        SignInState {
            account: Ok(Account::parse(&account.into(), &teams).unwrap()),
            ..SignInState::default()
        }
    }

    fn tokens(refresh: Option<&str>) -> Tokens {
        Tokens {
            access: "access".into(),
            refresh: refresh.map(Into::into),
        }
    }

    fn sent(state: &SignInState) -> Option<&str> {
        state.token().map(ExposeSecret::expose_secret)
    }

    const TWO: &str = r#"{"client_id": "c", "refresh_token": "new", "previous_refresh_token": "old"}"#;

    #[test]
    fn the_next_step_follows_from_what_is_at_hand() {
        let mut state = state(TWO);
        assert_eq!(state.next_step(NOW), Step::Renew);
        state.renewed(tokens(Some("newer")));
        assert_eq!(state.next_step(NOW), Step::Exchange);
        state.granted(Granted {
            session: Session {
                token: Token::given(NOW, "token", None).unwrap(),
                chat_service: Url::parse("https://teams.live.com").unwrap(),
            },
            signed_in_as: None,
        });
        assert_eq!(state.next_step(NOW), Step::Post);
        state.forget_session();
        assert_eq!(
            state.next_step(NOW),
            Step::Exchange,
            "with the access token that is there"
        );
        assert_eq!(SignInState::default().next_step(NOW), Step::Renew);
    }

    #[test]
    fn no_refresh_token_is_sent_twice() {
        let mut state = state(TWO);
        assert_eq!(sent(&state), Some("new"));
        state.renewed(tokens(Some("newer")));
        assert_eq!(sent(&state), Some("newer"));
        state.spend_token();
        assert_eq!(sent(&state), None, "its predecessor has been used");

        let mut state = self::state(TWO);
        state.spend_token();
        assert_eq!(sent(&state), Some("old"));
        state.renewed(tokens(None));
        assert_eq!(sent(&state), None);
        assert!(!state.changed, "the old token stays in force");
    }
}
