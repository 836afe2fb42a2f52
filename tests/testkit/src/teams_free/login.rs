//! Microsoft's sign-in: device codes, and refresh tokens that rotate.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::json;

use crate::exchange::{Reply, Request};

/// The program that tokens are given to.
pub const CLIENT: &str = "4b3e8f46-56d3-427f-b1e2-d239b2ea6bca";
const SCOPE: &str = "service::api.fl.spaces.skype.com::MBI_SSL openid profile offline_access";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What the person with the code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Person {
    /// Signs in at once.
    #[default]
    SignsIn,
    /// Signs in after so many questions.
    SignsInAfter(u32),
    /// The same, but it is asked too often meanwhile.
    SignsInAfterSlowDown(u32),
    Declines,
    /// Does nothing until the code has expired.
    Sleeps,
    /// Does nothing, for ever.
    Waits,
}

pub struct Login {
    /// For how many seconds a token is good after its successor was issued; negative: for ever.
    pub grace: i64,
    pub person: Person,
    /// Whether a token that comes again after that ends the sign-in.
    pub ends_on_reuse: bool,
    issued: Vec<String>,
    codes: HashSet<String>,
    refresh: Vec<Refresh>,
    access: HashSet<String>,
}

struct Refresh {
    token: String,
    /// When its successor was issued.
    used: Option<Timestamp>,
    ended: bool,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            grace: 3600 * 48,
            person: Person::default(),
            ends_on_reuse: false,
            issued: Vec::new(),
            codes: HashSet::new(),
            refresh: Vec::new(),
            access: HashSet::new(),
        }
    }
}

impl Login {
    pub fn issued(&self) -> Vec<String> {
        self.issued.clone()
    }

    /// A first refresh token.
    pub fn sign_in(&mut self) -> String {
        let token = self.issue("M.C5_BL2.0.U.-C");
        self.refresh.push(Refresh {
            token: token.clone(),
            used: None,
            ended: false,
        });
        token
    }

    pub fn end_all(&mut self) {
        self.refresh.iter_mut().for_each(|it| it.ended = true);
    }

    pub fn refuse_newest(&mut self) {
        self.refresh.last_mut().unwrap().ended = true;
    }

    pub fn is_access(&self, token: &str) -> bool {
        self.access.contains(token)
    }

    pub fn device_code(&mut self, request: &Request) -> Reply {
        if let Some(refusal) = malformed(request, &[("client_id", CLIENT), ("scope", SCOPE)]) {
            return refusal;
        }
        let code = self.issue("DAQABIQEAAAB");
        self.codes.insert(code.clone());
        let life = if self.person == Person::Sleeps { 2 } else { 900 };
        Reply::json(
            200,
            &json!({
                "user_code": "A1B2C3D4", "device_code": code, "verification_uri": "https://www.microsoft.com/link",
                "expires_in": life, "interval": 1, "message": "To sign in, use a web browser to open the page ...",
            }),
        )
    }

    /// Tokens for a device code or a refresh token.
    pub fn tokens(&mut self, now: Timestamp, request: &Request) -> Reply {
        let form = request.form();
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        match field("grant_type") {
            DEVICE_GRANT => {
                if let Some(refusal) = malformed(request, &[("client_id", CLIENT)]) {
                    return refusal;
                }
                if !self.codes.contains(field("device_code")) {
                    return refused(400, "invalid_grant", 70_000);
                }
                let (next, pending) = match self.person {
                    Person::SignsIn | Person::SignsInAfter(0) | Person::SignsInAfterSlowDown(0) => {
                        (Person::SignsIn, None)
                    }
                    Person::SignsInAfter(n) => (Person::SignsInAfter(n - 1), Some("authorization_pending")),
                    Person::SignsInAfterSlowDown(n) => (Person::SignsInAfterSlowDown(n - 1), Some("slow_down")),
                    Person::Declines => (Person::Declines, Some("authorization_declined")),
                    Person::Sleeps => (Person::Sleeps, Some("expired_token")),
                    Person::Waits => (Person::Waits, Some("authorization_pending")),
                };
                self.person = next;
                if let Some(error) = pending {
                    return refused(400, error, 70_016);
                }
                self.codes.remove(field("device_code"));
            }
            "refresh_token" => {
                if let Some(refusal) = malformed(request, &[("client_id", CLIENT), ("scope", SCOPE)]) {
                    return refusal;
                }
                let token = field("refresh_token");
                if !self.is_good(token, now) {
                    if self.ends_on_reuse {
                        self.end_all();
                    }
                    return refused(400, "invalid_grant", 70_000);
                }
                let mut known = self.refresh.iter_mut();
                let used = known.find(|known| known.token == token).unwrap();
                used.used.get_or_insert(now);
            }
            _ => return refused(400, "unsupported_grant_type", 70_003),
        }
        let refresh = self.sign_in();
        let access = self.issue("EwA4A+pv");
        self.access.insert(access.clone());
        Reply::json(
            200,
            &json!({
                "token_type": "Bearer", "scope": SCOPE, "expires_in": 3600, "access_token": access,
                "refresh_token": refresh,
            }),
        )
    }

    /// A new text with a bit of everything that has to be escaped in a form.
    fn issue(&mut self, kind: &str) -> String {
        let text = format!("{kind}*{:04}!DQ+x/y$$", self.issued.len());
        self.issued.push(text.clone());
        text
    }

    fn is_good(&self, token: &str, now: Timestamp) -> bool {
        let mut known = self.refresh.iter();
        let Some(known) = known.find(|known| known.token == token) else {
            return false;
        };
        let within = |used: Timestamp| self.grace < 0 || now.as_second() - used.as_second() < self.grace;
        !known.ended && known.used.is_none_or(within)
    }
}

/// What is wrong with a form, if anything is.
fn malformed(request: &Request, fields: &[(&str, &str)]) -> Option<Reply> {
    let form = request.form();
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return Some(refused(400, "invalid_request", 900_144));
    }
    fields.iter().find_map(|(name, value)| {
        let error = if *name == "scope" {
            "invalid_scope"
        } else {
            "unauthorized_client"
        };
        (form.get(*name).map(String::as_str) != Some(*value)).then(|| refused(400, error, 70_011))
    })
}

fn refused(status: u16, error: &str, number: i64) -> Reply {
    Reply::json(
        status,
        &json!({
            "error": error, "error_description": format!("AADSTS{number}: ..."), "error_codes": [number],
            "trace_id": "00000000-0000-0000-0000-000000000000",
        }),
    )
}
