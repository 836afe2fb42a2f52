//! What builds and deploys: the workflow, and the Python packages that it uses.

use std::{fs, path::Path};

use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn workflow() -> Value {
    let text = fs::read_to_string(Path::new(ROOT).join(".github/workflows/deploy.yml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

fn jobs() -> Vec<(String, Value)> {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], json!({"contents": "read"}));
    let jobs = workflow["jobs"].as_object().unwrap().clone();
    jobs.into_iter().collect()
}

fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().unwrap()
}

#[test]
fn what_is_built_is_built_without_the_right_to_deploy_it() {
    let jobs = jobs();
    let mut names: Vec<_> = jobs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["build", "deny", "deploy", "test"]);
    for (name, job) in &jobs {
        let may_deploy = job["permissions"].get("id-token").is_some();
        assert_eq!(may_deploy, name == "deploy", "{name}");
        assert_eq!(job.get("environment").is_some(), may_deploy, "{name}");
        let runs = steps(job).iter().filter_map(|step| step["run"].as_str());
        let compiles = |run: &str| {
            ["make build", "make test", "cargo", "sam build"]
                .iter()
                .any(|it| run.contains(it))
        };
        assert_eq!(runs.clone().any(compiles), !may_deploy, "{name}");
    }
}

/// A run that waits is cancelled when another one of its group comes.
#[test]
fn the_daily_check_cancels_no_deployment_that_waits() {
    let group = workflow()["concurrency"]["group"].as_str().unwrap().to_owned();
    for part in ["${{ github.event_name }}", "${{ github.ref }}"] {
        assert!(group.contains(part), "{group}");
    }
}

#[test]
fn every_action_is_pinned_and_no_checkout_keeps_its_token() {
    for (name, job) in jobs() {
        for step in steps(&job) {
            let Some(action) = step["uses"].as_str() else { continue };
            let (action, commit) = action.split_once('@').unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit());
            assert!(is_commit, "{name}: {action}@{commit}");
            if action == "actions/checkout" {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}");
            }
        }
    }
}

#[test]
fn every_python_package_is_pinned_with_hashes() {
    let mut files = 0;
    for entry in fs::read_dir(Path::new(ROOT).join("requirements")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().unwrap() != "txt" {
            assert_eq!(path.extension().unwrap(), "in", "{}", path.display());
            continue;
        }
        files += 1;
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("://"), "{}: an index of its own", path.display());
        // Each package begins a line, its hashes follow indented.
        let mut blocks: Vec<Vec<&str>> = Vec::new();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            match blocks.last_mut() {
                Some(block) if line.starts_with(' ') => block.push(line.trim()),
                _ => blocks.push(vec![line]),
            }
        }
        for block in blocks {
            let [package, hashes @ ..] = &block[..] else {
                unreachable!()
            };
            assert!(package.contains("=="), "{}: {package}", path.display());
            let are_hashes = hashes.iter().all(|line| line.starts_with("--hash=sha256:"));
            assert!(!hashes.is_empty() && are_hashes, "{}: {package}", path.display());
        }
    }
    assert_eq!(files, 6);
}
