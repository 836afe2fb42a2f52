use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    report::Metric,
    testing::{
        fuzz::{assert_tellable, fuzz},
        metric, one_section,
    },
};

mod age;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T13:57:04.5Z")
}

/// How long CloudWatch keeps what a run reads.
fn kept() -> Option<Retention> {
    one_section(vec![metric("Hosts")]).retention()
}

fn sample(text: &str) -> Trigger {
    Trigger::from_event(text, now(), kept()).unwrap()
}

fn refusal(event: Value) -> String {
    Trigger::from_event(&event.to_string(), now(), kept())
        .unwrap_err()
        .to_string()
}

fn full(as_of: &str) -> Trigger {
    Trigger::full_run(at(as_of))
}

#[test]
fn each_sample_event_is_understood() {
    let hour = full("2026-11-22T13:57:00Z");
    assert_eq!(sample(include_str!("../../events/rule.json")), hour);
    assert_eq!(sample(include_str!("../../events/scheduler.json")), hour);
    assert_eq!(sample(include_str!("../../events/schedule.json")), hour);
    assert_eq!(sample(include_str!("../../events/now.json")), hour);
    assert_eq!(
        sample(include_str!("../../events/again.json")),
        full("2026-11-22T09:57:00Z")
    );
    assert_eq!(
        sample(include_str!("../../events/force.json")),
        Trigger {
            force: true,
            ..full("2026-11-22T09:57:00Z")
        }
    );
    assert_eq!(
        sample(include_str!("../../events/dry-run.json")),
        Trigger {
            dry_run: true,
            ..hour.clone()
        }
    );
    assert_eq!(
        sample(include_str!("../../events/sections.json")),
        Trigger {
            dry_run: true,
            sections: Some(vec!["BT Stack (Ireland)".into()]),
            ..hour
        }
    );
    assert_eq!(
        sample(include_str!("../../events/test.json")),
        Trigger {
            test: true,
            destinations: Some(vec!["operations".into()]),
            ..Trigger::full_run(at("2026-11-22T13:57:00Z"))
        }
    );
}

#[test]
fn every_mistake_names_its_key() {
    insta::assert_snapshot!(
        [
            json!(null),
            json!([]),
            json!("13:57"),
            json!({"source": "aws.s3", "time": "2026-11-22T13:57:00Z"}),
            json!({"source": "aws.events"}),
            json!({"source": "aws.events", "time": "13:57"}),
            json!({"dryrun": true}),
            json!({"time": 1764000000}),
            json!({"time": "2026-11-22T13:59:00Z"}),
            json!({"time": "2026-11-08T13:57:04Z"}),
            json!({"time": "x".repeat(1000)}),
            json!({"dry_run": "yes"}),
            json!({"sections": "BT"}),
            json!({"sections": []}),
            json!({"sections": [1]}),
            json!({"time": null}),
            json!({"test": null}),
            json!({"destinations": null}),
            json!({"source": null}),
        ]
        .map(refusal)
        .join("\n"),
        @r#"
    expected an object ({} means now), found null
    expected an object ({} means now), found []
    expected an object ({} means now), found "13:57"
    source: expected "aws.events" or "aws.scheduler", found "aws.s3"
    time: missing from a scheduled event
    time: expected a time such as "2026-11-22T13:57:00Z", found "13:57" at line 1 column 38
    dryrun: unknown field `dryrun`, expected one of `time`, `dry_run`, `force`, `sections`, `destinations`, `test` at line 1 column 9
    time: expected a time such as "2026-11-22T13:57:00Z", found 1764000000 at line 1 column 19
    time: 2026-11-22T13:59:00Z lies in the future (it is 2026-11-22T13:57:05Z)
    time: 2026-11-08T13:57:04Z is more than 14 days ago; CloudWatch drops one-minute data after 15, and the hours before are read, too
    time: expected a time such as "2026-11-22T13:57:00Z", found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... at line 1 column 1011
    dry_run: invalid type: string "yes", expected a boolean at line 1 column 16
    sections: invalid type: string "BT", expected a sequence at line 1 column 16
    sections: an empty list, expected at least one name (leave the key out for all) at line 1 column 15
    sections[0]: invalid type: integer `1`, expected a string at line 1 column 14
    time: expected a time such as "2026-11-22T13:57:00Z", found null at line 1 column 13
    test: invalid type: null, expected a boolean at line 1 column 12
    destinations: invalid type: null, expected a sequence at line 1 column 20
    source: expected "aws.events" or "aws.scheduler", found null
    "#
    );
}

#[test]
fn no_key_of_our_own_but_time_may_be_in_an_envelope() {
    let error = refusal(json!({"dryrun": true}));
    let (_, keys) = error.split_once("expected one of ").unwrap();
    let keys: Vec<_> = keys.split('`').skip(1).step_by(2).collect();
    assert_eq!(keys.len(), 6, "{error}");
    for key in keys.into_iter().filter(|key| *key != "time") {
        let mut event = json!({"source": "aws.events", "time": "2026-11-22T13:57:00Z"});
        event[key] = json!(null);
        let error = refusal(event);
        assert!(error.starts_with(&format!("{key}: not followed")), "{error}");
    }
}

