use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_795_356_720;
const LEASE: Duration = Duration::from_secs(55);

fn key(request: Option<&str>) -> Key {
    Key {
        report: "hourly".into(),
        as_of: "2026-11-22T13:57:00Z".parse().unwrap(),
        destination: "operations".into(),
        request: request.map(str::to_owned),
    }
}

/// The ledger of the run `me`, in front of a DynamoDB that follows `rule`.
fn ledger(rule: &Rule) -> PostedTable {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule], |config| config
        .retry_config(RetryConfig::standard().with_max_attempts(super::super::ATTEMPTS)));
    let clock = Clock::starting_at(jiff::Timestamp::from_second(NOW).unwrap());
    PostedTable::with(client, "ledger".into(), clock, "me".into())
}

/// Answers with HTTP, as often as it is asked.
fn answering(status: u16, body: &Value) -> Rule {
    let body = body.to_string();
    mock!(Client::update_item)
        .sequence()
        .http_status(status, Some(body))
        .times(2)
        .build()
}

/// Takes what `expected` accepts.
fn taking(expected: fn(&UpdateItemInput) -> bool, item: Option<HashMap<String, AttributeValue>>) -> Rule {
    mock!(Client::update_item)
        .match_requests(expected)
        .then_output(move || UpdateItemOutput::builder().set_attributes(item.clone()).build())
}

/// An item as it is after a claim of `me`, with these claims in it.
fn claimed_by(claims: &[&str]) -> Option<HashMap<String, AttributeValue>> {
    let claims = claims.iter().map(|run| (*run).to_owned()).collect();
    Some(HashMap::from([("claims".to_owned(), AttributeValue::Ss(claims))]))
}

fn values(input: &UpdateItemInput) -> Vec<(&str, String)> {
    let mut values: Vec<_> = input
        .expression_attribute_values()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = match value {
                AttributeValue::S(text) => text.clone(),
                AttributeValue::N(number) => format!("number {number}"),
                AttributeValue::Ss(set) => format!("set of {}", set.join(", ")),
                other => format!("{other:?}"),
            };
            (name.as_str(), value)
        })
        .collect();
    values.sort();
    values
}

fn is_for(input: &UpdateItemInput, message: &str) -> bool {
    let key = input.key().unwrap();
    assert_eq!(input.table_name(), Some("ledger"));
    assert_eq!(input.expression_attribute_names(), None);
    assert_eq!((key.len(), key["message"].as_s().unwrap().as_str()), (1, message));
    true
}

const HOUR: &str = "hourly|2026-11-22T13:57:00Z|operations";
/// 16 days after as of.
const EXPIRES: &str = "number 1796738220";

#[tokio::test]
async fn a_claim_asks_for_what_is_neither_posted_nor_held() {
    let claim = taking(
        |input| {
            assert_eq!(
                input.condition_expression(),
                Some("attribute_not_exists(posted) AND (attribute_not_exists(lease) OR lease < :now OR holder = :run)")
            );
            assert_eq!(
                input.update_expression(),
                Some("SET holder = :run, lease = :until, expires = :expires ADD claims :myself")
            );
            let expected = [
                (":expires", EXPIRES),
                (":myself", "set of me"),
                (":now", "number 1795356720"),
                (":run", "me"),
                (":until", "number 1795356775"),
            ];
            assert_eq!(values(input), expected.map(|(name, value)| (name, value.to_owned())));
            assert_eq!(input.return_values(), Some(&ReturnValue::AllNew));
            assert_eq!(
                input.return_values_on_condition_check_failure(),
                Some(&ReturnValuesOnConditionCheckFailure::AllOld)
            );
            is_for(input, HOUR)
        },
        claimed_by(&["me"]),
    );
    assert_eq!(ledger(&claim).claim(&key(None), LEASE).await, Claim::Granted);
}

#[tokio::test]
async fn what_was_asked_for_is_another_message() {
    let claim = taking(
        |input| is_for(input, "hourly|2026-11-22T13:57:00Z|operations|8476a536"),
        None,
    );
    assert_eq!(
        ledger(&claim).claim(&key(Some("8476a536")), LEASE).await,
        Claim::Granted
    );
}

