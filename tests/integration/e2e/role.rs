//! What the deployed function's role may do: every permission is needed, and there is none besides.

use aws_sdk_sts::config::Credentials;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::accounts::{FUNCTION_ROLE, SESSION_SECRET, SKYPE_SECRET, reader_arn};

use super::stack::{EXTERNAL_ID, MONITORING, PRODUCTION, ROTATED_SECRET, SLACK_SECRET, STACK, TOPIC, World};

/// So many commands run at once: most of their time is that of their start.
const AT_ONCE: usize = 4;

pub async fn can_do_what_it_needs_and_nothing_else(world: &World) {
    let role = act_as_function(world).await;
    let role_arn = format!("arn:aws:iam::{MONITORING}:role/{FUNCTION_ROLE}");
    let reader = reader_arn(PRODUCTION);
    let foreign = format!("arn:aws:iam::{PRODUCTION}:role/admin");
    let function = world.output("FunctionName").await;
    let queue = world.output("NotPostedQueueUrl").await;
    let table = world.output("LedgerName").await;
    let log = world.output("LogGroupName").await;
    let item = r#"{"message":{"S":"tried"}}"#;
    let other_table = [
        "dynamodb",
        "create-table",
        "--table-name",
        "other",
        "--billing-mode",
        "PAY_PER_REQUEST",
    ];
    let key = ["--attribute-definitions", "AttributeName=message,AttributeType=S"];
    let schema = ["--key-schema", "AttributeName=message,KeyType=HASH"];
    world
        .admin(MONITORING, &[&other_table[..], &key[..], &schema[..]].concat())
        .await;
    let create = [
        "secretsmanager",
        "create-secret",
        "--name",
        "other",
        "--secret-string",
        "of somebody else",
    ];
    world.admin(MONITORING, &create).await;

    let other_topic = world
        .admin(MONITORING, &["sns", "create-topic", "--name", "other"])
        .await;
    let other_topic = other_topic["TopicArn"].as_str().unwrap();

    let assume = |arn| vec!["sts", "assume-role", "--role-session-name", "tried", "--role-arn", arn];
    let put_metric = ["cloudwatch", "put-metric-data", "--namespace", "HourlyUpdate"];
    let get = |secret| vec!["secretsmanager", "get-secret-value", "--secret-id", secret];
    let put = |secret| {
        vec![
            "secretsmanager",
            "put-secret-value",
            "--secret-id",
            secret,
            "--secret-string",
            "{}",
        ]
    };
    let publish = |topic| vec!["sns", "publish", "--message", "{}", "--topic-arn", topic];
    let update_item = |table| vec!["dynamodb", "update-item", "--key", item, "--table-name", table];
    // What it needs of logs is not among these: a log group's ARN ends in `:*` for CloudFormation and AWS's IAM, but not
    // for the local one.
    let needed = [
        [assume(&reader), vec!["--external-id", EXTERNAL_ID]].concat(),
        get(SKYPE_SECRET),
        get(SESSION_SECRET),
        put(SESSION_SECRET),
        get(SLACK_SECRET),
        get(ROTATED_SECRET),
        put(ROTATED_SECRET),
        publish(TOPIC),
        update_item(&table),
        vec!["sqs", "send-message", "--queue-url", &queue, "--message-body", "{}"],
    ];
    let said = all(world, &role, &needed).await;
    let refused: Vec<_> = said.into_iter().filter_map(Result::err).collect();
    assert!(refused.is_empty(), "needed, but denied: {refused:#?}");
    let denied = [
        assume(&reader), // without the external id
        assume(&foreign),
        assume(&role_arn),
        get("other"),
        put(SKYPE_SECRET),
        put(SLACK_SECRET),
        vec!["secretsmanager", "delete-secret", "--secret-id", ROTATED_SECRET],
        publish(other_topic),
        vec!["sns", "delete-topic", "--topic-arn", TOPIC],
        vec!["sns", "get-topic-attributes", "--topic-arn", TOPIC],
        vec!["secretsmanager", "list-secrets"],
        vec!["secretsmanager", "delete-secret", "--secret-id", SESSION_SECRET],
        update_item("other"),
        vec!["dynamodb", "put-item", "--item", item, "--table-name", &table],
        vec!["dynamodb", "scan", "--table-name", &table],
        vec!["dynamodb", "get-item", "--table-name", &table, "--key", item],
        vec!["dynamodb", "delete-item", "--table-name", &table, "--key", item],
        vec!["dynamodb", "delete-table", "--table-name", &table],
        vec!["sqs", "receive-message", "--queue-url", &queue],
        vec!["sqs", "purge-queue", "--queue-url", &queue],
        vec!["logs", "describe-log-groups"],
        vec!["logs", "delete-log-group", "--log-group-name", &log],
        [&put_metric[..], &["--metric-name", "Posted", "--value", "1"]].concat(),
        vec!["cloudwatch", "list-metrics"],
        vec!["cloudwatch", "delete-alarms", "--alarm-names", "any"],
        vec!["lambda", "invoke", "--function-name", &function, "/dev/null"],
        vec!["lambda", "get-function", "--function-name", &function],
        vec!["scheduler", "list-schedules"],
        vec!["cloudformation", "delete-stack", "--stack-name", STACK],
        vec!["iam", "list-users"],
        vec![
            "iam",
            "delete-role-policy",
            "--role-name",
            FUNCTION_ROLE,
            "--policy-name",
            "hourly-update",
        ],
        vec!["s3api", "list-buckets"],
        vec!["sns", "list-topics"],
        vec!["ssm", "describe-parameters"],
        vec!["kms", "list-keys"],
        vec!["ec2", "describe-instances"],
    ];
    let codes = ["(AccessDenied", "(AuthorizationError)", "(UnauthorizedOperation)"]; // services differ
    let mut allowed = Vec::new();
    for (call, said) in denied.iter().zip(all(world, &role, &denied).await) {
        match said {
            Err(error) if codes.iter().any(|code| error.contains(code)) => {}
            Err(error) => allowed.push(error),
            Ok(_) => allowed.push(call.join(" ")),
        }
    }
    assert!(allowed.is_empty(), "not needed, and not denied: {allowed:#?}");
}

/// What becomes of each of these commands.
async fn all(world: &World, role: &Credentials, calls: &[Vec<&str>]) -> Vec<Result<String, String>> {
    let mut said = Vec::new();
    for calls in calls.chunks(AT_ONCE) {
        said.extend(join_all(calls.iter().map(|call| world.as_whom(role, call))).await);
    }
    said
}

/// Credentials under the function's role. Its trust policy, which takes Lambda alone, is widened for that; what the role
/// may do stays as deployed.
async fn act_as_function(world: &World) -> Credentials {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{MONITORING}:root")},
        "Action": "sts:AssumeRole",
    }]});
    let update = [
        "iam",
        "update-assume-role-policy",
        "--role-name",
        FUNCTION_ROLE,
        "--policy-document",
    ];
    world
        .admin(MONITORING, &[&update[..], &[&trust.to_string()]].concat())
        .await;
    let arn = format!("arn:aws:iam::{MONITORING}:role/{FUNCTION_ROLE}");
    let assume = ["sts", "assume-role", "--role-session-name", "test", "--role-arn", &arn];
    let answer: Value = world.admin(MONITORING, &assume).await;
    let key = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let token = Some(key("SessionToken"));
    Credentials::new(
        key("AccessKeyId"),
        key("SecretAccessKey"),
        token,
        None,
        "the function's role",
    )
}
