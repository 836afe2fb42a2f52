//! What Skype's services answer, and what they refuse.

use std::collections::{HashMap, HashSet};

use axum::{body::Body, response::Response};
use hourly_update::destinations::skype::lock_and_key;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{FOREIGN_GROUP, GROUP, GroupMessage, Home, OWN_ID, PASSWORD, Recorded, Role, Shared, State, Step, USER};

const ENDPOINT: &str = "c1d4ecb0-c54f-4728-8825-9a7211ee8cde";
/// How wrong a client's clock may be, in seconds.
const TOLERANCE: i64 = 600;

/// Tickets and tokens.
#[derive(Default)]
pub struct Issued {
    all: Vec<String>,
    tickets: HashSet<String>,
    skype: HashSet<String>,
    /// Good only on the host that issued it, and for so long.
    registrations: HashMap<String, (Role, bool)>,
}

impl Issued {
    pub fn all(&self) -> Vec<String> {
        self.all.clone()
    }

    pub fn revoke_all(&mut self) {
        self.tickets.clear();
        self.skype.clear();
        self.registrations.clear();
    }

    pub fn expire_registrations(&mut self) {
        self.registrations.values_mut().for_each(|(_, expired)| *expired = true);
    }

    /// A new text of base64's letters, with a bit of everything that has to be escaped somewhere.
    fn issue(&mut self, kind: &str) -> String {
        let text = format!("{kind}+{:04}/QUJDREVGR0hJSktMTU5PUA==", self.all.len());
        self.all.push(text.clone());
        text
    }
}

/// The right answer to a request.
pub fn answer(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    match request.step {
        Step::SignIn => sign_in(state, request),
        Step::Exchange => exchange(state, request),
        Step::Profile => match request
            .header("x-skypetoken")
            .is_some_and(|it| state.issued.skype.contains(it))
        {
            true => reply(
                200,
                &json!({"username": OWN_ID, "firstname": "Metrics", "lastname": "Bot"}),
            ),
            false => reply(
                401,
                &json!({"status": {"code": 40120, "text": "Authentication failed."}}),
            ),
        },
        Step::Register => register(state, shared, request),
        Step::Presence | Step::LookUp | Step::Post => match registration_refusal(state, request) {
            Some(refusal) => refusal,
            None if request.step == Step::Post => post(state, shared, request),
            None => look_up(request),
        },
        Step::Unknown => error(404, 0, "No HTTP resource was found"),
    }
}

fn sign_in(state: &mut State, request: &Recorded) -> Response {
    const RST: &str = "http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue";
    let body = String::from_utf8_lossy(&request.body);
    let Ok(document) = roxmltree::Document::parse(&body) else {
        return fault("S:Client", "Invalid Request");
    };
    let text = |name: &str| {
        let mut nodes = document.descendants().filter(|node| node.tag_name().name() == name);
        nodes.next().map(|node| node.text().unwrap_or_default().to_owned())
    };
    let policy = document
        .descendants()
        .find(|node| node.tag_name().name() == "PolicyReference");
    let asked = (
        text("RequestType"),
        text("Address"),
        policy.and_then(|node| node.attribute("URI")),
    );
    if asked != (Some(RST.into()), Some("wl.skype.com".into()), Some("MBI_SSL")) {
        return fault("wst:InvalidRequest", "Invalid Request");
    }
    if (text("Username").as_deref(), text("Password").as_deref()) != (Some(USER), Some(PASSWORD)) {
        return fault("wsse:FailedAuthentication", "Authentication Failure");
    }
    let ticket = format!("t={}&p=", state.issued.issue("Ticket"));
    state.issued.tickets.insert(ticket.clone());
    xml(&format!(
        "<wst:RequestSecurityTokenResponseCollection xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\">\
         <wst:RequestSecurityTokenResponse><wst:RequestedSecurityToken>\
         <wsse:BinarySecurityToken xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" Id=\"Compact0\">{}\
         </wsse:BinarySecurityToken></wst:RequestedSecurityToken></wst:RequestSecurityTokenResponse>\
         </wst:RequestSecurityTokenResponseCollection>",
        ticket.replace('&', "&amp;")
    ))
}

