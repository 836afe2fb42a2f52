//! Validation against a published JSON Schema, by the Python package `jsonschema` from `.venv`.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

/// What each instance violates; `schema` is a file below tests/fixtures.
pub fn violations(schema: &str, instances: &[Value]) -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(root.join(".venv/schemas/bin/python"))
        .arg(root.join("tests/support/schema.py"))
        .arg(root.join("tests/fixtures").join(schema))
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
