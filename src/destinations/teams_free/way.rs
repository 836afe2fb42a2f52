//! How far a run has come on the way from a refresh token to a posted message, and what is next.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{
    account::Account,
    authz::Granted,
    decision::{Step, Tried},
    oauth::Tokens,
    turn::Turn,
};
use crate::delivery::{
    outcome::{PostError, Side},
    secrets::Secret,
};

/// How far the run has come.
pub(super) struct Way {
    /// Whether the secret has been read.
    pub begun: bool,
    /// What the secret holds, or what is wrong with it.
    pub account: Result<Account, PostError>,
    /// The secret as it was last read or written; of what this run has written the version is not known.
    pub known: Option<Secret>,
    /// Whether the refresh tokens were refused in an earlier run.
    pub refused: bool,
    /// Whether it is this run's turn to renew.
    pub turn: Turn,
    /// Whether another run's turn did not end in time.
    pub waited_in_vain: bool,
    /// Whether the account is other than the kept one.
    pub changed: bool,
    /// Refresh tokens that are not to be sent in this run any more: they were refused, or have brought another.
    spent: Vec<SecretString>,
    pub access: Option<SecretString>,
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
    pub fn new() -> Self {
        Self {
            begun: false,
            account: Err(Step::Renew.failed(Side::Ours, "the secret has not been read")),
            known: None,
            refused: false,
            turn: Turn::default(),
            waited_in_vain: false,
            changed: false,
            spent: Vec::new(),
            access: None,
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

    /// The refresh token that was sent is not to be sent again.
    pub fn spend_token(&mut self) {
        let token = self.token().cloned();
        self.spent.extend(token);
    }

    /// A renewal has brought these. A server that gives no new refresh token leaves the old one in force.
    pub fn renewed(&mut self, tokens: Tokens) {
        let used = self.token().cloned();
        self.spent.extend(used.clone());
        if let (Ok(account), Some(used), Some(new)) = (&mut self.account, used, tokens.refresh) {
            account.renewed(used, new);
            self.changed = true;
        }
        self.access = Some(tokens.access);
    }

    /// An exchange has brought this.
    pub fn granted(&mut self, granted: Granted) {
        if let Ok(account) = &mut self.account {
            account.granted(granted);
            self.changed = true;
        }
    }

    /// Before getting another Skype token, which is written down; that this one is gone need not be.
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
    use crate::destinations::{conversation::token::Token, teams_free::account::Session};

    const NOW: Timestamp = Timestamp::constant(1_735_689_600, 0);

    fn way(account: &str) -> Way {
        let teams = Url::parse("https://teams.live.com").unwrap();
        Way {
            account: Ok(Account::parse(&account.into(), &teams).unwrap()),
            ..Way::new()
        }
    }

    fn tokens(refresh: Option<&str>) -> Tokens {
        Tokens {
            access: "access".into(),
            refresh: refresh.map(Into::into),
        }
    }

    fn sent(way: &Way) -> Option<&str> {
        way.token().map(ExposeSecret::expose_secret)
    }

    const TWO: &str = r#"{"client_id": "c", "refresh_token": "new", "previous_refresh_token": "old"}"#;

    #[test]
    fn the_next_step_follows_from_what_is_at_hand() {
        let mut way = way(TWO);
        assert_eq!(way.next_step(NOW), Step::Renew);
        way.renewed(tokens(Some("newer")));
        assert_eq!(way.next_step(NOW), Step::Exchange);
        way.granted(Granted {
            session: Session {
                token: Token::given(NOW, "token", None).unwrap(),
                chat_service: Url::parse("https://teams.live.com").unwrap(),
            },
            signed_in_as: None,
        });
        assert_eq!(way.next_step(NOW), Step::Post);
        way.forget_session();
        assert_eq!(
            way.next_step(NOW),
            Step::Exchange,
            "with the access token that is there"
        );
        assert_eq!(Way::new().next_step(NOW), Step::Renew);
    }

    #[test]
    fn no_refresh_token_is_sent_twice() {
        let mut way = way(TWO);
        assert_eq!(sent(&way), Some("new"));
        way.renewed(tokens(Some("newer")));
        assert_eq!(sent(&way), Some("newer"));
        way.spend_token();
        assert_eq!(sent(&way), None, "its predecessor has been used");

        let mut way = self::way(TWO);
        way.spend_token();
        assert_eq!(sent(&way), Some("old"));
        way.renewed(tokens(None));
        assert_eq!(sent(&way), None);
        assert!(!way.changed, "the old token stays in force");
    }
}
