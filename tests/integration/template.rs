//! What template.yaml becomes on AWS, where the local AWS shows nothing of it: the schedule's Input, retries and
//! dead-letter queue, asynchronous retries, alarms, and the permissions, to the last one.
//!
//! The translation is that of CloudFormation's own transform (aws-sam-translator).

use std::{path::Path, process::Command, sync::LazyLock};

use serde_json::{Value, json};

mod alarms;
mod permissions;

const TRANSLATE: &str = "
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class Policies:
    def load(self):
        return {}

template = yaml_parse(open('template.yaml').read())
template['Resources']['HourlyUpdate']['Properties']['CodeUri'] = 's3://bucket/key' # as sam deploy leaves it
print(json.dumps(transform(template, {}, Policies())))
";

/// The translated template. SAM fills in parameters only where it has to, so `Ref`s stay.
static TEMPLATE: LazyLock<Value> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join(".venv/ministack/bin/python"))
        .args(["-c", TRANSLATE])
        .current_dir(root)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .expect("run `make venv`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

fn resource(name: &str) -> &'static Value {
    TEMPLATE["Resources"].get(name).unwrap_or_else(|| panic!("no {name}"))
}

/// The only resource of a type.
fn only(kind: &str) -> &'static Value {
    let all: Vec<_> = resources_of(kind).collect();
    assert_eq!(all.len(), 1, "{kind}");
    all[0].1
}

fn resources_of(kind: &str) -> impl Iterator<Item = (&'static String, &'static Value)> {
    let resources = TEMPLATE["Resources"].as_object().unwrap();
    resources.iter().filter(move |(_, resource)| resource["Type"] == kind)
}

fn arn(resource: &str) -> Value {
    json!({"Fn::GetAtt": [resource, "Arn"]})
}

