//! Every report in tests/fixtures/config: `*.ok.yaml` is read, `*.bad.yaml` is refused with the words in its snapshot.
//! A new fixture is tested by being there.

mod schema;

use std::{fs, path::PathBuf};

use hourly_update::app::Configured;

/// The only variables that fixtures may use.
pub fn env(name: &str) -> Option<String> {
    let value = match name {
        "ACCOUNT" => "111122223333",
        "ROLE" => "hourly-update-reader",
        "GROUP" => "19:0123456789abcdef0123456789abcdef@thread.skype",
        "YAML" => "{a: [1, 2]} # no syntax",
        "PASSWORD" => "correct horse battery staple",
        _ => return None,
    };
    Some(value.into())
}

/// Name and content of each fixture whose name ends with `verdict`.
pub fn fixtures(verdict: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config");
    let mut fixtures: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(verdict)?.to_owned();
            Some((name, fs::read(&path).unwrap()))
        })
        .collect();
    fixtures.sort();
    assert!(!fixtures.is_empty(), "no fixture ends with {verdict}");
    fixtures
}

#[test]
fn every_fixture_has_a_verdict() {
    assert_eq!(
        fixtures("").len(),
        fixtures(".ok.yaml").len() + fixtures(".bad.yaml").len()
    );
}

#[test]
fn good_reports_are_read() {
    for (name, yaml) in fixtures(".ok.yaml") {
        let config = Configured::from_yaml(&yaml, "report.yaml", &env);
        let config = config.unwrap_or_else(|problems| panic!("{name} is refused:\n{problems}"));
        insta::assert_debug_snapshot!(format!("{name}.ok"), (config.report, config.destinations));
    }
}

#[test]
fn bad_reports_are_refused_with_every_mistake_at_its_place() {
    for (name, yaml) in fixtures(".bad.yaml") {
        let problems = match Configured::from_yaml(&yaml, "report.yaml", &env) {
            Ok(_) => panic!("{name} is read"),
            Err(problems) => problems.to_string(),
        };
        assert!(
            !problems.contains("battery"),
            "{name}: what the environment filled in is repeated"
        );
        insta::assert_snapshot!(format!("{name}.bad"), problems);
    }
}
