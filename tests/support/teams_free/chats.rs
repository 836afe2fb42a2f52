//! Teams: Skype tokens, the list of chats, and the group.

use std::collections::{HashMap, HashSet};

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    FOREIGN_GROUP, GROUP, Message, Recorded, Role, Shared, State, TOPIC, USER,
    server::{error, reply},
};

/// More than this is too large: no official number is known.
const LARGEST: usize = 28 * 1024;

pub struct Chats {
    /// What is said of the life of tokens.
    pub life: Option<i64>,
    pub older_shape: bool,
    /// What is named as the chat service instead of the right one.
    pub named: Option<String>,
    pub more_groups: Vec<(String, String)>,
    issued: Vec<String>,
    /// Good until, in Unix seconds.
    tokens: HashMap<String, i64>,
    /// Ids of messages that the group has.
    client_ids: HashSet<String>,
}

impl Default for Chats {
    fn default() -> Self {
        Self {
            life: Some(86_397),
            older_shape: false,
            named: None,
            more_groups: Vec::new(),
            issued: Vec::new(),
            tokens: HashMap::new(),
            client_ids: HashSet::new(),
        }
    }
}

impl Chats {
    pub fn issued(&self) -> Vec<String> {
        self.issued.clone()
    }

    pub fn revoke_tokens(&mut self) {
        self.tokens.clear();
    }
}

pub fn exchange(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    let access = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    if !access.is_some_and(|access| state.login.is_access(access)) {
        return reply(
            401,
            &json!({"status": {"code": 40_120, "text": "Authentication failed. Bad credentials."}}),
        );
    }
    let has_length = request.header("content-length").is_some();
    if !has_length || !(request.body.is_empty() || request.body == b"{}") {
        return reply(
            411,
            &json!({"errorCode": "LengthRequired", "message": "Length Required"}),
        );
    }
    let token = format!("eyJhbGciOi.{:04}.QUJDREVG-SElKS_w", state.chats.issued.len());
    state.chats.issued.push(token.clone());
    let until = state.now().as_second() + state.chats.life.unwrap_or(86_400).max(600);
    state.chats.tokens.insert(token.clone(), until);
    if state.chats.older_shape {
        return reply(
            200,
            &json!({"tokens": {"skypeToken": token, "expiresIn": state.chats.life}}),
        );
    }
    let usual = format!("{}/api/chatsvc/consumer", shared.url(Role::Teams));
    reply(
        200,
        &json!({
            "skypeToken": {
                "skypetoken": token, "expiresIn": state.chats.life, "skypeid": "live:.cid.0123456789abcdef",
                "signinname": USER, "isBusinessTenant": false,
            },
            "regionGtms": {
                "chatService": "https://msgapi.teams.live.com",
                "chatServiceAfd": state.chats.named.clone().unwrap_or(usual),
                "middleTier": "https://teams.live.com/api/mt",
            },
        }),
    )
}

/// Why a request to the chat service is refused, if it is.
fn refusal(state: &State, request: &Recorded) -> Option<Response> {
    let token = request
        .header("authentication")
        .and_then(|value| value.strip_prefix("skypetoken="));
    let until = token.and_then(|token| state.chats.tokens.get(token));
    if until.is_none_or(|until| *until <= state.now().as_second()) {
        return Some(error(
            401,
            911,
            "Authentication failed: 'skypetoken' ticket failed authentication",
        ));
    }
    None
}

/// The first hundred groups, and the others on pages of their own.
pub fn list(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    if let Some(refusal) = refusal(state, request) {
        return refusal;
    }
    let chat = |(id, topic): (String, String)| json!({"id": id, "type": "Conversation", "threadProperties": {"topic": topic, "threadType": "chat"}});
    let mut all = vec![(GROUP.to_owned(), TOPIC.to_owned())];
    all.extend(state.chats.more_groups.iter().cloned());
    let query = request.query.clone().unwrap_or_default();
    let page: usize = query.strip_prefix("syncState=").map_or(0, |page| page.parse().unwrap());
    let mut conversations: Vec<Value> = all.into_iter().skip(page * 100).take(100).map(chat).collect();
    if page == 0 {
        if !query.contains("view=msnp24Equivalent") {
            return error(400, 201, "A view is needed");
        }
        // What is no group is listed, too.
        conversations.push(json!({"id": "8:live:someone", "type": "Conversation"}));
        conversations.push(json!({"id": "48:calllogs", "type": "Conversation"}));
    }
    // Real lists hold each chat's last message, so they are long.
    for conversation in &mut conversations {
        conversation["lastMessage"] = json!({"content": "x".repeat(1500)});
    }
    let next = format!("{}{}?syncState={}", shared.url(Role::Teams), request.path, page + 1);
    reply(
        200,
        &json!({"conversations": conversations, "_metadata": {"syncState": next}}),
    )
}

pub fn post(state: &mut State, shared: &Shared, request: &Recorded) -> Response {
    if let Some(refusal) = refusal(state, request) {
        return refusal;
    }
    let group = request.path.split('/').rev().nth(1).unwrap_or_default();
    if group.contains([':', '@']) {
        return error(404, 0, "Not encoded as clients of Teams do");
    }
    let group = group.replace("%3A", ":").replace("%40", "@");
    // Such groups are hidden from whoever does not say that he is a client of Teams Free.
    if request.header("ms-ic3-product") != Some("tfl") && group.ends_with("@thread.skype") {
        return error(404, 0, "Conversation not found");
    }
    match group.as_str() {
        GROUP => {}
        FOREIGN_GROUP => return error(404, 0, "User is not a member of the conversation"),
        _ => return error(404, 0, "Conversation not found"),
    }
    if request.body.len() > LARGEST {
        return error(413, 1003, "Request too large");
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(format), Some(content), Some(client_id)) =
        (text("messagetype"), text("content"), text("clientmessageid"))
    else {
        return error(400, 1000, "Malformed request body");
    };
    let is_json = request.header("content-type") == Some("application/json");
    if !is_json
        || text("contenttype").as_deref() != Some("text")
        || !matches!(format.as_str(), "Text" | "RichText/Html")
        || client_id.parse::<u64>().is_err()
    {
        return error(400, 1000, "Malformed request");
    }
    if !state.chats.client_ids.insert(client_id.clone()) {
        return error(409, 8400, "A message with this client id exists");
    }
    let arrival = state.now().as_millisecond() + state.messages.len() as i64;
    state.messages.push(Message {
        format,
        content,
        from: text("imdisplayname"),
        client_id,
        id: arrival.to_string(),
    });
    let location = format!("{}{}/{arrival}", shared.url(Role::Teams), request.path);
    let mut response = reply(201, &json!({"OriginalArrivalTime": arrival}));
    response.headers_mut().insert("location", location.parse().unwrap());
    response
}
