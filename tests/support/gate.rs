//! A gate between the function and the services that it writes to: everything passes, and what a test waits for is held.
//!
//! While a request is held, before it is forwarded or after it was answered, the test can do what it likes, such as
//! killing the sender. So a crash comes exactly before or after a write, and the product needs no hooks for it. Requests
//! are forwarded with the headers that were signed, `Host` included.

use std::{
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Headers of one connection, which the next one has its own of.
const OF_THE_CONNECTION: [header::HeaderName; 3] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The running gate. It stops when this is dropped.
pub struct Gate {
    shared: Arc<Shared>,
    servers: Vec<JoinHandle<()>>,
}

struct Shared {
    doors: Vec<Door>,
    client: reqwest::Client,
    traps: Mutex<Vec<Trap>>,
}

/// One service, and where it is reached through the gate: base URLs without a slash at the end.
struct Door {
    service: String,
    here: String,
}

/// A request on its way.
pub struct Passing<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// On which side of the service a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The service has not seen it, and never will.
    Before,
    /// The service has carried it out and answered; the answer is never passed on.
    After,
}

/// The next request that it wants is held.
struct Trap {
    wanted: Box<dyn Fn(&Passing<'_>) -> bool + Send>,
    when: When,
    caught: oneshot::Sender<Held>,
}

/// A held request. When this is dropped its connection ends without an answer.
pub struct Held {
    _release: oneshot::Sender<()>,
}

impl Gate {
    /// Starts a gate in front of these services, each given by its base URL.
    pub async fn start(services: &[&str]) -> anyhow::Result<Self> {
        let mut listeners = Vec::new();
        let mut doors = Vec::new();
        for service in services {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            doors.push(Door {
                service: service.trim_end_matches('/').to_owned(),
                here: format!("http://{}", listener.local_addr()?),
            });
            listeners.push(listener);
        }
        let shared = Arc::new(Shared {
            doors,
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            traps: Mutex::default(),
        });
        let servers = listeners.into_iter().enumerate().map(|(door, listener)| {
            let shared = Arc::clone(&shared);
            let app = Router::new().fallback(move |method, uri, headers, body| {
                let shared = Arc::clone(&shared);
                async move { shared.pass(door, method, uri, headers, body).await }
            });
            tokio::spawn(async move {
                // It never returns; it ends by being aborted.
                let _ = axum::serve(listener, app).await;
            })
        });
        let servers = servers.collect();
        Ok(Self { shared, servers })
    }

    /// Where a service is reached through the gate.
    pub fn to(&self, service: &str) -> anyhow::Result<&str> {
        let service = service.trim_end_matches('/');
        let door = self.shared.doors.iter().find(|door| door.service == service);
        Ok(&door.with_context(|| format!("no gate to {service}"))?.here)
    }

    /// Holds the next request that is `wanted`; what is returned tells that it has come.
    pub fn hold(&self, when: When, wanted: impl Fn(&Passing<'_>) -> bool + Send + 'static) -> oneshot::Receiver<Held> {
        let (caught, held) = oneshot::channel();
        self.shared.traps().push(Trap {
            wanted: Box::new(wanted),
            when,
            caught,
        });
        held
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn traps(&self) -> MutexGuard<'_, Vec<Trap>> {
        self.traps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self, door: usize, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
        let trap = self.sprung(&Passing {
            method: &method,
            path: uri.path(),
            headers: &headers,
            body: &body,
        });
        let trap = match trap {
            Some(trap) if trap.when == When::Before => return trap.hold().await,
            trap => trap,
        };
        let answer = self.forward(door, method, &uri, headers, body).await;
        match trap {
            Some(trap) => trap.hold().await,
            None => {
                answer.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, format!("gate: {error:#}")).into_response())
            }
        }
    }

    /// The trap that wants this request, which is then no longer set.
    fn sprung(&self, request: &Passing<'_>) -> Option<Trap> {
        let mut traps = self.traps();
        let at = traps.iter().position(|trap| (trap.wanted)(request))?;
        Some(traps.remove(at))
    }

    async fn forward(
        &self,
        door: usize,
        method: Method,
        uri: &Uri,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> anyhow::Result<Response> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.doors[door].service);
        remove(&mut headers, &OF_THE_CONNECTION);
        let request = self.client.request(method, url).headers(headers).body(body);
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        remove(&mut headers, &OF_THE_CONNECTION);
        self.point_here(&mut headers);
        let mut response = Response::new(Body::from(answer.bytes().await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// A service that points to a service means the way through the gate.
    fn point_here(&self, headers: &mut HeaderMap) {
        let Some(location) = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()) else {
            return;
        };
        let rewritten = self.doors.iter().find_map(|door| {
            let path = location.strip_prefix(&door.service)?;
            HeaderValue::from_str(&format!("{}{path}", door.here)).ok()
        });
        if let Some(location) = rewritten {
            headers.insert(header::LOCATION, location);
        }
    }
}

impl Trap {
    /// Tells that the request has come, and waits until it is let go; then its connection just ends.
    async fn hold(self) -> Response {
        let (release, released) = oneshot::channel();
        // Nobody waits any more: then it is let go at once.
        let _ = self.caught.send(Held { _release: release });
        let _ = released.await;
        resume_unwind(Box::new("held"))
    }
}

fn remove(headers: &mut HeaderMap, names: &[header::HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}
