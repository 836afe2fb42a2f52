//! Base of the stand-ins that speak HTTP: a listener on loopback for each service, faults, and a record of all requests.

use std::{
    collections::VecDeque,
    fmt::Debug,
    net::Ipv4Addr,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    http::{HeaderMap, Method, Uri},
};
use jiff::Timestamp;
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    background::Background,
    exchange::{Reply, Request},
    fault::Fault,
};

/// The services that a stand-in stands for, with all that they know.
pub trait Services: Send + 'static {
    /// One of the services.
    type Role: Copy + PartialEq + Debug + Send + Sync + 'static;
    /// The purpose of a request.
    type Step: Copy + PartialEq + Debug + Send + 'static;

    const ROLES: &'static [Self::Role];

    fn step(role: Self::Role, request: &Request) -> Self::Step;

    /// The right reply to a request.
    fn reply(&mut self, site: &mut Site<Self::Role>, request: &Recorded<Self::Role, Self::Step>) -> Reply;
}

/// A running stand-in. It stops when it is dropped.
pub struct StandIn<S: Services> {
    shared: Arc<Mutex<State<S>>>,
    _background: Background,
}

/// All that a stand-in knows and remembers.
pub struct State<S: Services> {
    pub services: S,
    pub site: Site<S::Role>,
    faults: VecDeque<(S::Step, Fault)>,
    requests: Vec<Recorded<S::Role, S::Step>>,
}

/// The surroundings of the services: their addresses, their clock and the group that they post to.
pub struct Site<R> {
    ports: Vec<(R, u16)>,
    clock: Option<Timestamp>,
    messages: Vec<GroupMessage>,
}

/// A request with its purpose.
#[derive(Debug, Clone)]
pub struct Recorded<R, S> {
    pub role: R,
    pub step: S,
    /// The status of the reply, if the client got one.
    pub status: Option<u16>,
    pub request: Request,
}

/// A message in a group of Skype or Teams Free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMessage {
    /// `Text`, `RichText` or `RichText/Html`.
    pub format: String,
    pub content: String,
    /// The sender's shown name.
    pub from: Option<String>,
    /// `clientmessageid`
    pub client_id: String,
    /// The id that the group knows it by.
    pub id: String,
}

impl<S: Services + Default> StandIn<S> {
    /// Starts it; when this returns, all listeners accept connections.
    pub async fn start() -> Self {
        Self::start_with(S::default()).await
    }
}

