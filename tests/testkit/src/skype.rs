//! A stand-in for Skype's services: it refuses what they refuse, and remembers what it was asked.
//!
//! Five listeners on loopback: Microsoft's login, the edge service, the profile API, and the gateways of two clouds, of
//! which the second is the bot's home.

mod lock_and_key;
mod purpose;
mod rules;

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::stand_in::{self, StandIn};
pub use crate::{fault::Fault, stand_in::GroupMessage};
pub use purpose::{Role, Step};

/// A group that the bot is a member of.
pub const GROUP: &str = "19:0123456789abcdef0123456789abcdef@thread.skype";
/// A group that it is not a member of.
pub const FOREIGN_GROUP: &str = "19:fedcba9876543210fedcba9876543210@thread.skype";
/// Who may sign in.
pub const USER: &str = "metrics.bot@example.com";
/// With this password: XML and JSON both have something to escape in it.
pub const PASSWORD: &str = "p&w<o>r\"d'é";
/// The bot's own Skype id.
pub const OWN_ID: &str = "live:.cid.0123456789abcdef";

/// The running stand-in.
pub type SkypeStandIn = StandIn<Skype>;

/// One request, as it came.
pub type Recorded = stand_in::Recorded<Role, Step>;

/// All that Skype's services know.
#[derive(Default)]
pub struct Skype {
    home: Home,
    life: Life,
    issued: Vec<String>,
    tickets: HashSet<String>,
    tokens: HashSet<String>,
    registrations: HashMap<String, Registration>,
}

/// A registration token, which is good on the host that issued it only.
struct Registration {
    role: Role,
    is_expired: bool,
}

/// Base URLs of the services that a client is configured with.
#[derive(Debug, Clone)]
pub struct Hosts {
    pub login: Url,
    pub edge: Url,
    pub messages: Url,
}

/// Which cloud the bot belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Home {
    /// The one that is asked first.
    First,
    /// The other one, to which the first one points.
    #[default]
    Other,
    /// Each points to the other one.
    Nowhere,
}

/// How long tokens live, as their answers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Life {
    #[default]
    Day,
    /// So many seconds.
    Secs(i64),
    /// The answers do not say.
    Untold,
}

impl SkypeStandIn {
    /// Where its services are.
    pub fn hosts(&self) -> Hosts {
        Hosts {
            login: self.url(Role::Login),
            edge: self.url(Role::Edge),
            messages: self.url(Role::Gateway),
        }
    }

    /// The base URL of one service.
    pub fn url(&self, role: Role) -> Url {
        self.address(role).parse().unwrap()
    }

    /// The secret's text with which signing in works.
    pub fn credentials(&self) -> String {
        serde_json::json!({"user": USER, "password": PASSWORD}).to_string()
    }

    /// The group that the bot is a member of.
    pub fn group(&self) -> &'static str {
        GROUP
    }

    /// How often somebody tried to sign in.
    pub fn logins(&self) -> usize {
        self.steps().iter().filter(|step| **step == Step::SignIn).count()
    }

    /// Every ticket and token that it has issued.
    pub fn issued(&self) -> Vec<String> {
        self.state().services.issued.clone()
    }

    /// Moves the bot to another cloud.
    pub fn set_home(&self, home: Home) {
        self.state().services.home = home;
    }

    /// Changes what is said of the life of tokens.
    pub fn set_life(&self, life: Life) {
        self.state().services.life = life;
    }

    /// No token issued so far is good for anything any more.
    pub fn revoke_tokens(&self) {
        let services = &mut self.state().services;
        services.tickets.clear();
        services.tokens.clear();
        services.registrations.clear();
    }

    /// Every registration so far counts as expired.
    pub fn expire_registrations(&self) {
        let registrations = &mut self.state().services.registrations;
        registrations.values_mut().for_each(|it| it.is_expired = true);
    }
}

impl Skype {
    /// A new text of base64's letters, with a bit of everything that has to be escaped somewhere.
    fn issue(&mut self, kind: &str) -> String {
        let text = format!("{kind}+{:04}/QUJDREVGR0hJSktMTU5PUA==", self.issued.len());
        self.issued.push(text.clone());
        text
    }

    /// The life of a token in seconds, if it is told.
    fn life(&self) -> Option<i64> {
        match self.life {
            Life::Day => Some(86_400),
            Life::Secs(secs) => Some(secs),
            Life::Untold => None,
        }
    }
}
