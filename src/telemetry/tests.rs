use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::{
    delivery::outcome::{PostError, Side},
    summary::Tally,
    testing::{as_of, at, destination, metric as read_metric, one_section},
    update::Update,
};

const UNITS: [&str; 3] = ["Count", "Seconds", "None"];

fn config(destinations: &[&str]) -> Config {
    Config {
        destinations: destinations.iter().map(|name| destination(name)).collect(),
        ..one_section(vec![read_metric("Hosts")])
    }
}

fn trigger() -> Trigger {
    Trigger::full_run(as_of())
}

fn summary(config: &Config, outcomes: &[(&str, Outcome, u64)]) -> Summary {
    let delivery = |(name, outcome, millis): &(&str, Outcome, u64)| Delivery {
        required: true,
        name: (*name).to_owned(),
        outcome: outcome.clone(),
        after: Duration::from_millis(*millis),
    };
    Summary {
        as_of: as_of(),
        destinations: outcomes.iter().map(delivery).collect(),
        metrics: Tally {
            settled: 8,
            widened: 1,
            provisional: 1,
            true_zero: 1,
            idle: 0,
            missing: 1,
            calls: 5,
            retries: 3,
            requested: 15,
        },
        message: "Hosts: 5".into(),
        update: Update::new(config, as_of(), Vec::new(), &[]),
    }
}

fn posted() -> Outcome {
    Outcome::Posted {
        id: Some("1".into()),
        repeated: false,
    }
}

fn failed(sign_in_needed: bool) -> Outcome {
    Outcome::Failed(PostError {
        whose_move: Side::Operator,
        text: "no".into(),
        may_have_arrived: false,
        sign_in_needed,
    })
}

fn line(config: Option<&Config>, result: Option<(&Trigger, &Summary)>) -> String {
    let run = Run {
        id: "00000000-0000-0000-0000-000000000001",
        at: at("13:58:12.345"),
        config,
        result,
    };
    run.emf()
}

/// What the embedded metric format's specification and its JSON schema ask for; returns the metrics by name.
#[track_caller]
fn checked(line: &str) -> Vec<(String, f64)> {
    assert!(!line.contains('\n') && line.len() <= 256 * 1024, "{line}");
    let root: Value = serde_json::from_str(line).unwrap();
    let metadata = root["_aws"].as_object().unwrap();
    assert!(metadata["Timestamp"].is_u64(), "milliseconds since 1970");
    let mut found = Vec::new();
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        let keys: BTreeSet<_> = directive.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["Dimensions", "Metrics", "Namespace"]));
        assert!((1..=1024).contains(&directive["Namespace"].as_str().unwrap().len()));
        for set in directive["Dimensions"].as_array().unwrap() {
            assert!(set.as_array().unwrap().len() <= 30);
            for name in set.as_array().unwrap() {
                let name = name.as_str().unwrap();
                assert!((1..=250).contains(&name.len()));
                let value = root[name].as_str().expect("a dimension refers to a text at the root");
                assert!((1..=1024).contains(&value.len()) && value.is_ascii());
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=1024).contains(&name.len()) && name.is_ascii());
            assert!(UNITS.contains(&metric["Unit"].as_str().unwrap()));
            let value = root[name].as_f64().expect("a metric refers to a number at the root");
            assert!(found.iter().all(|(other, _)| other != name), "{name} twice");
            found.push((name.to_owned(), value));
        }
    }
    // What Lambda's filter needs.
    assert_eq!(root["level"], "FATAL");
    root["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap();
    found
}

#[test]
fn a_full_run_tells_all() {
    let config = config(&["operations", "managers"]);
    let summary = summary(
        &config,
        &[("operations", posted(), 2345), ("managers", failed(true), 1000)],
    );
    let line = line(Some(&config), Some((&trigger(), &summary)));
    checked(&line);
    let pretty: Value = serde_json::from_str(&line).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&pretty).unwrap());
}