impl<S: Services> StandIn<S> {
    /// Starts a stand-in whose services know something already.
    pub async fn start_with(services: S) -> Self {
        let background = Background::start();
        let mut listeners = Vec::new();
        for role in S::ROLES {
            let listener = background
                .run(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
                .await
                .unwrap();
            listeners.push((*role, listener));
        }
        let ports = listeners.iter();
        let ports = ports.map(|(role, listener)| (*role, listener.local_addr().unwrap().port()));
        let shared = Arc::new(Mutex::new(State {
            services,
            site: Site {
                ports: ports.collect(),
                clock: None,
                messages: Vec::new(),
            },
            faults: VecDeque::new(),
            requests: Vec::new(),
        }));
        for (role, listener) in listeners {
            background.spawn(serve(role, listener, Arc::clone(&shared)));
        }
        Self {
            shared,
            _background: background,
        }
    }

    /// The base URL of a service, without a slash at the end.
    pub fn address(&self, role: S::Role) -> String {
        self.state().site.address(role)
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<Recorded<S::Role, S::Step>> {
        self.state().requests.clone()
    }

    /// The purpose of each request, in order.
    pub fn steps(&self) -> Vec<S::Step> {
        self.state().requests.iter().map(|request| request.step).collect()
    }

    /// The messages that the group has received, in order.
    pub fn messages(&self) -> Vec<GroupMessage> {
        self.state().site.messages.clone()
    }

    /// Forgets the requests and messages so far, and nothing else: the services know their ids as before.
    pub fn forget(&self) {
        let mut state = self.state();
        state.requests.clear();
        state.site.messages.clear();
    }

    /// Stops its clock at a time. Otherwise it has the system's.
    pub fn set_clock(&self, now: Timestamp) {
        self.state().site.clock = Some(now);
    }

    /// Lets the next request for `step` that has not been spoken for go wrong.
    pub fn fail_next(&self, step: S::Step, fault: Fault) {
        self.state().faults.push_back((step, fault));
    }

    /// Takes all faults back that have not happened yet.
    pub fn forgive(&self) {
        self.state().faults.clear();
    }

    /// Sends a recorded request again; returns the status and the body of its reply.
    pub async fn replay(&self, recorded: Recorded<S::Role, S::Step>) -> (u16, String) {
        let Recorded { role, request, .. } = recorded;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let url = self.address(role) + &request.path;
        let mut replay = client.request(request.method.parse().unwrap(), url);
        let is_same = |name: &str, value: &str| name != "host" && (name != "content-length" || value == "0");
        for (name, value) in request.headers.iter().filter(|(name, value)| is_same(name, value)) {
            replay = replay.header(name, value);
        }
        let reply = replay.body(request.body).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State<S>> {
        self.shared.lock().unwrap()
    }
}

/// Serves one service until its runtime ends.
async fn serve<S: Services>(role: S::Role, listener: TcpListener, shared: Arc<Mutex<State<S>>>) {
    let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let request = Request::new(&method, &uri, &headers, &body);
        let (reply, fault) = shared.lock().unwrap().reply(role, request);
        async move {
            match fault {
                None => reply.into_response(),
                Some(fault) => fault.spoil(reply).await,
            }
        }
    };
    let app = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
    axum::serve(listener, app).await.unwrap();
}

impl<S: Services> State<S> {
    /// Records a request; returns the right reply, and the fault that waits for it.
    fn reply(&mut self, role: S::Role, request: Request) -> (Reply, Option<Fault>) {
        let step = S::step(role, &request);
        let waiting = self.faults.iter().position(|(awaited, _)| *awaited == step);
        let fault = waiting.and_then(|at| self.faults.remove(at)).map(|(_, fault)| fault);
        let mut recorded = Recorded {
            role,
            step,
            status: None,
            request,
        };
        let reply = match &fault {
            Some(Fault::Answer(reply)) => reply.clone(),
            Some(fault) if !fault.is_served() => Reply::new(200, ""),
            _ => self.services.reply(&mut self.site, &recorded),
        };
        recorded.status = match fault {
            None | Some(Fault::Answer(_) | Fault::ServeAndBreakOff) => Some(reply.status),
            _ => None,
        };
        self.requests.push(recorded);
        (reply, fault)
    }
}

impl<R: Copy + PartialEq + Debug> Site<R> {
    /// The base URL of a service, without a slash at the end.
    pub fn address(&self, role: R) -> String {
        let (_, port) = self.ports.iter().find(|(known, _)| *known == role).unwrap();
        format!("http://127.0.0.1:{port}")
    }

    pub fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    /// Puts a message into the group; returns the time of its arrival, which is its id there.
    pub fn deliver(&mut self, message: GroupMessage) -> i64 {
        let arrival = self.now().as_millisecond() + self.messages.len() as i64;
        self.messages.push(GroupMessage {
            id: arrival.to_string(),
            ..message
        });
        arrival
    }
}

impl GroupMessage {
    /// The message in the body of a request, if it has all that a message needs.
    pub fn read(body: &Value) -> Option<Self> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            format: text("messagetype")?,
            content: text("content")?,
            from: text("imdisplayname"),
            client_id: text("clientmessageid")?,
            id: String::new(),
        })
    }
}

impl<R, S> Deref for Recorded<R, S> {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

impl<R, S> DerefMut for Recorded<R, S> {
    fn deref_mut(&mut self) -> &mut Request {
        &mut self.request
    }
}
