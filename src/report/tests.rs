//! The whole reader: defaults, the shipped report, and rules that concern several keys.

mod properties;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::{
    app::Configured,
    aws::names::AccountId,
    destinations::KINDS,
    sources::cloudwatch::{
        account::SourceAccount,
        config::Place,
        query::{Query, Stat},
    },
    testing::fuzz::{assert_tellable, fuzz_alone},
};

/// An environment in which everything that the shipped report asks for is set.
fn env(name: &str) -> Option<String> {
    let value = match name {
        "PRODUCTION_ACCOUNT_ID" => "111122223333",
        "STAGING_ACCOUNT_ID" => "012345678901",
        "READER_ROLE_NAME" => "hourly-update-reader",
        "EXTERNAL_ID" => "external:id-1",
        "SKYPE_GROUP" => "19:0123456789abcdef0123456789abcdef@thread.skype",
        "SKYPE_SECRET" => "hourly-update/skype",
        "SKYPE_SESSION_SECRET" => "hourly-update/skype-session",
        _ => return None,
    };
    Some(value.into())
}

fn read(yaml: &str) -> Result<Config, Problems> {
    from_yaml(yaml.as_bytes(), "report.yaml", &env)
}

fn from_yaml(yaml: &[u8], source: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Problems> {
    Configured::from_yaml(yaml, source, env).map(|configured| configured.report)
}

/// The least that a report can say.
fn least() -> Value {
    json!({
        "report": "r",
        "accounts": {"own": {"id": "111122223333"}},
        "sections": [{
            "title": "T",
            "account": "own",
            "region": "us-east-1",
            "metrics": [{"label": "L", "namespace": "N", "name": "M", "statistic": "Sum"}],
        }],
        "destinations": [{"name": "d", "kind": "skype", "group": "8:me", "secret": "s"}],
    })
}

#[test]
fn the_least_report_gets_every_default() {
    let config = read(&least().to_string()).unwrap();
    assert_eq!(config.retry_delays, [10, 20, 40].map(Duration::from_secs));
    let account = SourceAccount {
        name: "own".into(),
        id: AccountId::parse("111122223333").unwrap(),
        role: None,
    };
    let place = Place {
        account: Arc::new(account),
        region: "us-east-1".into(),
    };
    assert_eq!(Place::of(&*config.sections[0].place), Some(&place));
    let metric = Metric {
        label: "L".into(),
        long_label: None,
        query: Query::Stat(Stat {
            namespace: "N".into(),
            name: "M".into(),
            dimensions: vec![],
            statistic: "Sum".into(),
        })
        .into(),
        period: Period::from_secs(60).unwrap(),
        display: Display {
            unit: Unit::Count,
            show: Show::Count,
            decimals: 0,
        },
        id: None,
        hidden: false,
        missing: Missing::Retry,
        liveness: None,
        filled: false,
        settle: Duration::from_secs(120),
        widen_by: Duration::from_secs(300),
    };
    assert_eq!(config.sections[0].metrics, [metric]);
}

#[test]
fn the_shipped_report_has_a_section_for_every_script_of_the_old_system() {
    let config = read(SHIPPED).unwrap();
    let sections: Vec<_> = config
        .sections
        .iter()
        .map(|section| format!("{} | {}", section.title, section.place))
        .collect();
    insta::assert_snapshot!(sections.join("\n"), @r"
    Production (N. Virginia) | account 111122223333 in us-east-1
    BT Stack (Ireland) | account 111122223333 in eu-west-1
    Hubble SID | account 012345678901 in us-east-1
    Staging SID | account 012345678901 in us-east-1
    UDP | account 111122223333 in us-east-1
    Upload Servers | account 111122223333 in us-east-1
    ");
}

#[test]
fn the_shipped_report_asks_for_each_variable_by_name() {
    let problems = from_yaml(SHIPPED.as_bytes(), "report.yaml", &|_| None)
        .unwrap_err()
        .to_string();
    for name in [
        "PRODUCTION_ACCOUNT_ID",
        "STAGING_ACCOUNT_ID",
        "READER_ROLE_NAME",
        "EXTERNAL_ID",
        "SKYPE_GROUP",
        "SKYPE_SECRET",
        "SKYPE_SESSION_SECRET",
    ] {
        let asked = |line: &str| {
            line.split_once(" needs ")
                .is_some_and(|(_, needed)| needed.contains(name))
        };
        assert!(problems.lines().any(asked), "{name} is not asked for in\n{problems}");
    }
}

#[test]
fn what_the_environment_filled_in_is_never_repeated() {
    let leaky = |_: &str| Some("hunter2 and\nmore".to_owned());
    let problems = from_yaml(SHIPPED.as_bytes(), "report.yaml", &leaky)
        .unwrap_err()
        .to_string();
    assert!(
        problems.contains("SKYPE_GROUP") && !problems.contains("hunter2"),
        "{problems}"
    );
}

#[test]
fn an_expression_takes_period_and_settling_time_from_its_inputs() {
    let mut report = least();
    report["sections"][0]["metrics"] = json!([
        {"id": "a", "hidden": true, "namespace": "N", "name": "A", "statistic": "Sum", "period": "5m", "settle": 900},
        {"id": "b", "hidden": true, "namespace": "N", "name": "B", "statistic": "Sum", "period": 300},
        {"id": "sum", "hidden": true, "expression": "a + b"},
        {"label": "Share", "expression": "100 * a / sum", "show": "percent"},
        {"label": "None", "expression": "SUM(SEARCH('{N} a', 'Sum'))"},
    ]);
    let metrics = read(&report.to_string()).unwrap().sections.remove(0).metrics;
    let times: Vec<_> = metrics
        .iter()
        .map(|metric| (metric.period.secs(), metric.settle.as_secs()))
        .collect();
    assert_eq!(times, [(300, 900), (300, 120), (300, 900), (300, 900), (60, 120)]);
    assert_eq!(metrics[0].label, "a");
}

#[test]
fn a_sum_of_what_is_absent_at_zero_is_advised_to_fill_it() {
    let mut report = least();
    report["sections"][0]["metrics"] = json!([
        {"id": "requests", "hidden": true, "namespace": "N", "name": "R", "statistic": "Sum"},
        {"id": "e4", "hidden": true, "namespace": "N", "name": "E4", "statistic": "Sum", "missing": "zero", "liveness": "requests"},
        {"id": "e5", "hidden": true, "namespace": "N", "name": "E5", "statistic": "Sum", "missing": "zero", "liveness": "requests"},
        {"label": "Bad", "expression": "e4 + e5"},
        {"label": "Half", "expression": "FILL(e4,0) + e5"},
        {"label": "Good", "expression": "FILL(e4,0) + FILL(e5,0) + 0*requests"},
        {"label": "Share", "expression": "100 * e4 / requests"},
    ]);
    let advice: Vec<String> = read(&report.to_string())
        .unwrap()
        .advice
        .iter()
        .map(|it| it.path.clone())
        .collect();
    assert_eq!(
        advice,
        ["sections[0].metrics[3].expression", "sections[0].metrics[4].expression"]
    );
}

#[test]
fn an_expression_and_its_inputs_fit_into_one_call() {
    let report = |inputs: usize| {
        let input =
            |i| json!({"id": format!("m{i}"), "hidden": true, "namespace": "N", "name": "M", "statistic": "Sum"});
        let mut metrics: Vec<_> = (0..inputs).map(input).collect();
        // Short names, since an expression is limited in length; in two steps, since all inputs count.
        let sum = |range: std::ops::Range<usize>| range.map(|i| format!("m{i}")).collect::<Vec<_>>().join("+");
        metrics.push(json!({"id": "first", "hidden": true, "expression": sum(0..inputs / 2)}));
        metrics.push(json!({"label": "All", "expression": format!("first+{}", sum(inputs / 2..inputs))}));
        let mut report = least();
        report["sections"][0]["metrics"] = metrics.into();
        report.to_string()
    };
    assert!(read(&report(498)).is_ok());
    let problems = read(&report(499)).unwrap_err().to_string();
    assert!(problems.contains("has 500 inputs or more"), "{problems}");
}

#[test]
fn fuzz_reports() {
    let samples: [&[u8]; 3] = [
        include_bytes!("../../tests/fixtures/config/least.ok.yaml"),
        include_bytes!("../../tests/fixtures/config/sections.bad.yaml"),
        b"a: &a [1, 2]\nb: [*a, *a]\n",
    ];
    fuzz_alone("report.yaml", &samples, |yaml| {
        if let Err(problems) = from_yaml(yaml, "report.yaml", &env) {
            for problem in problems.iter() {
                assert_tellable(&problem.to_string(), &["external:id-1"]);
            }
        }
    });
}

#[test]
fn the_shipped_report_has_an_example_of_every_kind_of_destination() {
    for kind in KINDS.iter().map(|kind| kind.reader.name) {
        let is_example = |line: &str| line.contains(&format!("kind: {kind},"));
        let mut used = usize::from(SHIPPED.lines().any(|line| line.trim() == format!("kind: {kind}")));
        let report: String = SHIPPED
            .lines()
            .map(|line| match line.strip_prefix("  # - {") {
                Some(example) if is_example(line) => {
                    used += 1;
                    format!("  - {{{example}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        assert_eq!(used, 1, "{kind}");
        read(&report).unwrap();
    }
}

#[test]
fn a_link_may_end_with_a_line_break() {
    let mut report = least();
    report["dashboard"] = json!("https://example.com/dashboard\n");
    let report = read(&report.to_string()).unwrap();
    assert_eq!(report.dashboard.unwrap().as_str(), "https://example.com/dashboard");
}
