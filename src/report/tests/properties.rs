//! The reader neither panics nor misunderstands, whatever it reads.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A metric as the report says it, and as it is meant.
fn metric(index: usize) -> impl Strategy<Value = (Value, Metric)> {
    let text = "[!-~]([ -~]{0,20}[!-~])?";
    let dimensions = prop::collection::btree_map("[A-Za-z][A-Za-z0-9]{0,8}", "[a-z0-9/.$:{}'\"#&*-]{1,12}", 0..4);
    let times = (prop::sample::select(&Period::ALLOWED[..]), 0..=3_600_u64, 0..=3_600_u64);
    let statistic = prop::sample::select(vec!["Sum", "Average", "p99.9", "TM(10%:90%)", "PR(:300)"]);
    (text, prop::option::of(text), "[A-Za-z][A-Za-z0-9/_. -]{0,20}[a-z]", dimensions, statistic, times, 0..=6_u8).prop_map(
        move |(label, long_label, namespace, dimensions, statistic, (period, settle, widen_by), decimals)| {
            let escaped = |text: &str| text.replace("${", "$${");
            let escapes = |text: &str| !text.contains("$${");
            let label = if escapes(&label) { label } else { "$".into() };
            let long_label = long_label.filter(|label| escapes(label));
            let dimensions: Vec<_> = dimensions.into_iter().filter(|(_, value)| escapes(value) && !value.is_empty()).collect();
            let mut said = json!({
                "label": escaped(&label), "namespace": namespace, "name": "Name", "statistic": statistic,
                "dimensions": dimensions.iter().map(|(k, v)| (k.clone(), json!(escaped(v)))).collect::<serde_json::Map<_, _>>(),
                "period": period, "settle": format!("{settle}s"), "widen_by": widen_by,
                "unit": "Seconds", "show": "s", "decimals": decimals, "id": format!("m{index}"),
            });
            if let Some(long_label) = &long_label {
                said["long_label"] = json!(escaped(long_label));
            }
            let meant = Metric {
                label,
                long_label,
                query: Query::Stat(Stat { namespace, name: "Name".into(), dimensions, statistic: statistic.into() }).into(),
                period: Period::from_secs(period).unwrap(),
                display: Display { unit: Unit::Time { micros: 1_000_000 }, show: Show::S, decimals },
                id: Some(format!("m{index}")),
                hidden: false,
                missing: Missing::Retry,
                liveness: None,
                filled: false,
                settle: Duration::from_secs(settle),
                widen_by: Duration::from_secs(widen_by),
            };
            (said, meant)
        },
    )
}

/// Places where a byte of the shipped report is replaced, removed or repeated.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        prop::option::of(prop::sample::select(&b" :\n\"'[]{}&*!-#0a$,\xff"[..])),
        0..30_usize,
    );
    prop::collection::vec(edit, 1..12).prop_map(|edits| {
        let mut yaml = SHIPPED.as_bytes().to_vec();
        for (index, byte, length) in edits {
            let start = index.index(yaml.len());
            let end = (start + length).min(yaml.len());
            yaml.splice(start..end, byte);
        }
        yaml
    })
}

proptest! {
    #[test]
    fn a_report_means_what_it_says(
        metrics in prop::collection::vec(any::<()>(), 1..5)
            .prop_flat_map(|all| (0..all.len()).map(metric).collect::<Vec<_>>()),
        delays in prop::collection::vec(1..=60_u64, 0..=3),
        title in "[A-Za-z(][A-Za-z0-9 .(]{0,20}[)a-z]",
    ) {
        let (said, meant): (Vec<_>, Vec<_>) = metrics.into_iter().unzip();
        let mut report = least();
        report["retry_delays"] = json!(delays);
        report["sections"][0]["title"] = json!(title);
        report["sections"][0]["metrics"] = said.into();
        // JSON is YAML, and quotes each text in its own way.
        let config = read(&report.to_string()).map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        prop_assert_eq!(&config.sections[0].metrics, &meant);
        prop_assert_eq!(&config.sections[0].title, &title);
        prop_assert_eq!(config.retry_delays, delays.into_iter().map(Duration::from_secs).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_are_read_or_refused_with_a_place(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(problems) = from_yaml(&bytes, "r", &env) {
            prop_assert!(problems.iter().all(|p| p.at >= Position::START && !p.message.contains(char::is_control)));
            prop_assert!(problems.iter().next().is_some());
        }
    }

    #[test]
    fn any_text_like_yaml_is_read_or_refused(yaml in "([a-z]{1,6}: |- |\\n|  |[\\[\\]{}&*!|>'\"#,?%@`~]|\\$\\{|[0-9]{1,3}|\\t){0,60}") {
        if let Err(problems) = read(&yaml) {
            prop_assert!(problems.iter().all(|p| !p.message.contains(char::is_control)));
        }
    }

    #[test]
    fn a_mutilated_report_is_read_or_refused(yaml in mutated()) {
        if let Err(problems) = from_yaml(&yaml, "r", &env) {
            let lines = yaml.split(|b| *b == b'\n').count() as u64;
            prop_assert!(problems.iter().all(|p| p.at.line <= lines + 1));
        }
    }
}
