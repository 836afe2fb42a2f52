//! Permissions of the roles, to the last one, and what queue and ledger refuse to everybody.

use serde_json::{Value, json};

use super::{arn, if_any, only, resource, resources_of};

#[test]
fn every_role_has_exactly_these_permissions() {
    let sub = |text: &str| json!({"Fn::Sub": text});
    let reader = |account| {
        sub(&format!(
            "arn:${{AWS::Partition}}:iam::${{{account}}}:role/${{ReaderRoleName}}"
        ))
    };
    let skype = json!({"Fn::GetAtt": ["SkypeSecret", "Id"]});
    let session = json!({"Fn::GetAtt": ["SkypeSessionSecret", "Id"]});
    let (get, put) = ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue");
    let expected = [
        (
            "FunctionRole",
            "lambda.amazonaws.com",
            vec![
                (
                    None,
                    json!("sts:AssumeRole"),
                    json!([reader("ProductionAccountId"), reader("StagingAccountId")]),
                ),
                (Some("HasSkype"), json!(get), json!([skype, session])),
                (Some("HasSkype"), json!(put), session),
                (Some("HasSecrets"), json!(get), json!({"Ref": "SecretArns"})),
                (
                    Some("HasRotatedSecrets"),
                    json!([get, put]),
                    json!({"Ref": "RotatedSecretArns"}),
                ),
                (Some("HasTopics"), json!("sns:Publish"), json!({"Ref": "TopicArns"})),
                (None, json!("dynamodb:UpdateItem"), arn("Ledger")),
                (None, json!("sqs:SendMessage"), arn("NotPosted")),
                (
                    None,
                    json!(["logs:CreateLogStream", "logs:PutLogEvents"]),
                    arn("FunctionLogs"),
                ),
            ],
        ),
        (
            "ScheduleRole",
            "scheduler.amazonaws.com",
            vec![
                (None, json!("lambda:InvokeFunction"), arn("HourlyUpdate")),
                (None, json!("sqs:SendMessage"), arn("NotPosted")),
            ],
        ),
    ];
    let roles: Vec<_> = resources_of("AWS::IAM::Role").map(|(name, _)| name.as_str()).collect();
    assert_eq!(roles, expected.each_ref().map(|(name, ..)| *name), "SAM adds none");
    for kind in [
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::RolePolicy",
        "AWS::Lambda::Permission",
    ] {
        assert_eq!(resources_of(kind).count(), 0, "{kind}");
    }
    for (name, service, permissions) in expected {
        let role = &resource(name)["Properties"];
        assert_eq!(role.get("ManagedPolicyArns"), None, "{name}");
        let trust = role["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap();
        assert_eq!(trust.len(), 1, "{name}");
        assert_eq!(trust[0]["Principal"], json!({"Service": service}), "{name}");
        let condition = (name == "ScheduleRole").then(|| {
            let group = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default";
            let account = json!({"Ref": "AWS::AccountId"});
            json!({"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": sub(group)}})
        });
        assert_eq!(trust[0].get("Condition"), condition.as_ref(), "{name}");
        let policies = role["Policies"].as_array().unwrap();
        assert_eq!(policies.len(), 1, "{name}");
        let statements = policies[0]["PolicyDocument"]["Statement"].as_array().unwrap();
        let given: Vec<_> = statements
            .iter()
            .map(if_any)
            .inspect(|(_, statement)| assert_eq!(statement["Effect"], "Allow", "{name}"))
            .map(|(condition, statement)| (condition, statement["Action"].clone(), statement["Resource"].clone()))
            .collect();
        assert_eq!(given, permissions, "{name}");
    }
}

/// The schedule is in the group that its role trusts: the one without a name of its own.
#[test]
fn the_schedule_is_in_the_default_group() {
    assert_eq!(only("AWS::Scheduler::Schedule")["Properties"].get("GroupName"), None);
}

#[test]
fn queue_and_ledger_take_nothing_that_was_not_encrypted_on_its_way() {
    let refused = |action: &str, resource: Value| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": resource,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }]})
    };
    let policy = &only("AWS::SQS::QueuePolicy")["Properties"];
    assert_eq!(policy["Queues"], json!([{"Ref": "NotPosted"}]));
    assert_eq!(policy["PolicyDocument"], refused("sqs:*", arn("NotPosted")));
    let policy = &resource("Ledger")["Properties"]["ResourcePolicy"]["PolicyDocument"];
    assert_eq!(*policy, refused("dynamodb:*", json!("*")));
}
