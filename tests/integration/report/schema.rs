//! The JSON Schema of report.yaml, by an independent validator: it accepts every report that is read.

mod mistakes;
mod notations;

use std::{env, fs, path::Path, process::Command};

use hourly_update::report;
use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use testkit::schema::violations;

use crate::report::fixtures;

/// A report as a program reads it that knows no more than YAML, or as this program does: it does not take digits after a
/// zero for a number.
fn document(yaml: &[u8], zeros_stay: bool) -> Option<Value> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        leading_zero_numbers_as_strings: zeros_stay,
    };
    serde_saphyr::from_slice_with_options(yaml, options).ok()
}

fn refused_by_schema(instances: &[Value]) -> Vec<Vec<String>> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), hourly_update::app::report_schema().to_string()).unwrap();
    violations(file.path().to_str().unwrap(), instances)
}

#[test]
fn the_schema_accepts_every_report_that_is_read() {
    let mut reports = fixtures(".ok.yaml");
    reports.push(("report.yaml".into(), report::SHIPPED.into()));
    let examples = report::SHIPPED
        .replace("  # - {", "  - {")
        .replace("# dashboard:", "dashboard:");
    assert!(examples.matches("kind: ").count() >= 7, "{examples}");
    reports.push(("report.yaml with its examples".into(), examples.into()));
    for zeros_stay in [true, false] {
        let documents: Vec<_> = reports
            .iter()
            .map(|(_, yaml)| document(yaml, zeros_stay).unwrap())
            .collect();
        for ((name, _), refusals) in reports.iter().zip(refused_by_schema(&documents)) {
            assert!(refusals.is_empty(), "{name}: {refusals:#?}");
        }
    }
}

/// The keys that none of the `instances` of a schema has.
fn unused(path: &str, schema: &Value, instances: &[&Value]) -> Vec<String> {
    let at = |part: &str, schema: &Value, instances: Vec<&Value>| match instances.is_empty() {
        true => vec![format!("{path}{part}")],
        false => unused(&format!("{path}{part}"), schema, &instances),
    };
    let values = || {
        instances
            .iter()
            .filter_map(|it| it.as_object())
            .flat_map(|it| it.values())
    };
    let mut all = Vec::new();
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        // A schema that is `true` leaves the key to another table.
        if schema.is_object() {
            let values = instances.iter().filter_map(|it| it.get(key)).collect();
            all.extend(at(&format!(".{key}"), schema, values));
        }
    }
    if schema["items"].is_object() {
        let items = instances.iter().filter_map(|it| it.as_array()).flatten().collect();
        all.extend(at("[]", &schema["items"], items));
    }
    if schema["additionalProperties"].is_object() {
        all.extend(at(".*", &schema["additionalProperties"], values().collect()));
    }
    for rule in schema["allOf"].as_array().into_iter().flatten() {
        if let Some(kind) = rule["if"]["properties"]["kind"]["const"].as_str() {
            let of_kind = instances.iter().filter(|it| it["kind"] == kind).copied().collect();
            all.extend(at(&format!("({kind})"), &rule["then"], of_kind));
        }
    }
    all
}

#[test]
fn every_key_of_the_schema_is_in_a_report_that_is_read() {
    let documents: Vec<_> = fixtures(".ok.yaml")
        .iter()
        .map(|(_, yaml)| document(yaml, true).unwrap())
        .collect();
    let unused = unused(
        "",
        &hourly_update::app::report_schema(),
        &documents.iter().collect::<Vec<_>>(),
    );
    assert!(
        unused.is_empty(),
        "tests/fixtures/config/everything.ok.yaml lacks {unused:?}"
    );
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn undescribed(path: &str, schema: &Value, all: &mut Vec<String>) {
        if !schema.is_object() {
            return;
        }
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            undescribed(&path, schema, all);
            let is_described = schema["description"].as_str().is_some_and(|doc| doc.ends_with('.'));
            if schema.is_object() && !is_described {
                all.push(path);
            }
        }
        let rules = schema["allOf"].as_array().into_iter().flatten();
        let parts = rules.map(|rule| &rule["then"]);
        for part in parts.chain([&schema["items"], &schema["additionalProperties"]]) {
            undescribed(path, part, all);
        }
    }
    let mut all = Vec::new();
    undescribed("", &hourly_update::app::report_schema(), &mut all);
    assert!(all.is_empty(), "{all:?}");
}

#[test]
fn the_published_schema_is_the_one_that_hourly_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_hourly"))
        .arg("schema")
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &output.stdout).unwrap();
    }
    assert!(
        fs::read(&path).is_ok_and(|published| published == output.stdout),
        "docs/report.schema.json is another one: UPDATE_DOCS=1 cargo test --test integration report::schema::"
    );
}