fn exchange(state: &mut State, request: &Recorded) -> Response {
    let form: HashMap<_, _> = form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str);
    let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
    if !is_form || field("partner") != Some("999") || field("scopes") != Some("client") {
        return reply(400, &json!({"status": {"code": 40000, "text": "Bad request"}}));
    }
    if !field("access_token").is_some_and(|ticket| state.issued.tickets.contains(ticket)) {
        return reply(
            401,
            &json!({"status": {"code": 40120, "text": "Authentication failed. Bad credentials."}}),
        );
    }
    let token = format!("eyJhbGciOi.{}", state.issued.issue("Skype"));
    state.issued.skype.insert(token.clone());
    let mut body = json!({"skypetoken": token, "skypeid": OWN_ID, "signinname": USER, "isBusinessTenant": false});
    if let Some(life) = state.life() {
        body["expiresIn"] = life.into();
    }
    reply(200, &body)
}

fn register(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    if !serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body.is_object()) {
        return error(400, 201, "Malformed request body");
    }
    if !is_lock_and_key(
        request.header("lockandkey").unwrap_or_default(),
        state.now().as_second(),
    ) {
        return error(403, 207, "LockAndKey verification failed");
    }
    let token = request
        .header("authentication")
        .and_then(|value| value.strip_prefix("skypetoken="));
    if !token.is_some_and(|token| state.issued.skype.contains(token)) {
        return error(
            401,
            911,
            "Authentication failed: 'skypetoken' ticket failed authentication",
        );
    }
    let (here, there) = match request.role {
        Role::OtherGateway => (Home::Other, Role::Gateway),
        _ => (Home::First, Role::OtherGateway),
    };
    if state.home != here {
        let location = format!("{}/v1/users/ME/endpoints", base(shared, request, there));
        let status = if request.header("behavioroverride") == Some("redirectAs404") {
            404
        } else {
            301
        };
        return with(
            error(status, 752, "User is in a different cloud"),
            "location",
            &location,
        );
    }
    let token = state.issued.issue("Registration");
    state.issued.registrations.insert(token.clone(), (request.role, false));
    let location = format!(
        "{}/v1/users/ME/endpoints/%7B{ENDPOINT}%7D",
        base(shared, request, request.role)
    );
    let expires = state
        .life()
        .map(|life| format!("expires={}; ", state.now().as_second() + life));
    let expires = expires.unwrap_or_default();
    let set = format!("registrationToken={token}; {expires}endpointId={{{ENDPOINT}}}");
    with(
        with(reply(201, &json!({})), "location", &location),
        "set-registrationtoken",
        &set,
    )
}

fn is_lock_and_key(header: &str, now: i64) -> bool {
    let parts: HashMap<_, _> = header.split("; ").filter_map(|part| part.split_once('=')).collect();
    let part = |name| parts.get(name).copied().unwrap_or_default();
    let (app_id, time) = (part("appId"), part("time"));
    app_id == "msmsgs@msnmsgr.com"
        && time.parse::<i64>().is_ok_and(|time| (time - now).abs() <= TOLERANCE)
        && part("lockAndKeyResponse") == lock_and_key::hash(time, app_id, "Q1P7W2E4J9R8U3S5")
}

/// Why the registration token of a request is no good, if it is not.
fn registration_refusal(state: &State, request: &Recorded) -> Option<Response> {
    let token = request
        .header("registrationtoken")
        .and_then(|value| value.strip_prefix("registrationToken="));
    match token.and_then(|token| state.issued.registrations.get(token)) {
        None => Some(error(401, 911, "Authentication failed")),
        Some((_, true)) => Some(error(
            403,
            0,
            "Registration token expired, and no skype ticket was provided",
        )),
        Some((role, false)) if *role != request.role => Some(error(404, 729, "Must create an endpoint first")),
        Some(_) => None,
    }
}