#[test]
fn the_schedule_tells_its_time_is_retried_and_hands_over_what_lambda_does_not_take() {
    let schedule = &only("AWS::Scheduler::Schedule")["Properties"];
    assert_eq!(schedule["ScheduleExpression"], json!({"Ref": "ScheduleExpression"}));
    assert_eq!(
        schedule["ScheduleExpressionTimezone"],
        json!({"Ref": "ScheduleTimeZone"})
    );
    assert_eq!(schedule["State"], json!({"Ref": "ScheduleState"}));
    assert_eq!(schedule["FlexibleTimeWindow"], json!({"Mode": "OFF"}));
    assert_eq!(schedule.get("Name"), None, "a fixed name collides with another stack's");
    let target = &schedule["Target"];
    assert_eq!(target["Arn"], arn("HourlyUpdate"));
    assert_eq!(target["RoleArn"], arn("ScheduleRole"));
    assert_eq!(target["Input"], r#"{"time": "<aws.scheduler.scheduled-time>"}"#);
    let retries = json!({"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 900});
    assert_eq!(target["RetryPolicy"], retries);
    assert_eq!(target["DeadLetterConfig"], json!({"Arn": arn("NotPosted")}));
}

#[test]
fn a_failed_run_is_invoked_twice_more_within_the_hour_and_then_kept() {
    let invoke = &only("AWS::Lambda::EventInvokeConfig")["Properties"];
    assert_eq!(invoke["MaximumRetryAttempts"], 2);
    assert!(invoke["MaximumEventAgeInSeconds"].as_u64().unwrap() < 3600);
    assert_eq!(
        invoke["DestinationConfig"],
        json!({"OnFailure": {"Destination": arn("NotPosted")}})
    );
    let queue = &resource("NotPosted")["Properties"];
    assert_eq!(queue["SqsManagedSseEnabled"], true);
    let timeout = resource("HourlyUpdate")["Properties"]["Timeout"].as_u64().unwrap();
    assert!(
        queue["VisibilityTimeout"].as_u64().unwrap() > timeout,
        "one run takes a message once"
    );
    assert_eq!(queue["MessageRetentionPeriod"], 14 * 24 * 3600);
}

#[test]
fn the_ledger_has_the_key_and_the_expiry_that_the_function_writes() {
    let ledger = &resource("Ledger")["Properties"];
    assert_eq!(
        ledger["KeySchema"],
        json!([{"AttributeName": "message", "KeyType": "HASH"}])
    );
    let types = json!([{"AttributeName": "message", "AttributeType": "S"}]);
    assert_eq!(ledger["AttributeDefinitions"], types);
    let expiry = json!({"AttributeName": "expires", "Enabled": true});
    assert_eq!(ledger["TimeToLiveSpecification"], expiry);
    let variables = &resource("HourlyUpdate")["Properties"]["Environment"]["Variables"];
    assert_eq!(variables["HOURLY_LEDGER"], json!({"Ref": "Ledger"}));
}

/// A password that somebody has put there outlives every update; what the function can make again does not.
#[test]
fn what_people_have_typed_is_never_deleted_with_the_stack() {
    for (name, deletion, replacement) in [
        ("SkypeSecret", "RetainExceptOnCreate", "Retain"),
        ("SkypeSessionSecret", "Delete", "Delete"),
    ] {
        let secret = resource(name);
        assert_eq!(secret["DeletionPolicy"], deletion, "{name}");
        assert_eq!(secret["UpdateReplacePolicy"], replacement, "{name}");
    }
    assert_eq!(resources_of("AWS::SecretsManager::Secret").count(), 2);
}

/// What there is under a condition, and nothing instead.
fn if_any(value: &Value) -> (Option<&str>, &Value) {
    let Some(branches) = value.get("Fn::If") else {
        return (None, value);
    };
    assert_eq!(branches[2], json!({"Ref": "AWS::NoValue"}));
    (branches[0].as_str(), &branches[1])
}

/// Without a group there is nothing of Skype, not even the variables that the shipped report names.
#[test]
fn skype_is_optional() {
    let has = |parameter: &str| json!({"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]});
    assert_eq!(TEMPLATE["Conditions"]["HasSkype"], has("SkypeGroup"));
    assert_eq!(TEMPLATE["Parameters"]["SkypeGroup"]["Default"], "");
    for name in ["SkypeSecret", "SkypeSessionSecret"] {
        assert_eq!(resource(name)["Condition"], "HasSkype", "{name}");
    }
    for (name, output) in TEMPLATE["Outputs"].as_object().unwrap() {
        let of_skype = output.to_string().contains("Skype");
        assert_eq!(output.get("Condition").is_some(), of_skype, "{name}");
    }
    let variables = &resource("HourlyUpdate")["Properties"]["Environment"]["Variables"];
    for (name, value) in variables.as_object().unwrap() {
        let condition = name.starts_with("SKYPE_").then_some("HasSkype");
        assert_eq!(if_any(value).0, condition, "{name}");
    }
}

/// Each is a whole ARN: no wildcard, no other service, no bucket of secrets.
#[test]
fn what_further_destinations_need_is_named_to_the_last_character() {
    let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:hourly-update/slack-AbCdEf";
    let topic = "arn:aws:sns:eu-west-1:111122223333:hourly-update";
    for (parameter, condition, good, of_others) in [
        ("SecretArns", "HasSecrets", vec![secret], topic),
        ("RotatedSecretArns", "HasRotatedSecrets", vec![secret], topic),
        (
            "TopicArns",
            "HasTopics",
            vec![topic, "arn:aws:sns:eu-west-1:111122223333:hourly.fifo"],
            secret,
        ),
    ] {
        let described = &TEMPLATE["Parameters"][parameter];
        assert_eq!(
            (&described["Type"], &described["Default"]),
            (&json!("CommaDelimitedList"), &json!(""))
        );
        let joined = json!({"Fn::Join": ["", {"Ref": parameter}]});
        let is_given = json!({"Fn::Not": [{"Fn::Equals": [joined, ""]}]});
        assert_eq!(TEMPLATE["Conditions"][condition], is_given);
        let pattern = described["AllowedPattern"].as_str().unwrap();
        let mut bad = vec!["*".to_owned(), "hourly".to_owned(), of_others.to_owned()];
        bad.extend(good.iter().flat_map(|arn| {
            let (stem, _) = arn.rsplit_once(':').unwrap();
            [
                format!("{stem}:*"),
                format!("{arn}*"),
                format!("{arn}?"),
                format!("{stem}:"),
                format!(" {arn}"),
            ]
        }));
        bad.push(secret.replace("-AbCdEf", "-??????"));
        bad.push(secret.replace("111122223333", "*"));
        let matches = |text: &str| matches(pattern, text);
        assert!(good.iter().all(|arn| matches(arn)) && matches(""), "{parameter}");
        for bad in &bad {
            assert!(!matches(bad), "{parameter}: {bad}");
        }
    }
}

/// Whether a whole text matches a pattern of the template, as Python reads it.
fn matches(pattern: &str, text: &str) -> bool {
    let script = "import re, sys; sys.exit(not re.fullmatch(*sys.argv[1:]))";
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/ministack/bin/python");
    let mut command = Command::new(python);
    command.args(["-c", script, pattern, text]).status().unwrap().success()
}

#[test]
fn the_alarms_look_for_the_shipped_report() {
    let shipped = hourly_update::report::SHIPPED;
    let name = TEMPLATE["Parameters"]["ReportName"]["Default"].as_str().unwrap();
    assert!(
        shipped
            .lines()
            .any(|line| line.starts_with(&format!("report: {name} "))),
        "{name}"
    );
}
