//! A stand-in for Teams Free: Microsoft's sign-in and the Teams service, each a listener on loopback. It refuses what
//! they refuse, and remembers what it was asked. It runs on a thread of its own and stops when it is dropped.

#![allow(dead_code, reason = "each program that includes it asks only some of its questions")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chats;
mod login;
mod record;
mod server;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use hourly_update::destinations::teams_free::config::TeamsFreeHosts;
use jiff::Timestamp;
use tokio::runtime::{self, Runtime};

pub use super::skype::Fault;
pub use login::{CLIENT, Person};
pub use record::{Recorded, Role, Step};

/// A group that came from Skype and has the bot as its member.
pub const GROUP: &str = "19:0123456789abcdef0123456789abcdef@thread.skype";
/// Its name.
pub const TOPIC: &str = "Operations & on-call";
/// A group that the bot is not a member of.
pub const FOREIGN_GROUP: &str = "19:fedcba9876543210fedcba9876543210@thread.skype";
/// Who signs in.
pub const USER: &str = "metrics.bot@example.com";

/// The running stand-in.
pub struct TeamsFreeStandIn {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// What the listeners share.
struct Shared {
    ports: [u16; Role::ALL.len()],
    state: Mutex<State>,
}

/// What it knows and remembers.
#[derive(Default)]
struct State {
    clock: Option<Timestamp>,
    faults: VecDeque<(Step, Fault)>,
    requests: Vec<Recorded>,
    messages: Vec<Message>,
    login: login::Login,
    chats: chats::Chats,
}

/// A message in the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `Text` or `RichText/Html`.
    pub format: String,
    pub content: String,
    /// The sender's shown name.
    pub from: Option<String>,
    /// `clientmessageid`
    pub client_id: String,
    /// The id that the group knows it by.
    pub id: String,
}

impl TeamsFreeStandIn {
    /// Starts it; when this returns, both listeners accept connections.
    pub async fn start() -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listeners = runtime.spawn(server::bind()).await.unwrap();
        let ports = listeners
            .each_ref()
            .map(|listener| listener.local_addr().unwrap().port());
        let shared = Arc::new(Shared {
            ports,
            state: Mutex::default(),
        });
        for (role, listener) in Role::ALL.into_iter().zip(listeners) {
            runtime.spawn(server::serve(role, listener, Arc::clone(&shared)));
        }
        Self {
            shared,
            runtime: Some(runtime),
        }
    }

    /// Where its services are.
    pub fn hosts(&self) -> TeamsFreeHosts {
        let [login, teams] = Role::ALL.map(|role| self.shared.url(role));
        TeamsFreeHosts::parse(Some(&login), Some(&teams)).unwrap()
    }

    /// A secret's text with which posting works: of somebody who has just signed in, without a Skype token.
    pub fn sign_in(&self) -> String {
        let token = self.state().login.sign_in();
        serde_json::json!({"client_id": CLIENT, "refresh_token": token}).to_string()
    }

    /// What the group has received, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.state().messages.clone()
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.clone()
    }

    /// What each request was for, in order.
    pub fn steps(&self) -> Vec<Step> {
        self.state().requests.iter().map(|request| request.step).collect()
    }

    /// Every code and token that it has issued.
    pub fn issued(&self) -> Vec<String> {
        let state = self.state();
        [state.login.issued(), state.chats.issued()].concat()
    }

    /// Forgets the requests and messages so far, and nothing else: it knows their ids as before.
    pub fn forget(&self) {
        let mut state = self.state();
        state.requests.clear();
        state.messages.clear();
    }

    /// Stops its clock at a time. Otherwise it has the system's.
    pub fn set_clock(&self, now: Timestamp) {
        self.state().clock = Some(now);
    }

    /// For how many seconds a refresh token is good after its successor was issued.
    pub fn set_grace(&self, secs: i64) {
        self.state().login.grace = secs;
    }

    /// A refresh token that is not good any more ends the sign-in that it belongs to: it may have been stolen.
    pub fn end_sign_ins_on_reuse(&self) {
        self.state().login.ends_on_reuse = true;
    }

    /// Changes what is said of the life of Skype tokens, in seconds; `None` for nothing.
    pub fn set_life(&self, secs: Option<i64>) {
        self.state().chats.life = secs;
    }

    /// Answers the exchange in the older shape.
    pub fn answer_as_before(&self) {
        self.state().chats.older_shape = true;
    }

    /// Names this as the address of the chat service.
    pub fn set_chat_service(&self, url: &str) {
        self.state().chats.named = Some(url.into());
    }

    /// More groups that the bot is a member of, as (id, topic).
    pub fn add_group(&self, id: &str, topic: &str) {
        self.state().chats.more_groups.push((id.into(), topic.into()));
    }

    /// Lets the next request for `step` that has not been spoken for go wrong.
    pub fn fail_next(&self, step: Step, fault: Fault) {
        self.state().faults.push_back((step, fault));
    }

    /// No refresh token issued so far is good any more: somebody has changed the password.
    pub fn end_sign_ins(&self) {
        self.state().login.end_all();
    }

    /// The newest refresh token is not good any more; those before it are, for their grace.
    pub fn refuse_newest(&self) {
        self.state().login.refuse_newest();
    }

    /// No Skype token issued so far is good any more.
    pub fn revoke_skype_tokens(&self) {
        self.state().chats.revoke_tokens();
    }

    /// What the person with the code will do.
    pub fn set_person(&self, person: Person) {
        self.state().login.person = person;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for TeamsFreeStandIn {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn url(&self, role: Role) -> String {
        format!("http://127.0.0.1:{}", self.ports[role as usize])
    }
}

impl State {
    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    /// The fault that waits for this step.
    fn take_fault(&mut self, step: Step) -> Option<Fault> {
        let at = self.faults.iter().position(|(awaited, _)| *awaited == step)?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }
}