fn look_up(request: &Recorded) -> Response {
    match (request.step, request.method.as_str()) {
        (Step::Presence, "GET") => {
            let host = request.role.host();
            let link = format!("https://{host}/v1/users/ME/endpoints/%7B{ENDPOINT}%7D/presenceDocs/messagingService");
            reply(200, &json!({"endpointPresenceDocs": [{"link": link}]}))
        }
        (Step::Presence, _) => reply(200, &json!({})),
        _ if group(request) != Some(GROUP.into()) => error(404, 0, "Not found"),
        _ if request.path.contains("/threads/") => reply(
            200,
            &json!({
                "id": GROUP, "type": "Thread",
                "members": [{"id": format!("8:{OWN_ID}"), "role": "User"}],
                "properties": {"topic": "Ops metrics", "creator": "8:live:ops", "joiningenabled": "false"},
            }),
        ),
        _ => reply(
            200,
            &json!({"id": GROUP, "type": "Conversation", "threadProperties": {"topic": "Ops metrics"}}),
        ),
    }
}

fn post(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let client_info = request.header("clientinfo").unwrap_or_default();
    let named = [
        "os",
        "osVer",
        "proc",
        "lcid",
        "deviceType",
        "country",
        "clientName",
        "clientVer",
    ];
    let is_client = named.iter().all(|name| {
        client_info
            .split("; ")
            .any(|part| part.starts_with(&format!("{name}=")))
    });
    let (format, content, client_id) = (text("messagetype"), text("content"), text("clientmessageid"));
    let (Some(format), Some(content), Some(client_id)) = (format, content, client_id) else {
        return error(400, 201, "Malformed request body");
    };
    if !is_client
        || text("contenttype").as_deref() != Some("text")
        || !matches!(format.as_str(), "Text" | "RichText")
        || !matches!(text("Has-Mentions").as_deref(), None | Some("true" | "false"))
    {
        return error(400, 201, "Malformed request");
    }
    match group(request).as_deref() {
        Some(GROUP) => {}
        Some(FOREIGN_GROUP) => return error(403, 0, "User is not a member of the thread"),
        _ => return error(404, 0, "Conversation not found"),
    }
    let arrival = state.now().as_millisecond() + state.messages.len() as i64;
    state.messages.push(GroupMessage {
        format,
        content,
        from: text("imdisplayname"),
        client_id,
        id: arrival.to_string(),
    });
    let location = format!("{}{}/{arrival}", base(shared, request, request.role), request.path);
    with(
        reply(201, &json!({"OriginalArrivalTime": arrival})),
        "location",
        &location,
    )
}

/// The group in `.../conversations/<group>/messages` or `.../threads/<group>`.
fn group(request: &Recorded) -> Option<String> {
    let mut pieces = request
        .path
        .split('/')
        .skip_while(|piece| !matches!(*piece, "conversations" | "threads"));
    Some(pieces.nth(1)?.replace("%3A", ":").replace("%40", "@"))
}

/// The address of a service, for a client that knows it by its real name or by its port.
fn base(shared: &Shared, request: &Recorded, role: Role) -> String {
    match request.header("host") == Some(request.role.host()) {
        true => format!("https://{}", role.host()),
        false => shared.url(role),
    }
}

fn fault(code: &str, reason: &str) -> Response {
    xml(&format!(
        "<S:Fault><faultcode>{code}</faultcode><faultstring>{reason}</faultstring></S:Fault>\
         <psf:pp xmlns:psf=\"http://schemas.microsoft.com/Passport/SoapServices/SOAPFault\">\
         <psf:reqstatus>0x80048821</psf:reqstatus><psf:errorstatus>0x80041012</psf:errorstatus></psf:pp>"
    ))
}

/// Refusals have status 200 too.
fn xml(body: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><S:Envelope \
         xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>{body}</S:Body></S:Envelope>"
    );
    with(
        Response::new(Body::from(body)),
        "content-type",
        "text/xml; charset=utf-8",
    )
}

fn error(status: u16, code: i64, message: &str) -> Response {
    reply(status, &json!({"errorCode": code, "message": message}))
}

fn reply(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status.try_into().unwrap();
    with(response, "content-type", "application/json; charset=utf-8")
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}
