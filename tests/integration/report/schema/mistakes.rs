//! Every mistake in tests/fixtures/config/*.bad.yaml is refused by the schema at its place, but for those that no schema
//! can tell.

use hourly_update::{app::Configured, report::Problem};

use super::{document, refused_by_schema};
use crate::report::{env as environment, fixtures};

/// Fixtures that are no YAML document, so that an editor tells the mistake before it knows the schema.
const NOT_YAML: [&str; 4] = ["alias-bomb", "not-utf8", "not-yaml", "several-documents"];

/// Mistakes that the schema lets pass, as parts of `fixture: path: message`, and why.
const LET_PASS: &[(&str, &[&str])] = &[
    (
        "one value is compared with another one, and a schema sees each by itself",
        &[
            "accounts.other.role: is in account 222233334444, but \"id\" is 111122223333",
            "\"role\" is missing, and the function's own account is already \"own\"",
            "is not under \"accounts\"",
            "shares its session with another user's destination",
            "keeps its session in another destination's secret",
            "keeps its session in a secret that holds credentials",
            "keeps its sign-in in another destination's secret",
            "another destination is called \"same\" too",
            "another section is called \"Same\" too",
            "has a period of 3600 s, this metric one of 60 s",
            "settles after 900 s, this metric after 120 s",
            "is an expression; expected a statistic",
            "is itself absent when there is nothing to count",
            "only a Sum of 0 tells that there was no traffic",
            "settle (3600 s) and widen_by (3601 s) reach 7201 s back",
            "is the id of another metric of this section",
            "is no id of this section",
            "is this metric itself",
            "before the inputs have settled",
        ],
    ),
    (
        "metric math is a language of its own",
        &[
            "fills all that it reads",
            "mixes periods",
            "uses METRICS()",
            "does not close a bracket",
            "refers to itself, directly or through others",
            // whether an expression needs it is told by its FILL
            "liveness: sections[0].metrics[18].liveness: is of no use",
        ],
    ),
    (
        "a text that is filled in from the environment is not known to the editor",
        &[
            "from the environment, where",
            "(filled in: 28 characters)",
            "(filled in: 23 characters)",
            "environment: destinations[0].secret: is not the name or ARN",
            "environment: destinations[0].hosts.login: is not a base URL",
            "without a variable's name and \"}\" after it",
        ],
    ),
    (
        "a duration has many notations, and a schema cannot add its parts",
        &[
            "10801 s is out of range",
            "0 s is out of range",
            "120 s is out of range",
            "\"1.5s\" is not a duration in whole seconds",
        ],
    ),
    (
        "a URL has many notations that come to the same",
        &[
            "destinations[8].hosts.teams: is not a base URL",
            "destinations[14].hosts.login: is not a base URL",
            "destinations[14].hosts.edge: is not a base URL",
            "destinations[14].hosts.messages: is not a base URL",
        ],
    ),
    (
        "an account id without quotes is a number, whose leading zeros an editor does not see",
        &["11112222333 is not an AWS account id"],
    ),
    (
        "a mapping with a repeated key is a mistake of YAML, which editors tell by themselves",
        &["is there twice"],
    ),
];

/// Whether a violation, `path: message` as the validator tells it, is about the problem.
fn is_about(violation: &str, problem: &Problem) -> bool {
    let Problem { path, message, .. } = problem;
    let quoted = |path: &str| match path.split_once(".\"") {
        Some((before, key)) => format!("$.{before}['{}']", key.trim_end_matches('"')),
        None if path.is_empty() => "$".into(),
        None => format!("$.{path}"),
    };
    let says = |path: &str, text: &str| violation.strip_prefix(&format!("{}: ", quoted(path))) == Some(text);
    if let Some(key) = message.strip_suffix("\" is missing") {
        return says(path, &format!("'{}' is a required property", &key[1..]));
    }
    let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let begins = |path: &str, text: &str| violation.starts_with(&format!("{}: {text}", quoted(path)));
    if let Some((key, _)) = message
        .strip_prefix("unknown key \"")
        .and_then(|rest| rest.split_once("\"; "))
    {
        return begins(path, "Additional properties") && violation.contains(&format!("'{key}'"));
    }
    if message.contains("name; expected") && parent != path {
        let key = path[parent.len()..].trim_matches(['.', '"']);
        return begins(parent, &format!("'{key}' does not match")) || begins(path, "");
    }
    let is_excluded = ["stands beside", "is of no use without", "is for a role"];
    if is_excluded.iter().any(|words| message.contains(words)) {
        return begins(parent, "False schema does not allow");
    }
    begins(path, "") && !begins(path, "False schema")
}

#[test]
fn the_schema_refuses_every_mistake_that_a_schema_can_tell() {
    let mut let_pass = Vec::new();
    let mut refused = Vec::new();
    for (name, yaml) in fixtures(".bad.yaml") {
        let document = document(&yaml, true);
        assert_eq!(document.is_none(), NOT_YAML.contains(&name.as_str()), "{name}");
        let Some(document) = document else { continue };
        let violations = refused_by_schema(&[document]).remove(0);
        let problems = Configured::from_yaml(&yaml, "report.yaml", &environment).err().unwrap();
        for problem in problems.iter() {
            let told = format!("{name}: {}: {}", problem.path, problem.message);
            match violations.iter().any(|violation| is_about(violation, problem)) {
                true => refused.push(told),
                false => let_pass.push(told),
            }
        }
    }
    let known: Vec<_> = LET_PASS.iter().flat_map(|(_, mistakes)| *mistakes).collect();
    let is_known = |told: &&String| known.iter().any(|known| told.contains(**known));
    let unknown: Vec<_> = let_pass.iter().filter(|told| !is_known(told)).collect();
    assert!(unknown.is_empty(), "the schema lets pass: {unknown:#?}");
    let told: Vec<_> = refused.iter().filter(is_known).collect();
    assert!(told.is_empty(), "the schema does tell: {told:#?}");
    for known in known {
        assert!(
            let_pass.iter().any(|told| told.contains(known)),
            "no fixture has: {known}"
        );
    }
}
