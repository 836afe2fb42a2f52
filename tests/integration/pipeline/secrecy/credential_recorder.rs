//! A proxy between the function and AWS, which records the credentials that STS hands out: nobody else could tell which
//! they were.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// It passes everything on unchanged, and stops when it is dropped.
pub struct CredentialRecorder {
    endpoint: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    upstream: String,
    client: reqwest::Client,
    secrets: Mutex<Vec<String>>,
}

impl CredentialRecorder {
    /// In front of `upstream`.
    pub async fn before(upstream: &str) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            secrets: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(pass_on).with_state(shared.clone());
        let server = tokio::spawn(async move {
            // It never returns; it ends by being aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Self {
            endpoint,
            shared,
            server,
        }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Secret keys and session tokens of all roles that have been assumed.
    pub fn assumed(&self) -> Vec<String> {
        self.shared.secrets.lock().unwrap().clone()
    }
}

impl Drop for CredentialRecorder {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The host is a part of what is signed, so it stays what the function said.
async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let answer = shared
        .client
        .request(head.method, format!("{}{}", shared.upstream, head.uri))
        .headers(head.headers)
        .body(body)
        .send()
        .await;
    let Ok(answer) = answer else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("transfer-encoding");
    let body: Bytes = answer.bytes().await.unwrap_or_default();
    shared.record(&String::from_utf8_lossy(&body));
    (status, headers, body).into_response()
}

impl Shared {
    fn record(&self, body: &str) {
        for name in ["SecretAccessKey", "SessionToken"] {
            let found = body.split_once(&format!("<{name}>"));
            if let Some((secret, _)) = found.and_then(|(_, rest)| rest.split_once("</")) {
                self.secrets.lock().unwrap().push(secret.to_owned());
            }
        }
    }
}
