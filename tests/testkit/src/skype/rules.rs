//! What Skype's services answer, and what they refuse.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    FOREIGN_GROUP, GROUP, GroupMessage, Home, OWN_ID, PASSWORD, Recorded, Registration, Role, Skype, Step, USER,
    lock_and_key,
};
use crate::{
    exchange::{Reply, Request},
    stand_in::{Services, Site},
};

const ENDPOINT: &str = "c1d4ecb0-c54f-4728-8825-9a7211ee8cde";
/// How wrong a client's clock may be, in seconds.
const TOLERANCE: i64 = 600;

impl Services for Skype {
    type Role = Role;
    type Step = Step;

    const ROLES: &'static [Role] = &Role::ALL;

    fn step(role: Role, request: &Request) -> Step {
        Step::of(role, request)
    }

    fn reply(&mut self, site: &mut Site<Role>, request: &Recorded) -> Reply {
        match request.step {
            Step::SignIn => self.sign_in(request),
            Step::Exchange => self.exchange(request),
            Step::Profile => self.profile(request),
            Step::Register => self.register(site, request),
            Step::Presence | Step::LookUp | Step::Post => match self.registration_refusal(request) {
                Some(refusal) => refusal,
                None if request.step == Step::Post => post(site, request),
                None => look_up(request),
            },
            Step::Unknown => Reply::error(404, 0, "No HTTP resource was found"),
        }
    }
}

impl Skype {
    fn sign_in(&mut self, request: &Request) -> Reply {
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
        let ticket = format!("t={}&p=", self.issue("Ticket"));
        self.tickets.insert(ticket.clone());
        xml(&format!(
            "<wst:RequestSecurityTokenResponseCollection xmlns:wst=\"http://schemas.xmlsoap.org/ws/2004/04/trust\">\
         <wst:RequestSecurityTokenResponse><wst:RequestedSecurityToken>\
         <wsse:BinarySecurityToken xmlns:wsse=\"http://schemas.xmlsoap.org/ws/2003/06/secext\" Id=\"Compact0\">{}\
         </wsse:BinarySecurityToken></wst:RequestedSecurityToken></wst:RequestSecurityTokenResponse>\
         </wst:RequestSecurityTokenResponseCollection>",
            ticket.replace('&', "&amp;")
        ))
    }

    fn profile(&self, request: &Request) -> Reply {
        match request
            .header("x-skypetoken")
            .is_some_and(|token| self.tokens.contains(token))
        {
            true => Reply::json(
                200,
                &json!({"username": OWN_ID, "firstname": "Metrics", "lastname": "Bot"}),
            ),
            false => Reply::json(
                401,
                &json!({"status": {"code": 40120, "text": "Authentication failed."}}),
            ),
        }
    }

    fn exchange(&mut self, request: &Request) -> Reply {
        let form = request.form();
        let field = |name: &str| form.get(name).map(String::as_str);
        let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
        if !is_form || field("partner") != Some("999") || field("scopes") != Some("client") {
            return Reply::json(400, &json!({"status": {"code": 40000, "text": "Bad request"}}));
        }
        if !field("access_token").is_some_and(|ticket| self.tickets.contains(ticket)) {
            return Reply::json(
                401,
                &json!({"status": {"code": 40120, "text": "Authentication failed. Bad credentials."}}),
            );
        }
        let token = format!("eyJhbGciOi.{}", self.issue("Skype"));
        self.tokens.insert(token.clone());
        let mut body = json!({"skypetoken": token, "skypeid": OWN_ID, "signinname": USER, "isBusinessTenant": false});
        if let Some(life) = self.life() {
            body["expiresIn"] = life.into();
        }
        Reply::json(200, &body)
    }

    fn register(&mut self, site: &Site<Role>, request: &Recorded) -> Reply {
        if !request.json().is_some_and(|body| body.is_object()) {
            return Reply::error(400, 201, "Malformed request body");
        }
        if !is_lock_and_key(request.header("lockandkey").unwrap_or_default(), site.now().as_second()) {
            return Reply::error(403, 207, "LockAndKey verification failed");
        }
        let token = request.token("authentication", "skypetoken=");
        if !token.is_some_and(|token| self.tokens.contains(token)) {
            return Reply::error(
                401,
                911,
                "Authentication failed: 'skypetoken' ticket failed authentication",
            );
        }
        let (here, there) = match request.role {
            Role::OtherGateway => (Home::Other, Role::Gateway),
            _ => (Home::First, Role::OtherGateway),
        };
        if self.home != here {
            let location = format!("{}/v1/users/ME/endpoints", base(site, request, there));
            let status = if request.header("behavioroverride") == Some("redirectAs404") {
                404
            } else {
                301
            };
            return Reply::error(status, 752, "User is in a different cloud").with_header("location", location);
        }
        let token = self.issue("Registration");
        let registration = Registration {
            role: request.role,
            is_expired: false,
        };
        self.registrations.insert(token.clone(), registration);
        let location = format!(
            "{}/v1/users/ME/endpoints/%7B{ENDPOINT}%7D",
            base(site, request, request.role)
        );
        let expires = self
            .life()
            .map(|life| format!("expires={}; ", site.now().as_second() + life));
        let expires = expires.unwrap_or_default();
        let set = format!("registrationToken={token}; {expires}endpointId={{{ENDPOINT}}}");
        Reply::json(201, &json!({}))
            .with_header("location", location)
            .with_header("set-registrationtoken", set)
    }

