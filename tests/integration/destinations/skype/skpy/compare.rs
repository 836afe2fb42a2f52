//! Two clients' requests, taken apart as the protocol reads them, and compared piece by piece.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};
use serde_json::Value;
use testkit::skype::{Recorded, Step};
use url::form_urlencoded;

/// Headers that belong to the HTTP library and to how the body happens to be written; the parsed body is compared.
const OF_THE_LIBRARY: [&str; 4] = ["accept", "accept-encoding", "connection", "content-length"];

/// Every difference that is meant to be: what ours is, where that is known, and why. One that does not occur any more
/// is an error too.
pub const INTENDED: [(Difference, Option<&str>, &str); 4] = [
    (
        all("header user-agent"),
        Some(concat!("hourly-update/", env!("CARGO_PKG_VERSION"))),
        "we say who we are; SkPy says SkPy",
    ),
    (
        all("header host"),
        None,
        "the same services under other addresses: SkPy keeps the real names, we are told the loopback ones",
    ),
    (
        only(Step::SignIn, "header content-type"),
        Some("text/xml; charset=utf-8"),
        "SkPy sends none, and with text/xml hand-made requests went through where SkPy's did not",
    ),
    (
        only(Step::Post, "json clientmessageid"),
        None,
        "SkPy takes the time of sending; ours is of report, destination and as of, so that a repeat has the same",
    ),
];

/// A piece of a request that differs: in one step, or in all of them.
pub type Difference = (Option<Step>, &'static str);

const fn all(piece: &'static str) -> Difference {
    (None, piece)
}

const fn only(step: Step, piece: &'static str) -> Difference {
    (Some(step), piece)
}

/// Fails for every difference that is not intended, and for every intended one that is none.
pub fn assert_alike(theirs: &[Recorded], ours: &[Recorded]) {
    let steps = |requests: &[Recorded]| requests.iter().map(|it| (it.step, it.role)).collect::<Vec<_>>();
    assert_eq!(steps(ours), steps(theirs), "the same steps at the same services");

    let mut unlisted = Vec::new();
    let mut seen = BTreeSet::new();
    for (their, our) in theirs.iter().zip(ours) {
        let (theirs, ours) = (pieces(their), pieces(our));
        let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        for name in names.into_iter().filter(|name| theirs.get(*name) != ours.get(*name)) {
            let value = ours.get(name).map(String::as_str);
            let listed = |(step, piece): Difference| step.is_none_or(|step| step == our.step) && piece == name;
            let meant = |it: &(Difference, Option<&str>, &str)| listed(it.0) && (it.1.is_none() || it.1 == value);
            match INTENDED.iter().position(meant) {
                Some(at) => {
                    seen.insert(at);
                }
                None => unlisted.push(format!(
                    "{:?}: {name}: theirs {:?}, ours {:?}",
                    our.step,
                    theirs.get(name),
                    ours.get(name)
                )),
            }
        }
    }
    assert!(
        unlisted.is_empty(),
        "differences that nobody meant:\n{}",
        unlisted.join("\n")
    );
    for (at, (difference, _, reason)) in INTENDED.iter().enumerate() {
        assert!(
            seen.contains(&at),
            "there is no such difference any more: {difference:?} ({reason})"
        );
    }
}

/// What a request says, piece by piece. The stand-ins issue the same tokens in the same order, so these are compared too.
fn pieces(request: &Recorded) -> BTreeMap<String, String> {
    let mut pieces = BTreeMap::from([
        ("method".into(), request.method.clone()),
        ("path".into(), request.path.clone()),
        ("query".into(), request.query.clone().unwrap_or_default()),
    ]);
    for (name, value) in request
        .headers
        .iter()
        .filter(|(name, _)| !OF_THE_LIBRARY.contains(&name.as_str()))
    {
        pieces.insert(format!("header {name}"), value.clone());
    }
    let body = std::str::from_utf8(&request.body).expect("all bodies are UTF-8");
    match request.step {
        Step::SignIn => {
            let document = Document::parse(body.trim()).unwrap();
            flatten_xml(document.root_element(), "xml", &mut pieces);
        }
        Step::Exchange => {
            let fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
            pieces.insert("form".into(), names.join(", "));
            pieces.extend(fields.into_iter().map(|(name, value)| (format!("form {name}"), value)));
        }
        _ => {
            let Value::Object(fields) = serde_json::from_str(body).unwrap() else {
                panic!("the body is no JSON object: {body}");
            };
            for (name, value) in fields {
                // The kind of value matters as well: the id is a text, not a number.
                let kind = if value.is_string() { "text" } else { "other" };
                pieces.insert(format!("kind of json {name}"), kind.into());
                pieces.insert(format!("json {name}"), value.to_string());
            }
        }
    }
    pieces
}

/// Elements by their place, with namespace, attributes and text; white space between elements says nothing.
fn flatten_xml(node: Node<'_, '_>, place: &str, pieces: &mut BTreeMap<String, String>) {
    let place = format!("{place}/{}", node.tag_name().name());
    let mut attributes: Vec<_> = node
        .attributes()
        .map(|it| format!("{}={}", it.name(), it.value()))
        .collect();
    attributes.sort();
    let text = node
        .text()
        .filter(|_| !node.children().any(|child| child.is_element()))
        .unwrap_or_default();
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let told = format!("{{{namespace}}} {} {text:?}", attributes.join(" "));
    assert_eq!(pieces.insert(place.clone(), told), None, "{place} stands there twice");
    node.children()
        .filter(Node::is_element)
        .for_each(|child| flatten_xml(child, &place, pieces));
}
