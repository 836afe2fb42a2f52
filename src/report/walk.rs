//! Walking the tree: a [`Cursor`] stands on a node, knows its path, and notes what is wrong there.
//!
//! A reader that finds a mistake notes it and goes on: it returns `None`, or continues with a default in the place of
//! what it could not read. That is safe because a config with a noted problem is never handed out.

use std::{cell::RefCell, collections::HashSet, fmt};

use super::{
    problem::{Position, Problem, quote},
    tree::{MapKey, Node, Value},
};

/// The state that the whole walk shares: the environment, and what was noted so far.
pub struct Walk<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    problems: RefCell<Vec<Problem>>,
    advice: RefCell<Vec<Problem>>,
}

impl<'a> Walk<'a> {
    /// A walk that takes variables from `env`.
    pub fn new(env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            env,
            problems: RefCell::default(),
            advice: RefCell::default(),
        }
    }

    /// A cursor on the root of a tree.
    pub fn start(&'a self, root: &'a Node) -> Cursor<'a> {
        Cursor {
            walk: self,
            node: root,
            path: String::new(),
        }
    }

    /// The mistakes that were noted, and the advice.
    pub fn into_notes(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.problems.into_inner(), self.advice.into_inner())
    }
}

/// A node, the path to it, and the walk that it is part of.
#[derive(Clone)]
pub struct Cursor<'a> {
    walk: &'a Walk<'a>,
    node: &'a Node,
    path: String,
}

impl<'a> Cursor<'a> {
    /// Notes that something is wrong with this node.
    pub fn wrong(&self, message: impl fmt::Display) {
        self.wrong_at(self.node.at, message);
    }

    /// Notes that this node is no mistake, but would be better written differently.
    pub fn advise(&self, message: impl fmt::Display) {
        let advice = self.problem(self.node.at, message);
        self.walk.advice.borrow_mut().push(advice);
    }

    /// Notes that something is wrong with this node, at a place of its own.
    pub fn wrong_at(&self, at: Position, message: impl fmt::Display) {
        let problem = self.problem(at, message);
        self.walk.problems.borrow_mut().push(problem);
    }

    fn problem(&self, at: Position, message: impl fmt::Display) -> Problem {
        Problem {
            at,
            path: self.path.clone(),
            message: message.to_string(),
        }
    }

    /// Notes that what is here is something else than `what`.
    pub fn expected<T>(&self, what: impl fmt::Display) -> Option<T> {
        self.wrong(format!("found {}; expected {what}", self.node.value));
        None
    }

    /// The value here.
    pub fn value(&self) -> &'a Value {
        &self.node.value
    }

    /// The environment's variables, by name.
    pub fn env(&self) -> &'a dyn Fn(&str) -> Option<String> {
        self.walk.env
    }

    /// The items of a list.
    pub fn items(&self) -> Option<Vec<Cursor<'a>>> {
        let Value::List(items) = &self.node.value else {
            return self.expected("a list");
        };
        let cursor = |(index, node)| Cursor {
            walk: self.walk,
            node,
            path: format!("{}[{index}]", self.path),
        };
        Some(items.iter().enumerate().map(cursor).collect())
    }

    /// The entries of a mapping whose keys are names that the user chose, and not repeated.
    pub fn entries(&self) -> Option<Vec<(&'a str, Cursor<'a>)>> {
        let Value::Map(entries) = &self.node.value else {
            return self.expected("a mapping, `name: value`");
        };
        let mut seen = HashSet::new();
        let unrepeated = entries.iter().filter(|(key, _)| {
            let first = seen.insert(key.text.as_str());
            if !first {
                self.wrong_at(key.at, format!("{} is there twice; expected once", quote(&key.text)));
            }
            first
        });
        Some(
            unrepeated
                .map(|(key, node)| (key.text.as_str(), self.child(key, node)))
                .collect(),
        )
    }

    /// All keys of a mapping, with their places; of anything else, none.
    pub fn keys(&self) -> impl Iterator<Item = &'a MapKey> {
        let entries = match &self.node.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, _)| key)
    }

    /// Whether one of the mappings in this list has one of the keys. Notes nothing.
    pub fn any_item_has(&self, is_key: impl Fn(&str) -> bool) -> bool {
        let Value::List(items) = &self.node.value else {
            return false;
        };
        let mut entries = items.iter().flat_map(|item| match &item.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        });
        entries.any(|(key, _)| is_key(&key.text))
    }

    fn child(&self, key: &MapKey, node: &'a Node) -> Cursor<'a> {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let key = if key.text.chars().all(plain) && !key.text.is_empty() {
            key.text.clone()
        } else {
            quote(&key.text)
        };
        let path = if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        };
        Cursor {
            walk: self.walk,
            node,
            path,
        }
    }
}
