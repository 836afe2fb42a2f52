//! A proxy that stands before everything that a run calls: one kind of call goes wrong, the others go through.
//!
//! Each service has a listener of its own on loopback. The proxy stops when it is dropped. Connections are never kept, so that a service which is gone is noticed by the very next call.

mod call;
mod fault;

use std::{
    collections::HashMap,
    future::pending,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::DefaultBodyLimit,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::Response,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};

use crate::{background::Background, fault::break_off};
pub use call::{Call, Service};
pub use fault::Fault;

/// The running proxy.
pub struct FaultyProxy {
    shared: Arc<Shared>,
    _background: Background,
}

struct Shared {
    spoiled: Call,
    fault: Fault,
    times: usize,
    /// Where each service really is, without a slash at the end.
    upstream: HashMap<Service, String>,
    ports: HashMap<Service, u16>,
    http: reqwest::Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    secrets: Vec<String>,
    /// What goes wrong besides, until it is mended.
    more: Vec<(Call, Fault)>,
    /// The listener of the service that will be gone, as long as it is there.
    listener: Option<JoinHandle<()>>,
    /// Keeps the port of the service that is gone from being given to somebody else.
    gone: Option<TcpSocket>,
}

impl FaultyProxy {
    /// Stands before `upstream`, and lets the first so many of these calls go wrong.
    pub async fn start(upstream: HashMap<Service, String>, spoiled: Call, fault: Fault, times: usize) -> Self {
        let background = Background::start();
        let shared = background.run(begin(upstream, spoiled, fault, times)).await;
        Self {
            shared,
            _background: background,
        }
    }

    /// Where a service seems to be.
    pub fn url(&self, service: Service) -> String {
        self.shared.url(service)
    }

    /// Lets all calls of this kind go wrong, too, until everything is mended; not for a service that is gone.
    pub fn spoil(&self, call: Call, fault: Fault) {
        self.shared.state().more.push((call, fault));
    }

    /// Ends what [`spoil`](Self::spoil) has begun.
    pub fn mend(&self) {
        self.shared.state().more.clear();
    }

    /// How many calls of this kind came through.
    pub fn count(&self, call: Call) -> usize {
        self.shared.state().calls.iter().filter(|it| **it == call).count()
    }

    /// The keys and tokens that STS has given.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.state().secrets.clone()
    }

    /// How many calls of any kind have come to a service.
    pub fn count_at(&self, service: Service) -> usize {
        let state = self.shared.state();
        state.calls.iter().filter(|it| it.service() == service).count()
    }
}

async fn begin(upstream: HashMap<Service, String>, spoiled: Call, fault: Fault, times: usize) -> Arc<Shared> {
    let mut listeners = Vec::new();
    let mut ports = HashMap::new();
    for service in upstream.keys() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        ports.insert(*service, listener.local_addr().unwrap().port());
        listeners.push((*service, listener));
    }
    let shared = Arc::new(Shared {
        spoiled,
        fault,
        times,
        upstream,
        ports,
        http: reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()
            .unwrap(),
        state: Mutex::default(),
    });
    for (service, listener) in listeners {
        let served = tokio::spawn(serve(service, listener, Arc::clone(&shared)));
        if service == spoiled.service() {
            shared.state().listener = Some(served);
        }
    }
    shared.go_away_before_the_call().await;
    shared
}

async fn serve(service: Service, listener: TcpListener, shared: Arc<Shared>) {
    let app = Router::new()
        .fallback(
            move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let mut response = answer(service, &shared, method, uri, headers, body).await;
                let headers = response.headers_mut();
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            },
        )
        .layer(DefaultBodyLimit::disable());
    axum::serve(listener, app).await.unwrap();
}

async fn answer(
    service: Service,
    shared: &Shared,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call::of(service, uri.path(), &headers, &body);
    let fault = {
        let mut state = shared.state();
        let before = state.calls.iter().filter(|it| **it == call).count();
        state.calls.push(call);
        let more = state.more.iter().find(|(spoiled, _)| *spoiled == call);
        match more {
            Some((_, fault)) => Some(*fault),
            None => (call == shared.spoiled && before < shared.times).then_some(shared.fault),
        }
    };
    let Some(fault) = fault else {
        let response = shared.forward(service, method, uri, headers, body).await;
        shared.go_away_before_the_call().await;
        return response;
    };
    let response = match &fault {
        Fault::Refuse => panic!("{call:?} came to a service that should be gone"),
        Fault::BreakOff => break_off(shared.forward(service, method, uri, headers, body).await),
        Fault::Hang => {
            shared.forward(service, method, uri, headers, body).await;
            pending().await
        }
        Fault::WrongTime if !service.is_aws() || fault::is_on_time(&headers) => {
            shared.forward(service, method, uri, headers, body).await
        }
        fault @ (Fault::Malformed | Fault::Large) => {
            let answer = fault.answer(call, &body);
            shared.forward(service, method, uri, headers, body).await;
            answer
        }
        fault => fault.answer(call, &body),
    };
    shared.go_away_before_the_call().await;
    response
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.ports[&service])
    }

    /// Passes a request on as it is, its host included: that is signed.
    async fn forward(
        &self,
        service: Service,
        method: Method,
        uri: Uri,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::CONNECTION);
        let request = self.http.request(method, format!("{}{uri}", self.upstream[&service]));
        let answer = request.headers(headers).body(body).send().await.unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            let is_of_connection = [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
            if !is_of_connection.contains(name) {
                response = response.header(name, self.translated(value));
            }
        }
        let body = answer.bytes().await.unwrap();
        if service == Service::Sts {
            self.state().secrets.extend(secrets(&body));
        }
        response.body(Body::from(body)).unwrap()
    }

    /// Where an address of a service behind the proxy is found before it.
    fn translated(&self, value: &HeaderValue) -> HeaderValue {
        let Ok(text) = value.to_str() else { return value.clone() };
        let mut services = self.upstream.iter();
        let found = services.find_map(|(service, url)| Some((service, text.strip_prefix(url.as_str())?)));
        match found {
            Some((service, rest)) => format!("{}{rest}", self.url(*service)).parse().unwrap(),
            None => value.clone(),
        }
    }

    /// Lets the service be gone, if that is the fault and the spoiled call comes next.
    async fn go_away_before_the_call(&self) {
        let service = self.spoiled.service();
        let answered = self.state().calls.iter().filter(|it| it.service() == service).count();
        if !matches!(self.fault, Fault::Refuse) || answered < self.spoiled.calls_before() {
            return;
        }
        let Some(listener) = self.state().listener.take() else {
            return;
        };
        listener.abort();
        let _ = listener.await;
        // Bound and not listening, so that connections are refused.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket
            .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports[&service])))
            .unwrap();
        self.state().gone = Some(socket);
    }
}

/// What must not be told of an answer of STS.
fn secrets(body: &[u8]) -> Vec<String> {
    let body = String::from_utf8_lossy(body);
    let text = |name| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    ["SecretAccessKey", "SessionToken"]
        .into_iter()
        .filter_map(text)
        .collect()
}