#[test]
fn dry_and_restricted_runs_tell_what_they_cost_and_nothing_else() {
    let config = config(&["operations"]);
    let dry = Trigger {
        dry_run: true,
        ..trigger()
    };
    let restricted = Trigger {
        sections: Some(vec!["Production".into()]),
        ..trigger()
    };
    for (trigger, outcome, kind) in [(dry, Outcome::NotTried, "dry"), (restricted, posted(), "restricted")] {
        let summary = summary(&config, &[("operations", outcome, 10)]);
        let line = line(Some(&config), Some((&trigger, &summary)));
        let names: Vec<_> = checked(&line).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Calls", "Retries", "ApiCostDollars"], "{kind}");
        assert!(
            !line.contains("Posted") && line.contains(&format!(r#""run":"{kind}""#)),
            "{line}"
        );
    }
}

#[test]
fn a_run_that_does_not_begin_has_failed() {
    let config = config(&["operations", "managers"]);
    let metrics = checked(&line(Some(&config), None));
    let value = |name: &str| metrics.iter().find(|(it, _)| it == name).map(|(_, value)| *value);
    assert_eq!(value("Failed"), Some(2.0));
    assert_eq!((value("Posted"), value("Failed_managers")), (Some(0.0), Some(1.0)));
    assert_eq!((value("MetricsRead"), value("SecondsToPost")), (None, None));

    let unreadable = line(None, None);
    let metrics = checked(&unreadable);
    assert!(metrics.contains(&("Failed".to_owned(), 1.0)), "{unreadable}");
    assert!(unreadable.contains(r#""Report":"unreadable""#), "{unreadable}");
}

#[test]
fn what_a_destination_has_counts_as_posted_and_what_it_lacks_as_failed() {
    let config = config(&["operations"]);
    for (outcome, counts) in [
        (posted(), [1.0, 0.0, 0.0]),
        (Outcome::AlreadyPosted { id: None }, [1.0, 0.0, 0.0]),
        (Outcome::InProgress, [0.0, 1.0, 0.0]),
        (failed(false), [0.0, 1.0, 0.0]),
        (failed(true), [0.0, 1.0, 1.0]),
    ] {
        let summary = summary(&config, &[("operations", outcome.clone(), 10)]);
        let metrics = checked(&line(Some(&config), Some((&trigger(), &summary))));
        for (name, expected) in ["Posted", "Failed", "SignInNeeded"].into_iter().zip(counts) {
            for name in [name.to_owned(), format!("{name}_operations")] {
                assert!(metrics.contains(&(name.clone(), expected)), "{name}: {outcome:?}");
            }
        }
    }
}

/// The run that posted it may have been killed before it wrote its line: without this the alarm would ring for an hour
/// that everybody has.
#[test]
fn an_hour_that_an_earlier_run_has_posted_counts_while_it_is_the_last_one() {
    let config = config(&["operations", "managers"]);
    let found = || Outcome::AlreadyPosted { id: None };
    let summary = summary(&config, &[("operations", found(), 10), ("managers", posted(), 2500)]);
    let trigger = trigger();
    for (age, posted_in_all, of_one) in [
        (SignedDuration::from_secs(72), 2.0, 1.0),
        (SignedDuration::from_hours(1), 2.0, 1.0),
        (SignedDuration::from_secs(3601), 1.0, 0.0),
    ] {
        let run = Run {
            id: "1",
            at: as_of() + age,
            config: Some(&config),
            result: Some((&trigger, &summary)),
        };
        let metrics = checked(&run.emf());
        let value = |name: &str| metrics.iter().find(|(it, _)| it == name).map(|(_, value)| *value);
        assert_eq!(value("Posted"), Some(posted_in_all), "{age:?}");
        assert_eq!(value("Posted_operations"), Some(of_one), "{age:?}");
        assert_eq!(value("Failed"), Some(0.0), "{age:?}");
        // How long it took another run is not known.
        assert_eq!(value("SecondsToPost_operations"), None, "{age:?}");
        assert_eq!(value("SecondsToPost"), Some(2.5), "{age:?}");
    }
}

#[test]
fn many_destinations_keep_to_the_limits() {
    let names: Vec<_> = (0..60).map(|n| format!("{}{n:02}", "d".repeat(62))).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let config = config(&names);
    let outcomes: Vec<_> = names.iter().map(|name| (*name, posted(), 10)).collect();
    let metrics = checked(&line(Some(&config), Some((&trigger(), &summary(&config, &outcomes)))));
    assert!(metrics.contains(&("Posted".to_owned(), 60.0)));
}
