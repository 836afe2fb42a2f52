//! A stand-in for Lambda: the real binary as a child process, and the Runtime API that it fetches its events from.
//!
//! The protocol is that of the Lambda guide, "Using the Lambda runtime API". As in Lambda the process starts with the
//! first event already on its way, has an environment of its own, and is killed when an invocation takes too long.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::{self, DefaultBodyLimit, State},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    process::Command,
    sync::{Mutex, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use super::process::{Line, Process};

/// The function's ARN, of an account that the tests do not use.
const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:hourly-update";

/// The longest response that Lambda takes: 6 MB.
const RESPONSE_LIMIT: usize = 6 * 1024 * 1024;

/// A running function. Its process and the Runtime API stop when this is dropped.
pub struct LambdaRuntime {
    process: Process,
    events: mpsc::Sender<Event>,
    answers: mpsc::Receiver<Answer>,
    count: u32,
    server: JoinHandle<()>,
}

/// An invocation on its way to the function.
struct Event {
    request_id: String,
    deadline_ms: u128,
    payload: Bytes,
}

/// What the function said of an invocation; of its own start, if there is no request id.
struct Answer {
    request_id: Option<String>,
    result: Result<Value, Value>,
}

/// The Runtime API's end of both channels.
struct Api {
    events: Mutex<mpsc::Receiver<Event>>,
    answers: mpsc::Sender<Answer>,
}

impl LambdaRuntime {
    /// Starts `binary` with nothing in its environment but what Lambda sets and `environment`.
    pub async fn start(binary: &Path, environment: Vec<(String, String)>) -> anyhow::Result<Self> {
        let (events, next_events) = mpsc::channel(1);
        let (say, answers) = mpsc::channel(8);
        let api = Arc::new(Api {
            events: Mutex::new(next_events),
            answers: say,
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(RESPONSE_LIMIT))
            .with_state(api);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let server = tokio::spawn(async move {
            // It never returns; it ends by being aborted.
            let _ = axum::serve(listener, routes).await;
        });

        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "hourly-update")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hourly-update")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            // As template.yaml configures it.
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_LEVEL", "INFO")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("TZ", ":UTC")
            .envs(environment);
        Ok(Self {
            process: Process::start(command)?,
            events,
            answers,
            count: 0,
            server,
        })
    }

    /// Sends one event, byte for byte, and waits for what the function makes of it.
    ///
    /// An error is what Lambda would report: the handler's own, one of the function's start, `Runtime.ExitError` when
    /// the process has ended, `Sandbox.Timedout` when there is no answer within `limit`; then the process is killed.
    pub async fn invoke(&mut self, payload: impl Into<Bytes>, limit: Duration) -> Result<Value, Value> {
        self.count += 1;
        let request_id = format!("00000000-0000-0000-0000-{:012}", self.count);
        let deadline = SystemTime::now() + limit;
        let event = Event {
            request_id: request_id.clone(),
            deadline_ms: deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis(),
            payload: payload.into(),
        };
        // It cannot be refused while the server, and with it the receiver, is alive.
        let _ = self.events.send(event).await;
        let answer = async {
            loop {
                match self.answers.recv().await {
                    Some(answer) if answer.request_id.as_ref().is_none_or(|id| *id == request_id) => {
                        return answer.result;
                    }
                    Some(_) => {}
                    None => return Err(report("StandIn.Stopped", "the Runtime API has stopped")),
                }
            }
        };
        let first = async {
            tokio::select! {
                // What it said before it ended counts.
                biased;
                result = answer => result,
                status = self.process.wait() => Err(match status {
                    Ok(status) => report("Runtime.ExitError", &format!("Runtime exited: {status}")),
                    Err(error) => report("Runtime.ExitError", &error.to_string()),
                }),
            }
        };
        match timeout(limit, first).await {
            Ok(result) => result,
            Err(_) => {
                let _ = self.process.kill().await;
                Err(report("Sandbox.Timedout", &format!("Task timed out after {limit:?}")))
            }
        }
    }

    /// What the function has printed so far: its log.
    pub fn log(&self) -> watch::Receiver<Vec<Line>> {
        self.process.lines()
    }

    /// Ends the function, and waits for the last of its log.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        self.process.wait().await?;
        Ok(())
    }
}

impl Drop for LambdaRuntime {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn report(kind: &str, message: &str) -> Value {
    json!({"errorType": kind, "errorMessage": message})
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let Some(event) = api.events.lock().await.recv().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.request_id),
        ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", FUNCTION_ARN.to_owned()),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(),
        ),
    ];
    (headers, event.payload).into_response()
}

async fn response(state: State<Arc<Api>>, extract::Path(id): extract::Path<String>, body: Bytes) -> StatusCode {
    let result = serde_json::from_slice(&body)
        .with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&body)))
        .map_err(|error| report("StandIn.InvalidResponse", &format!("{error:#}")));
    accept(&state, Some(id), result).await
}

async fn error(state: State<Arc<Api>>, extract::Path(id): extract::Path<String>, body: Bytes) -> StatusCode {
    accept(&state, Some(id), Err(diagnostic(&body))).await
}

async fn init_error(state: State<Arc<Api>>, body: Bytes) -> StatusCode {
    accept(&state, None, Err(diagnostic(&body))).await
}

fn diagnostic(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| report("StandIn.InvalidError", &String::from_utf8_lossy(body)))
}

async fn accept(api: &Api, request_id: Option<String>, result: Result<Value, Value>) -> StatusCode {
    match api.answers.send(Answer { request_id, result }).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
