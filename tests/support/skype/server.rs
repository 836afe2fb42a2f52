//! The stand-in's listeners: reads and records each request, lets it go wrong where that is asked for.

use std::{
    future::{pending, ready},
    io::{self, ErrorKind},
    panic::resume_unwind,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use futures_util::{FutureExt, StreamExt, stream};
use tokio::{net::TcpListener, time::sleep};

use super::{Fault, Recorded, Role, Shared, rules};

/// One listener for each service, each on a free port.
pub(super) async fn bind() -> [TcpListener; Role::ALL.len()] {
    let mut listeners = Vec::new();
    for _ in Role::ALL {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    listeners.try_into().unwrap()
}

/// Serves one service until the runtime ends.
pub(super) async fn serve(role: Role, listener: TcpListener, shared: Arc<Shared>) {
    let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let shared = Arc::clone(&shared);
        async move { answer(role, &shared, method, uri, headers, body).await }
    });
    axum::serve(listener, app).await.unwrap();
}

async fn answer(role: Role, shared: &Shared, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let request = Recorded::new(role, &method, &uri, &headers, &body);
    let (response, fault) = {
        let mut state = shared.state.lock().unwrap();
        let fault = state.take_fault(request.step);
        let response = served(fault.as_ref(), || rules::answer(&mut state, shared, &request));
        let status = told(fault.as_ref(), &response);
        state.requests.push(Recorded { status, ..request });
        (response, fault)
    };
    send(fault, response).await
}

/// The answer to a request that may go wrong; `serve` has the right one.
pub fn served(fault: Option<&Fault>, serve: impl FnOnce() -> Response) -> Response {
    match fault {
        None | Some(Fault::ServeAndHang | Fault::ServeAndReset | Fault::ServeAndBreakOff) => serve(),
        Some(Fault::Answer { status, headers, body }) => {
            let response = headers
                .iter()
                .fold(Response::builder().status(*status), |response, (name, value)| {
                    response.header(*name, value)
                });
            response.body(Body::from(body.clone())).unwrap()
        }
        Some(Fault::Hang | Fault::Reset) => Response::default(),
    }
}

/// The status that the client gets to know.
pub fn told(fault: Option<&Fault>, response: &Response) -> Option<u16> {
    match fault {
        None | Some(Fault::Answer { .. } | Fault::ServeAndBreakOff) => Some(response.status().as_u16()),
        _ => None,
    }
}

/// Sends the answer, or lets that go wrong.
pub async fn send(fault: Option<Fault>, response: Response) -> Response {
    match fault {
        None | Some(Fault::Answer { .. }) => response,
        Some(Fault::Hang | Fault::ServeAndHang) => pending().await,
        // Ends the task of this connection, and with it the connection, without a word.
        Some(Fault::Reset | Fault::ServeAndReset) => resume_unwind(Box::new("reset")),
        Some(Fault::ServeAndBreakOff) => {
            let (mut parts, _) = response.into_parts();
            parts.headers.insert("content-length", 4096.into());
            let begun = stream::once(ready(io::Result::Ok(Bytes::from_static(b"{\"Orig"))));
            // Late enough for the head to have been sent.
            let broken =
                stream::once(sleep(Duration::from_millis(100)).map(|()| Err(ErrorKind::ConnectionReset.into())));
            Response::from_parts(parts, Body::from_stream(begun.chain(broken)))
        }
    }
}
