//! A stand-in for Skype's services: it refuses what they refuse, and remembers what it was asked.
//!
//! Five listeners on loopback: Microsoft's login, the edge service, the profile API, and the gateways of two clouds, of
//! which the second is the bot's home. It runs on a thread of its own, so that nothing in a test can hold it up, and
//! stops when it is dropped.

#![allow(dead_code, reason = "each program that includes it asks only some of its questions")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod record;
mod rules;
pub mod server;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use hourly_update::destinations::skype::config::SkypeHosts;
use jiff::Timestamp;
use tokio::runtime::{self, Runtime};
use url::Url;

pub use record::{GroupMessage, Recorded, Role, Step};

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
pub struct SkypeStandIn {
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
    home: Home,
    life: Life,
    faults: VecDeque<(Step, Fault)>,
    requests: Vec<Recorded>,
    messages: Vec<GroupMessage>,
    issued: rules::Issued,
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

/// What goes wrong instead of the right answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer, whatever was asked.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// No answer, ever.
    Hang,
    /// The connection ends after the request was read.
    Reset,
    /// The request is served, and then there is no answer.
    ServeAndHang,
    /// The request is served, and then the connection ends.
    ServeAndReset,
    /// The request is served; its answer ends within the body.
    ServeAndBreakOff,
}

impl Fault {
    /// A JSON error of the gateways.
    pub fn error(status: u16, code: i64, message: &str) -> Self {
        let body = serde_json::json!({"errorCode": code, "message": message}).to_string();
        Self::answer(status, &body)
    }

    /// An answer with any body.
    pub fn answer(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.as_ref().to_vec(),
        }
    }

    /// The same answer with one more header.
    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_string()));
        }
        self
    }
}

impl SkypeStandIn {
    /// Starts it; when this returns, all listeners accept connections.
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
    pub fn hosts(&self) -> SkypeHosts {
        SkypeHosts {
            login: self.url(Role::Login),
            edge: self.url(Role::Edge),
            messages: self.url(Role::Gateway),
        }
    }

    /// The base URL of one listener.
    pub fn url(&self, role: Role) -> Url {
        self.shared.url(role).parse().unwrap()
    }

    /// The secret's text with which signing in works.
    pub fn credentials(&self) -> String {
        serde_json::json!({"user": USER, "password": PASSWORD}).to_string()
    }

    /// The group that the bot is a member of.
    pub fn group(&self) -> &'static str {
        GROUP
    }

    /// What the group has received, in order.
    pub fn messages(&self) -> Vec<GroupMessage> {
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

    /// How often somebody tried to sign in.
    pub fn logins(&self) -> usize {
        self.steps().iter().filter(|step| **step == Step::SignIn).count()
    }

    /// Every ticket and token that it has issued.
    pub fn issued(&self) -> Vec<String> {
        self.state().issued.all()
    }

    /// Forgets the requests and messages so far, and nothing else.
    pub fn forget(&self) {
        let mut state = self.state();
        state.requests.clear();
        state.messages.clear();
    }

    /// Stops its clock at a time. Otherwise it has the system's.
    pub fn set_clock(&self, now: Timestamp) {
        self.state().clock = Some(now);
    }

    /// Moves the bot to another cloud.
    pub fn set_home(&self, home: Home) {
        self.state().home = home;
    }

    /// Changes what is said of the life of tokens.
    pub fn set_life(&self, life: Life) {
        self.state().life = life;
    }

    /// Lets the next request for `step` that has not been spoken for go wrong.
    pub fn fail_next(&self, step: Step, fault: Fault) {
        self.state().faults.push_back((step, fault));
    }

    /// No token issued so far is good for anything any more.
    pub fn revoke_tokens(&self) {
        self.state().issued.revoke_all();
    }

    /// Every registration so far counts as expired.
    pub fn expire_registrations(&self) {
        self.state().issued.expire_registrations();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for SkypeStandIn {
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

    /// The life of a token in seconds, if it is told.
    fn life(&self) -> Option<i64> {
        match self.life {
            Life::Day => Some(86_400),
            Life::Secs(secs) => Some(secs),
            Life::Untold => None,
        }
    }

    /// The fault that waits for this step.
    fn take_fault(&mut self, step: Step) -> Option<Fault> {
        let at = self.faults.iter().position(|(awaited, _)| *awaited == step)?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }
}
