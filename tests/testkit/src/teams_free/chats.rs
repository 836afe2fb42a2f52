//! Teams: Skype tokens, the list of chats, and the group.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{FOREIGN_GROUP, GROUP, GroupMessage, Role, TOPIC, TeamsFree, USER};
use crate::{
    exchange::{Reply, Request},
    stand_in::Site,
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

    /// Why a request to the chat service is refused, if it is.
    fn refusal(&self, site: &Site<Role>, request: &Request) -> Option<Reply> {
        let token = request.token("authentication", "skypetoken=");
        let until = token.and_then(|token| self.tokens.get(token));
        if until.is_none_or(|until| *until <= site.now().as_second()) {
            return Some(Reply::error(
                401,
                911,
                "Authentication failed: 'skypetoken' ticket failed authentication",
            ));
        }
        None
    }

    /// The first hundred groups, and the others on pages of their own.
    pub fn list(&self, site: &Site<Role>, request: &Request) -> Reply {
        if let Some(refusal) = self.refusal(site, request) {
            return refusal;
        }
        let chat = |(id, topic): (String, String)| json!({"id": id, "type": "Conversation", "threadProperties": {"topic": topic, "threadType": "chat"}});
        let mut all = vec![(GROUP.to_owned(), TOPIC.to_owned())];
        all.extend(self.more_groups.iter().cloned());
        let query = request.query.clone().unwrap_or_default();
        let page: usize = query.strip_prefix("syncState=").map_or(0, |page| page.parse().unwrap());
        let mut conversations: Vec<Value> = all.into_iter().skip(page * 100).take(100).map(chat).collect();
        if page == 0 {
            if !query.contains("view=msnp24Equivalent") {
                return Reply::error(400, 201, "A view is needed");
            }
            // What is no group is listed, too.
            conversations.push(json!({"id": "8:live:someone", "type": "Conversation"}));
            conversations.push(json!({"id": "48:calllogs", "type": "Conversation"}));
        }
        // Real lists hold each chat's last message, so they are long.
        for conversation in &mut conversations {
            conversation["lastMessage"] = json!({"content": "x".repeat(1500)});
        }
        let next = format!("{}{}?syncState={}", site.address(Role::Teams), request.path, page + 1);
        Reply::json(
            200,
            &json!({"conversations": conversations, "_metadata": {"syncState": next}}),
        )
    }

    /// Puts a message into the group.
    pub fn post(&mut self, site: &mut Site<Role>, request: &Request) -> Reply {
        if let Some(refusal) = self.refusal(site, request) {
            return refusal;
        }
        let group = request.path.split('/').rev().nth(1).unwrap_or_default();
        if group.contains([':', '@']) {
            return Reply::error(404, 0, "Not encoded as clients of Teams do");
        }
        let group = group.replace("%3A", ":").replace("%40", "@");
        // Such groups are hidden from whoever does not say that he is a client of Teams Free.
        if request.header("ms-ic3-product") != Some("tfl") && group.ends_with("@thread.skype") {
            return Reply::error(404, 0, "Conversation not found");
        }
        match group.as_str() {
            GROUP => {}
            FOREIGN_GROUP => return Reply::error(404, 0, "User is not a member of the conversation"),
            _ => return Reply::error(404, 0, "Conversation not found"),
        }
        if request.body.len() > LARGEST {
            return Reply::error(413, 1003, "Request too large");
        }
        let body = request.json().unwrap_or_default();
        let Some(message) = GroupMessage::read(&body) else {
            return Reply::error(400, 1000, "Malformed request body");
        };
        let is_json = request.header("content-type") == Some("application/json");
        if !is_json
            || body["contenttype"] != "text"
            || !matches!(message.format.as_str(), "Text" | "RichText/Html")
            || message.client_id.parse::<u64>().is_err()
        {
            return Reply::error(400, 1000, "Malformed request");
        }
        if !self.client_ids.insert(message.client_id.clone()) {
            return Reply::error(409, 8400, "A message with this client id exists");
        }
        let arrival = site.deliver(message);
        let location = format!("{}{}/{arrival}", site.address(Role::Teams), request.path);
        Reply::json(201, &json!({"OriginalArrivalTime": arrival})).with_header("location", location)
    }
}

impl TeamsFree {
    /// A Skype token for an access token.
    pub fn exchange(&mut self, site: &Site<Role>, request: &Request) -> Reply {
        let access = request.token("authorization", "Bearer ");
        if !access.is_some_and(|access| self.login.is_access(access)) {
            return Reply::json(
                401,
                &json!({"status": {"code": 40_120, "text": "Authentication failed. Bad credentials."}}),
            );
        }
        let has_length = request.header("content-length").is_some();
        if !has_length || !(request.body.is_empty() || request.body == b"{}") {
            return Reply::json(
                411,
                &json!({"errorCode": "LengthRequired", "message": "Length Required"}),
            );
        }
        let token = format!("eyJhbGciOi.{:04}.QUJDREVG-SElKS_w", self.chats.issued.len());
        self.chats.issued.push(token.clone());
        let until = site.now().as_second() + self.chats.life.unwrap_or(86_400).max(600);
        self.chats.tokens.insert(token.clone(), until);
        if self.chats.older_shape {
            return Reply::json(
                200,
                &json!({"tokens": {"skypeToken": token, "expiresIn": self.chats.life}}),
            );
        }
        let usual = format!("{}/api/chatsvc/consumer", site.address(Role::Teams));
        Reply::json(
            200,
            &json!({
                "skypeToken": {
                    "skypetoken": token, "expiresIn": self.chats.life, "skypeid": "live:.cid.0123456789abcdef",
                    "signinname": USER, "isBusinessTenant": false,
                },
                "regionGtms": {
                    "chatService": "https://msgapi.teams.live.com",
                    "chatServiceAfd": self.chats.named.clone().unwrap_or(usual),
                    "middleTier": "https://teams.live.com/api/mt",
                },
            }),
        )
    }
}
