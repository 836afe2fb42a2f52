//! A stand-in for Teams Free: Microsoft's sign-in and the Teams service, each a listener on loopback. It refuses what
//! they refuse, and remembers what it was asked.

mod chats;
mod login;
mod purpose;

use url::Url;

use crate::{
    exchange::{Reply, Request},
    stand_in::{self, Services, Site, StandIn},
};
pub use crate::{fault::Fault, stand_in::GroupMessage};
pub use login::{CLIENT, Person};
pub use purpose::{Role, Step};

/// A group that came from Skype and has the bot as its member.
pub const GROUP: &str = "19:0123456789abcdef0123456789abcdef@thread.skype";
/// Its name.
pub const TOPIC: &str = "Operations & on-call";
/// A group that the bot is not a member of.
pub const FOREIGN_GROUP: &str = "19:fedcba9876543210fedcba9876543210@thread.skype";
/// Who signs in.
pub const USER: &str = "metrics.bot@example.com";

/// The running stand-in.
pub type TeamsFreeStandIn = StandIn<TeamsFree>;

/// One request, as it came.
pub type Recorded = stand_in::Recorded<Role, Step>;

/// All that the services know.
#[derive(Default)]
pub struct TeamsFree {
    login: login::Login,
    chats: chats::Chats,
}

/// Base URLs of the services that a client is configured with.
#[derive(Debug, Clone)]
pub struct Hosts {
    pub login: Url,
    pub teams: Url,
}

impl Services for TeamsFree {
    type Role = Role;
    type Step = Step;

    const ROLES: &'static [Role] = &Role::ALL;

    fn step(role: Role, request: &Request) -> Step {
        Step::of(role, request)
    }

    fn reply(&mut self, site: &mut Site<Role>, request: &Recorded) -> Reply {
        match request.step {
            Step::DeviceCode => self.login.device_code(request),
            Step::Poll | Step::Renew => self.login.tokens(site.now(), request),
            Step::Exchange => self.exchange(site, request),
            Step::Chats => self.chats.list(site, request),
            Step::Post => self.chats.post(site, request),
            Step::Unknown => Reply::error(404, 0, "No HTTP resource was found"),
        }
    }
}

impl TeamsFreeStandIn {
    /// Where its services are.
    pub fn hosts(&self) -> Hosts {
        let [login, teams] = Role::ALL.map(|role| self.address(role).parse().unwrap());
        Hosts { login, teams }
    }

    /// A secret's text with which posting works: of somebody who has just signed in, without a Skype token.
    pub fn sign_in(&self) -> String {
        let token = self.state().services.login.sign_in();
        serde_json::json!({"client_id": CLIENT, "refresh_token": token}).to_string()
    }

    /// Every code and token that it has issued.
    pub fn issued(&self) -> Vec<String> {
        let services = &self.state().services;
        [services.login.issued(), services.chats.issued()].concat()
    }

    /// For how many seconds a refresh token is good after its successor was issued.
    pub fn set_grace(&self, secs: i64) {
        self.state().services.login.grace = secs;
    }

    /// A refresh token that is not good any more ends the sign-in that it belongs to: it may have been stolen.
    pub fn end_sign_ins_on_reuse(&self) {
        self.state().services.login.ends_on_reuse = true;
    }

    /// Changes what is said of the life of Skype tokens, in seconds; `None` for nothing.
    pub fn set_life(&self, secs: Option<i64>) {
        self.state().services.chats.life = secs;
    }

    /// Answers the exchange in the older shape.
    pub fn answer_as_before(&self) {
        self.state().services.chats.older_shape = true;
    }

    /// Names this as the address of the chat service.
    pub fn set_chat_service(&self, url: &str) {
        self.state().services.chats.named = Some(url.into());
    }

    /// More groups that the bot is a member of, as (id, topic).
    pub fn add_group(&self, id: &str, topic: &str) {
        self.state().services.chats.more_groups.push((id.into(), topic.into()));
    }

    /// No refresh token issued so far is good any more: somebody has changed the password.
    pub fn end_sign_ins(&self) {
        self.state().services.login.end_all();
    }

    /// The newest refresh token is not good any more; those before it are, for their grace.
    pub fn refuse_newest(&self) {
        self.state().services.login.refuse_newest();
    }

    /// No Skype token issued so far is good any more.
    pub fn revoke_skype_tokens(&self) {
        self.state().services.chats.revoke_tokens();
    }

    /// What the person with the code will do.
    pub fn set_person(&self, person: Person) {
        self.state().services.login.person = person;
    }
}
