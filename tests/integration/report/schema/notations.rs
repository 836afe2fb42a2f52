//! Values in every notation that is read.

use hourly_update::app::Configured;
use serde_json::json;

use super::refused_by_schema;
use crate::report::env as environment;

#[test]
fn the_schema_accepts_every_notation_that_is_read() {
    let long = "🔥".repeat(100);
    let role = |rest: &str| format!("arn:aws:iam::111122223333:role/{rest}");
    let values: &[(&str, &[&str])] = &[
        ("/report", &["a", "-", "_9", "${ROLE}"]),
        (
            "/dashboard",
            &["HTTPS://example.com", "https:example.com", "https://example.com/?a#b"],
        ),
        (
            "/retry_delays/0",
            &[
                "1s",
                "PT1M",
                "pt30s",
                "0:00:30",
                "1 minute",
                "60 seconds",
                "+5s",
                "0.5m",
                "60000ms",
                "1000000us",
            ],
        ),
        ("/accounts/own/id", &["111122223333", "${ACCOUNT}"]),
        (
            "/accounts/own/role",
            &[
                &role("r"),
                &role("/r"),
                &role("a/b/c+=,.@-_"),
                &role(&format!("{}/r", "p".repeat(510))),
            ],
        ),
        (
            "/sections/0/title",
            &["a", "(N. Virginia) 🔥", "⚠️ עברית", "$${NAME}", &long],
        ),
        (
            "/sections/0/region",
            &["us-east-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-14"],
        ),
        ("/sections/0/metrics/0/namespace", &["a", "AWS/X: y", "%", "${ROLE}"]),
        ("/sections/0/metrics/0/id", &["a", "aB_9"]),
        ("/sections/0/metrics/0/dimensions/D", &[":", "*", "a b"]),
        (
            "/sections/0/metrics/0/period",
            &["5m", "1h", "PT1H", "120s", "0:05:00", "0.5h"],
        ),
        (
            "/sections/0/metrics/0/settle",
            &[
                "0s",
                "1h 30m",
                "1h30m",
                "1 hour, 30 minutes",
                "1:30:00",
                "PT1H30M",
                "90 mins",
            ],
        ),
        (
            "/sections/0/metrics/0/statistic",
            &[
                "IQM",
                "p0",
                "p99.9999999999",
                "tm99.5",
                "wm98",
                "TM(2%:98%)",
                "TC(0.005:0.030)",
                "TS(:95%)",
                "WM(5%:)",
                "PR(100:)",
            ],
        ),
        (
            "/destinations/0/group",
            &[
                "8:live:.cid.0123",
                "19:I2rTkxAA-X1fW@p2p.thread.skype",
                "19:a_b@unq.gbl.spaces",
                "${GROUP}",
            ],
        ),
        (
            "/destinations/0/secret",
            &[
                "a",
                "hourly/skype",
                "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:a/b-AbCdEf",
            ],
        ),
        (
            "/destinations/0/hosts/login",
            &[
                "https://login.example:8443/",
                "HTTPS://Login.Example",
                "https:login.example",
                "http://[::1]:80",
                "http://127.9.9.9",
                "https://a/.",
            ],
        ),
        (
            "/destinations/1/allowed_hosts/0",
            &[
                "größe.example",
                ".Example.com",
                "[::1]",
                "192.0.2.1",
                "my_host-1.internal",
            ],
        ),
        (
            "/destinations/2/topic",
            &[
                "arn:aws-us-gov:sns:us-gov-west-1:111122223333:a",
                "arn:aws:sns:eu-west-1:111122223333:a_-9.fifo",
            ],
        ),
    ];
    let report = json!({
        "report": "r",
        "dashboard": "https://example.com",
        "retry_delays": [1],
        "accounts": { "own": { "id": 111122223333_u64, "role": role("r") } },
        "sections": [{
            "title": "T",
            "account": "own",
            "region": "us-east-1",
            "metrics": [{
                "label": "L", "namespace": "N", "name": "M", "statistic": "Sum", "dimensions": { "D": "d" }, "id": "m",
                "period": 60, "settle": 0,
            }],
        }],
        "destinations": [
            { "name": "a", "kind": "skype", "group": "8:me", "secret": "s", "hosts": { "login": "https://a" } },
            { "name": "b", "kind": "slack", "secret": "t", "allowed_hosts": ["a.example"] },
            { "name": "c", "kind": "sns", "topic": "arn:aws:sns:us-east-1:111122223333:a" },
        ],
    });
    let mut reports = vec![report.clone()];
    for (place, values) in values {
        for value in *values {
            let mut report = report.clone();
            *report.pointer_mut(place).unwrap() = json!(value);
            if let Err(problems) = Configured::from_yaml(report.to_string().as_bytes(), "report.yaml", &environment) {
                panic!("{place}: {value} is refused: {problems}");
            }
            reports.push(report);
        }
    }
    let refusals = refused_by_schema(&reports).concat();
    assert!(refusals.is_empty(), "{refusals:#?}");
}
