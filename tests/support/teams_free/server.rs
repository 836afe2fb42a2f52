//! The stand-in's listeners: each request is read and recorded, and goes wrong where that is asked for.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Recorded, Role, Shared, State, Step, chats, login};
use crate::support::skype::server::{send, served, told};

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
        let response = served(fault.as_ref(), || right(&mut state, shared, &request));
        let status = told(fault.as_ref(), &response);
        state.requests.push(Recorded { status, ..request });
        (response, fault)
    };
    send(fault, response).await
}

fn right(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    match request.step {
        Step::DeviceCode => login::device_code(state, request),
        Step::Poll | Step::Renew => login::tokens(state, request),
        Step::Exchange => chats::exchange(state, shared, request),
        Step::Chats => chats::list(state, shared, request),
        Step::Post => chats::post(state, shared, request),
        Step::Unknown => error(404, 0, "No HTTP resource was found"),
    }
}

/// An error of the chat service.
pub fn error(status: u16, code: i64, message: &str) -> Response {
    reply(status, &json!({"errorCode": code, "message": message}))
}

pub fn reply(status: u16, body: &Value) -> Response {
    let response = Response::builder().status(status);
    let response = response.header("content-type", "application/json; charset=utf-8");
    response.body(body.to_string().into()).unwrap()
}
