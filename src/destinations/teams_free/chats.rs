//! The account's groups, and which of them is meant.

use std::fmt;

use serde_json::Value;
use url::Url;

use super::hosts;

/// A group that the account is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `19:...`
    pub id: String,
    /// The group's name; not every group has one, and several may have the same.
    pub topic: Option<String>,
}

/// The form that a terminal may show.
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.topic {
            Some(topic) => write!(f, "{}  {topic:?}", self.id),
            None => write!(f, "{}  without a name", self.id),
        }
    }
}

/// One page of the list of chats.
#[derive(Debug, Default)]
pub struct Page {
    /// The groups on it.
    pub groups: Vec<Group>,
    /// The address of the next page.
    pub next: Option<Url>,
}

/// The longest id and topic, in bytes: more is not shown.
const LONGEST: usize = 300;

/// The page in an accepted answer. The address of the next one is followed only to where a token may go.
pub fn page(body: &[u8], teams: &Url) -> Result<Page, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON")?;
    let chats = body
        .get("conversations")
        .and_then(Value::as_array)
        .ok_or("the answer holds no list of chats")?;
    let next = body.pointer("/_metadata/syncState").and_then(Value::as_str);
    Ok(Page {
        groups: chats.iter().filter_map(group).collect(),
        next: next.and_then(|next| Url::parse(next).ok()).filter(|next| {
            let mut place = next.clone();
            place.set_query(None);
            hosts::is_allowed(&place, teams)
        }),
    })
}

/// A thread is a group when its id begins with `19:`; the others are persons, bots and the system's own.
fn group(chat: &Value) -> Option<Group> {
    let id = chat.get("id")?.as_str()?;
    let is_id = id.starts_with("19:") && id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_graphic());
    let topic = chat.pointer("/threadProperties/topic").and_then(Value::as_str);
    is_id.then(|| Group {
        id: id.to_owned(),
        topic: topic
            .filter(|topic| !topic.is_empty() && topic.len() <= LONGEST)
            .map(str::to_owned),
    })
}

/// Why it is not clear which group is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} group{} called {wanted:?}; the account is in\n{}", how_many(*.matches), plural(*.matches), list(.groups))]
pub struct Unclear {
    wanted: String,
    matches: usize,
    groups: Vec<Group>,
}

fn how_many(matches: usize) -> String {
    match matches {
        0 => "there is no".into(),
        n => format!("there are {n}"),
    }
}

fn plural(matches: usize) -> &'static str {
    if matches > 1 { "s" } else { "" }
}

/// The groups, one a line.
pub fn list(groups: &[Group]) -> String {
    match groups {
        [] => "  no group at all; invite it, and let it sign in to Teams Free once".into(),
        _ => groups
            .iter()
            .map(|group| format!("  {group}"))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// The group with this id, or else the only one with this topic.
pub fn find(wanted: &str, groups: &[Group]) -> Result<Group, Unclear> {
    if let Some(group) = groups.iter().find(|group| group.id == wanted) {
        return Ok(group.clone());
    }
    let called: Vec<_> = groups
        .iter()
        .filter(|group| group.topic.as_deref() == Some(wanted))
        .collect();
    match called.as_slice() {
        [group] => Ok((*group).clone()),
        _ => Err(Unclear {
            wanted: wanted.to_owned(),
            matches: called.len(),
            groups: groups.to_vec(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::fuzz::{assert_tellable, fuzz_alone};

    fn teams() -> Url {
        Url::parse("https://teams.live.com").unwrap()
    }

    fn answer() -> Value {
        json!({
            "conversations": [
                {"id": "19:aa@thread.skype", "threadProperties": {"topic": "Operations"}},
                {"id": "19:bb@thread.v2", "threadProperties": {"topic": "Lunch"}},
                {"id": "19:cc@thread.v2", "threadProperties": {"topic": "Lunch"}},
                {"id": "19:dd@thread.v2", "threadProperties": {"topic": ""}},
                {"id": "8:live:someone"},
                {"id": "48:calllogs"},
                {"id": 7},
            ],
            "_metadata": {"syncState": "https://teams.live.com/api/chatsvc/consumer/v1/users/ME/conversations?syncState=a"},
        })
    }

    fn groups() -> Vec<Group> {
        page(answer().to_string().as_bytes(), &teams()).unwrap().groups
    }

    #[test]
    fn groups_and_the_next_page_are_read() {
        let ids: Vec<_> = groups().into_iter().map(|group| (group.id, group.topic)).collect();
        let named = |id: &str, topic: &str| (id.to_owned(), Some(topic.to_owned()));
        assert_eq!(
            ids,
            [
                named("19:aa@thread.skype", "Operations"),
                named("19:bb@thread.v2", "Lunch"),
                named("19:cc@thread.v2", "Lunch"),
                ("19:dd@thread.v2".to_owned(), None),
            ]
        );
        let page = page(answer().to_string().as_bytes(), &teams()).unwrap();
        assert_eq!(page.next.unwrap().query(), Some("syncState=a"));
    }

    #[test]
    fn a_token_is_taken_to_no_foreign_page() {
        for next in ["https://evil.example/v1", "nonsense", ""] {
            let mut answer = answer();
            answer["_metadata"]["syncState"] = next.into();
            assert_eq!(
                page(answer.to_string().as_bytes(), &teams()).unwrap().next,
                None,
                "{next}"
            );
        }
    }

    #[test]
    fn a_group_is_found_by_id_or_topic() {
        assert_eq!(find("Operations", &groups()).unwrap().id, "19:aa@thread.skype");
        assert_eq!(
            find("19:cc@thread.v2", &groups()).unwrap().topic.as_deref(),
            Some("Lunch")
        );
    }

    #[test]
    fn none_and_several_list_what_there_is() {
        let all = "  19:aa@thread.skype  \"Operations\"\n  19:bb@thread.v2  \"Lunch\"\n  19:cc@thread.v2  \"Lunch\"\n  \
                   19:dd@thread.v2  without a name";
        let unclear = |wanted: &str| find(wanted, &groups()).unwrap_err().to_string();
        assert_eq!(
            unclear("operations"),
            format!("there is no group called \"operations\"; the account is in\n{all}")
        );
        assert_eq!(
            unclear("Lunch"),
            format!("there are 2 groups called \"Lunch\"; the account is in\n{all}")
        );
        assert!(find("Lunch", &[]).unwrap_err().to_string().contains("no group at all"));
    }

    #[test]
    fn fuzz_list_of_chats() {
        let sample = answer().to_string();
        fuzz_alone("list of chats", &[sample.as_bytes()], |body| {
            match page(body, &teams()) {
                Err(error) => assert_tellable(error, &[]),
                Ok(page) => {
                    for group in &page.groups {
                        assert_tellable(&group.to_string(), &[]);
                        assert_eq!(find(&group.id, &page.groups).unwrap().id, group.id);
                    }
                }
            }
        });
    }
}