#[test]
fn a_clock_a_little_behind_the_schedule_is_no_mistake() {
    assert!(Trigger::from_event(r#"{"time": "2026-11-22T13:58:00Z"}"#, now(), kept()).is_ok());
}

#[test]
fn a_person_may_leave_out_the_date() {
    for (text, expected, is_yesterday) in [
        ("13:57", "2026-11-22T13:57:00Z", false),
        ("13:58", "2026-11-21T13:58:00Z", true),
        ("00:00", "2026-11-22T00:00:00Z", false),
        ("23:57", "2026-11-21T23:57:00Z", true),
        ("2026-11-22T13:57Z", "2026-11-22T13:57:00Z", false),
        ("2026-11-21T13:58Z", "2026-11-21T13:58:00Z", false),
        ("2026-11-22T14:57:30+01:00", "2026-11-22T13:57:30Z", false),
    ] {
        let time = at(expected);
        assert_eq!(parse_at(text, now()).unwrap(), At { time, is_yesterday }, "{text}");
    }
    let error = parse_at("1:57pm", now()).unwrap_err().to_string();
    assert_eq!(error, r#"expected 13:57 or 2026-11-22T13:57Z, found "1:57pm""#);
}

#[test]
fn what_would_be_misread_is_refused() {
    let deep = format!("{{\"time\": {}1{}}}", "[".repeat(200), "]".repeat(200));
    let repeated = format!("{{\"{0}\": 1, \"{0}\": 2}}", "x".repeat(1_000));
    insta::assert_snapshot!(
        [
            deep.as_str(),
            r#"{"time": 1e999}"#,
            r#"{"sections": ["\ud800"]}"#,
            "",
            r#"{"dry_run": true, "dry_run": false}"#,
            r#"{"dry_run": true, "dr\u0079_run": false}"#,
            r#"{"source": "aws.s3", "source": "aws.events", "time": "2026-11-22T13:57:00Z"}"#,
            repeated.as_str(),
            r#"{"dryrun": 1, "dryrun": 2}"#,
            r#"{"source": "aws.events", "time": "2026-11-22T13:57:00Z", "dry_run": true}"#,
            r#"{"source": "aws.scheduler", "time": "2026-11-22T13:57:00Z", "sections": []}"#,
            r#"{"source": "aws.events", "time": "2026-11-22T13:57:00Z", "test": false}"#,
        ]
        .map(|event| Trigger::from_event(event, now(), kept()).unwrap_err().to_string())
        .join("\n"),
        @r#"
    cannot be read as JSON: recursion limit exceeded at line 1 column 136
    cannot be read as JSON: number out of range at line 1 column 14
    cannot be read as JSON: unexpected end of hex escape at line 1 column 22
    cannot be read as JSON: EOF while parsing a value at line 1 column 0
    duplicate field `dry_run` at line 1 column 27
    duplicate field `dry_run` at line 1 column 32
    duplicate field `source` at line 1 column 29
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`, expected one of `time`, `dry_run`, `force`, `sections`, `destinations`, `test` at line 1 column 1003
    dryrun: unknown field `dryrun`, expected one of `time`, `dry_run`, `force`, `sections`, `destinations`, `test` at line 1 column 9
    dry_run: not followed in an event of "aws.events"; send it without "source"
    sections: not followed in an event of "aws.scheduler"; send it without "source"
    test: not followed in an event of "aws.events"; send it without "source"
    "#
    );
    // Within what is not ours, nothing is read, so nothing is misread.
    let detail = r#"{"source": "aws.events", "time": "2026-11-22T13:57:00Z", "id": 1, "id": 2, "detail": {"test": 1, "test": 2}}"#;
    assert_eq!(
        Trigger::from_event(detail, now(), kept()).unwrap(),
        full("2026-11-22T13:57:00Z")
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(json!("2026-11-22T13:57:00Z")),
        Just(json!("aws.events")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop_oneof![
            ".*",
            Just("time".to_owned()),
            Just("source".to_owned()),
            Just("sections".to_owned()),
            Just("dry_run".to_owned())
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_payload_is_understood_or_refused_in_one_short_line(event in any_json()) {
        match Trigger::from_event(&event.to_string(), now(), kept()) {
            Ok(trigger) => prop_assert_eq!(trigger.as_of.as_second() % 60, 0),
            Err(error) => {
                let text = error.to_string();
                prop_assert!(text.len() < 1000, "{}", text);
            }
        }
    }
}

#[test]
fn fuzz_payloads() {
    let samples: [&[u8]; 6] = [
        include_bytes!("../../events/rule.json"),
        include_bytes!("../../events/scheduler.json"),
        include_bytes!("../../events/schedule.json"),
        include_bytes!("../../events/again.json"),
        include_bytes!("../../events/force.json"),
        include_bytes!("../../events/sections.json"),
    ];
    fuzz("event", &samples, |event| {
        let Ok(event) = std::str::from_utf8(event) else { return };
        match Trigger::from_event(event, now(), kept()) {
            Ok(trigger) => assert!(trigger.as_of.as_second() % 60 == 0 && trigger.as_of <= now() + CLOCK_SKEW),
            Err(error) => assert_tellable(&error.to_string(), &[]),
        }
    });
}
