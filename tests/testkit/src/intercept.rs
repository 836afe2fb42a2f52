//! A proxy between the function and the services that it writes to: everything passes, and what a test waits for is held.
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

/// The running proxy. It stops when this is dropped.
pub struct Interceptor {
    shared: Arc<Shared>,
    servers: Vec<JoinHandle<()>>,
}

struct Shared {
    upstreams: Vec<Upstream>,
    client: reqwest::Client,
    interceptions: Mutex<Vec<Interception>>,
}

/// One service, and where it is reached through the proxy: base URLs without a slash at the end.
struct Upstream {
    service: String,
    here: String,
}

/// A request on its way.
pub struct Request<'a> {
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
struct Interception {
    wanted: Box<dyn Fn(&Request<'_>) -> bool + Send>,
    when: When,
    caught: oneshot::Sender<Held>,
}

/// A held request. When this is dropped its connection ends without an answer.
pub struct Held {
    _release: oneshot::Sender<()>,
}

impl Interceptor {
    /// Starts a proxy in front of these services, each given by its base URL.
    pub async fn start(services: &[&str]) -> anyhow::Result<Self> {
        let mut listeners = Vec::new();
        let mut upstreams = Vec::new();
        for service in services {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            upstreams.push(Upstream {
                service: service.trim_end_matches('/').to_owned(),
                here: format!("http://{}", listener.local_addr()?),
            });
            listeners.push(listener);
        }
        let shared = Arc::new(Shared {
            upstreams,
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            interceptions: Mutex::default(),
        });
        let servers = listeners.into_iter().enumerate().map(|(upstream, listener)| {
            let shared = Arc::clone(&shared);
            let app = Router::new().fallback(move |method, uri, headers, body| {
                let shared = Arc::clone(&shared);
                async move { shared.pass(upstream, method, uri, headers, body).await }
            });
            tokio::spawn(async move {
                // It never returns; it ends by being aborted.
                let _ = axum::serve(listener, app).await;
            })
        });
        let servers = servers.collect();
        Ok(Self { shared, servers })
    }

    /// Where a service is reached through the proxy.
    pub fn to(&self, service: &str) -> anyhow::Result<&str> {
        let service = service.trim_end_matches('/');
        let upstream = self
            .shared
            .upstreams
            .iter()
            .find(|upstream| upstream.service == service);
        Ok(&upstream
            .with_context(|| format!("no interceptor before {service}"))?
            .here)
    }

    /// Holds the next request that is `wanted`; what is returned tells that it has come.
    pub fn hold(&self, when: When, wanted: impl Fn(&Request<'_>) -> bool + Send + 'static) -> oneshot::Receiver<Held> {
        let (caught, held) = oneshot::channel();
        self.shared.interceptions().push(Interception {
            wanted: Box::new(wanted),
            when,
            caught,
        });
        held
    }
}

impl Drop for Interceptor {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn interceptions(&self) -> MutexGuard<'_, Vec<Interception>> {
        self.interceptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self, upstream: usize, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
        let interception = self.take_matching(&Request {
            method: &method,
            path: uri.path(),
            headers: &headers,
            body: &body,
        });
        let interception = match interception {
            Some(interception) if interception.when == When::Before => return interception.hold().await,
            interception => interception,
        };
        let answer = self.forward(upstream, method, &uri, headers, body).await;
        match interception {
            Some(interception) => interception.hold().await,
            None => answer
                .unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, format!("interceptor: {error:#}")).into_response()),
        }
    }

    /// The interception that wants this request, which is then no longer set.
    fn take_matching(&self, request: &Request<'_>) -> Option<Interception> {
        let mut interceptions = self.interceptions();
        let at = interceptions
            .iter()
            .position(|interception| (interception.wanted)(request))?;
        Some(interceptions.remove(at))
    }

    async fn forward(
        &self,
        upstream: usize,
        method: Method,
        uri: &Uri,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> anyhow::Result<Response> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.upstreams[upstream].service);
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

    /// A service that points to a service means the way through the proxy.
    fn point_here(&self, headers: &mut HeaderMap) {
        let Some(location) = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()) else {
            return;
        };
        let rewritten = self.upstreams.iter().find_map(|upstream| {
            let path = location.strip_prefix(&upstream.service)?;
            HeaderValue::from_str(&format!("{}{path}", upstream.here)).ok()
        });
        if let Some(location) = rewritten {
            headers.insert(header::LOCATION, location);
        }
    }
}

impl Interception {
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