#[tokio::test]
async fn claims_of_others_leave_doubt() {
    for (claims, expected) in [
        (&["me"][..], Claim::Granted),
        (&["other"], Claim::Unsure),
        (&["me", "other"], Claim::Unsure),
    ] {
        let rule = taking(|_| true, claimed_by(claims));
        assert_eq!(ledger(&rule).claim(&key(None), LEASE).await, expected, "{claims:?}");
    }
}

/// The answer of DynamoDB to a condition that does not hold.
fn taken(item: Value) -> Value {
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": item,
    })
}

#[tokio::test]
async fn what_is_posted_or_held_is_refused() {
    let posted = |id: Option<&str>| Claim::Posted {
        id: id.map(str::to_owned),
    };
    for (item, expected) in [
        (json!({"posted": {"S": "1763820000"}}), posted(Some("1763820000"))),
        (json!({"posted": {"S": ""}}), posted(None)),
        (
            json!({"holder": {"S": "other"}, "lease": {"N": "1795356730"}}),
            Claim::InProgress,
        ),
    ] {
        let rule = answering(400, &taken(item.clone()));
        assert_eq!(ledger(&rule).claim(&key(None), LEASE).await, expected, "{item}");
        assert_eq!(rule.num_calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_else_goes_wrong_is_out_of_reach() {
    let error = |code: &str| json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no"});
    for (status, code, calls) in [
        (400, "AccessDeniedException", 1),
        (400, "ResourceNotFoundException", 1),
        (400, "ValidationException", 1),
        (400, "ProvisionedThroughputExceededException", 2),
        (400, "ThrottlingException", 2),
        (500, "InternalServerError", 2),
    ] {
        let rule = answering(status, &error(code));
        let claim = ledger(&rule).claim(&key(None), LEASE).await;
        assert_eq!(claim, Claim::OutOfReach(code.into()));
        assert_eq!(rule.num_calls(), calls, "{code}");
        let rule = answering(status, &error(code));
        let closed = ledger(&rule).close(&key(None), Ending::NotPosted).await;
        assert_eq!(closed, Err(code.into()));
    }
}

#[tokio::test]
async fn posted_is_recorded_whoever_holds_it() {
    let close = taking(
        |input| {
            assert_eq!(input.condition_expression(), None);
            assert_eq!(
                input.update_expression(),
                Some("SET posted = :id, expires = :expires REMOVE holder, lease, claims")
            );
            let id = [(":expires", EXPIRES.to_owned()), (":id", "1763820000".to_owned())];
            let none = [(":expires", EXPIRES.to_owned()), (":id", String::new())];
            let values = values(input);
            assert!(values == id || values == none, "{values:?}");
            is_for(input, HOUR)
        },
        None,
    );
    for id in [Some("1763820000".to_owned()), None] {
        let closed = ledger(&close).close(&key(None), Ending::Posted { id }).await;
        assert_eq!(closed, Ok(()));
    }
    assert_eq!(close.num_calls(), 2);
}

#[tokio::test]
async fn a_run_takes_back_its_own_claim_alone() {
    let not_posted = taking(
        |input| {
            assert_eq!(input.condition_expression(), Some("holder = :run"));
            assert_eq!(
                input.update_expression(),
                Some("REMOVE holder, lease DELETE claims :myself")
            );
            let expected = [(":myself", "set of me"), (":run", "me")];
            assert_eq!(values(input), expected.map(|(name, value)| (name, value.to_owned())));
            is_for(input, HOUR)
        },
        None,
    );
    assert_eq!(ledger(&not_posted).close(&key(None), Ending::NotPosted).await, Ok(()));
    let unsure = taking(
        |input| {
            assert_eq!(input.condition_expression(), Some("holder = :run"));
            assert_eq!(input.update_expression(), Some("REMOVE holder, lease"));
            assert_eq!(values(input), [(":run", "me".to_owned())]);
            is_for(input, HOUR)
        },
        None,
    );
    assert_eq!(ledger(&unsure).close(&key(None), Ending::Unsure).await, Ok(()));
    let taken_over = answering(400, &taken(json!({"holder": {"S": "other"}})));
    let closed = ledger(&taken_over).close(&key(None), Ending::NotPosted).await;
    assert_eq!(closed, Ok(()), "there is nothing to take back");
}
