//! A loopback listener that takes messages by webhook, as the service does whose rules it is given.
//!
//! It runs on a thread of its own, so that nothing in a test can hold it up, and stops when it is dropped.

use std::{
    collections::VecDeque,
    future::pending,
    io,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::DefaultBodyLimit,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use futures_util::stream;
use tokio::{
    net::TcpListener,
    runtime::{self, Runtime},
};

/// What a service answers to a request.
pub type Rules = fn(&Request) -> Reply;

/// The running listener.
pub struct Inbox {
    shared: Arc<Shared>,
    port: u16,
    runtime: Option<Runtime>,
}

struct Shared {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    requests: Vec<Request>,
    taken: Vec<Vec<u8>>,
}

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// One answer; a message counts as taken when its status is 2xx.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_ref().to_vec(),
        }
    }

    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn response(self) -> Response {
        let response = Response::builder().status(self.status);
        let headers = self.headers.into_iter();
        let response = headers.fold(response, |response, (name, value)| response.header(name, value));
        response.body(Body::from(self.body)).unwrap()
    }
}

/// What goes wrong instead of the right answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer, whatever was asked; nothing is taken.
    Answer(Reply),
    /// An answer with this status whose body never ends; nothing is taken.
    EndlessAnswer(u16),
    /// No answer, ever; nothing is taken.
    Hang,
    /// The message is taken, and then there is no answer.
    TakeAndHang,
    /// The message is taken, and then the connection ends.
    TakeAndReset,
}

impl Inbox {
    /// Starts it; when this returns, it accepts connections.
    pub async fn start(rules: Rules) -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.spawn(TcpListener::bind("127.0.0.1:0")).await.unwrap().unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            rules,
            state: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let app = Router::new()
            .fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                let shared = Arc::clone(&serving);
                async move { shared.answer(request(&method, &uri, &headers, &body)).await }
            })
            .layer(DefaultBodyLimit::disable());
        runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            shared,
            port,
            runtime: Some(runtime),
        }
    }

    /// An address of this listener.
    pub fn url(&self, path_and_query: &str) -> String {
        format!("http://127.0.0.1:{}{path_and_query}", self.port)
    }

    /// Lets the next request that has not been spoken for go wrong.
    pub fn fail_next(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// Nothing goes wrong any more.
    pub fn forgive(&self) {
        self.state().faults.clear();
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The bodies of the messages that are in the channel, in order.
    pub fn taken(&self) -> Vec<Vec<u8>> {
        self.state().taken.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    async fn answer(&self, request: Request) -> Response {
        let (reply, fault) = {
            let mut state = self.state.lock().unwrap();
            let fault = state.faults.pop_front();
            let reply = match &fault {
                Some(Fault::Answer(reply)) => reply.clone(),
                _ => (self.rules)(&request),
            };
            let is_taken = (200..300).contains(&reply.status);
            if is_taken && matches!(fault, None | Some(Fault::TakeAndHang | Fault::TakeAndReset)) {
                state.taken.push(request.body.clone());
            }
            state.requests.push(request);
            (reply, fault)
        };
        match fault {
            None | Some(Fault::Answer(_)) => reply.response(),
            Some(Fault::EndlessAnswer(status)) => {
                let chunk = || io::Result::Ok(Bytes::from_static(&[b'x'; 1024]));
                let body = Body::from_stream(stream::repeat_with(chunk));
                Response::builder().status(status).body(body).unwrap()
            }
            Some(Fault::Hang | Fault::TakeAndHang) => pending().await,
            // Ends the task of this connection, and with it the connection, without a word.
            Some(Fault::TakeAndReset) => resume_unwind(Box::new("reset")),
        }
    }
}

fn request(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Request {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter();
    Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
    }
}