    /// Why the registration token of a request is no good, if it is not.
    fn registration_refusal(&self, request: &Recorded) -> Option<Reply> {
        let token = request.token("registrationtoken", "registrationToken=");
        match token.and_then(|token| self.registrations.get(token)) {
            None => Some(Reply::error(401, 911, "Authentication failed")),
            Some(registration) if registration.is_expired => Some(Reply::error(
                403,
                0,
                "Registration token expired, and no skype ticket was provided",
            )),
            Some(registration) if registration.role != request.role => {
                Some(Reply::error(404, 729, "Must create an endpoint first"))
            }
            Some(_) => None,
        }
    }
}

fn is_lock_and_key(header: &str, now: i64) -> bool {
    let parts: HashMap<_, _> = header.split("; ").filter_map(|part| part.split_once('=')).collect();
    let part = |name| parts.get(name).copied().unwrap_or_default();
    let time = part("time");
    part("appId") == lock_and_key::APP_ID
        && time.parse::<i64>().is_ok_and(|time| (time - now).abs() <= TOLERANCE)
        && part("lockAndKeyResponse") == lock_and_key::response(time)
}

fn look_up(request: &Recorded) -> Reply {
    match (request.step, request.method.as_str()) {
        (Step::Presence, "GET") => {
            let host = request.role.host();
            let link = format!("https://{host}/v1/users/ME/endpoints/%7B{ENDPOINT}%7D/presenceDocs/messagingService");
            Reply::json(200, &json!({"endpointPresenceDocs": [{"link": link}]}))
        }
        (Step::Presence, _) => Reply::json(200, &json!({})),
        _ if group(request) != Some(GROUP.into()) => Reply::error(404, 0, "Not found"),
        _ if request.path.contains("/threads/") => Reply::json(
            200,
            &json!({
                "id": GROUP, "type": "Thread",
                "members": [{"id": format!("8:{OWN_ID}"), "role": "User"}],
                "properties": {"topic": "Ops metrics", "creator": "8:live:ops", "joiningenabled": "false"},
            }),
        ),
        _ => Reply::json(
            200,
            &json!({"id": GROUP, "type": "Conversation", "threadProperties": {"topic": "Ops metrics"}}),
        ),
    }
}

fn post(site: &mut Site<Role>, request: &Recorded) -> Reply {
    let body = request.json().unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
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
    let Some(message) = GroupMessage::read(&body) else {
        return Reply::error(400, 201, "Malformed request body");
    };
    if !is_client
        || text("contenttype") != Some("text")
        || !matches!(message.format.as_str(), "Text" | "RichText")
        || !matches!(text("Has-Mentions"), None | Some("true" | "false"))
    {
        return Reply::error(400, 201, "Malformed request");
    }
    match group(request).as_deref() {
        Some(GROUP) => {}
        Some(FOREIGN_GROUP) => return Reply::error(403, 0, "User is not a member of the thread"),
        _ => return Reply::error(404, 0, "Conversation not found"),
    }
    let arrival = site.deliver(message);
    let location = format!("{}{}/{arrival}", base(site, request, request.role), request.path);
    Reply::json(201, &json!({"OriginalArrivalTime": arrival})).with_header("location", location)
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
fn base(site: &Site<Role>, request: &Recorded, role: Role) -> String {
    match request.header("host") == Some(request.role.host()) {
        true => format!("https://{}", role.host()),
        false => site.address(role),
    }
}

fn fault(code: &str, reason: &str) -> Reply {
    xml(&format!(
        "<S:Fault><faultcode>{code}</faultcode><faultstring>{reason}</faultstring></S:Fault>\
         <psf:pp xmlns:psf=\"http://schemas.microsoft.com/Passport/SoapServices/SOAPFault\">\
         <psf:reqstatus>0x80048821</psf:reqstatus><psf:errorstatus>0x80041012</psf:errorstatus></psf:pp>"
    ))
}

/// Refusals have status 200 too.
fn xml(body: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><S:Envelope \
         xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>{body}</S:Body></S:Envelope>"
    );
    Reply::new(200, body).with_header("content-type", "text/xml; charset=utf-8")
}
