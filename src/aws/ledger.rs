//! DynamoDB: what has been posted, so that nothing is posted twice.
//!
//! One item for each message, written by conditional puts. `state` is `claimed` while somebody posts (until `lease`,
//! in seconds since 1970), `posted`, `free` after a failure, or `unsure` when the answer never came. DynamoDB deletes
//! an item at `expires`, when its hour is too old to be run again; what it has not got round to deleting does no harm.

use std::{collections::HashMap, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use tokio::time::timeout;

use super::failure::Failure;
use crate::{
    clock::Clock,
    run::{Claim, Ending, Key, Ledger},
    trigger::OLDEST,
};

/// How long the table may take to answer. The update is due: without an answer it is posted with a mark.
const TIME_LIMIT: Duration = Duration::from_secs(6);

/// How much longer an item is kept than its hour can be run again.
const SPARE: Duration = Duration::from_secs(2 * 24 * 3600);

/// The ledger; without a table, everything is posted whenever it is asked for.
pub struct PostedTable {
    client: Client,
    table: Option<String>,
    clock: Clock,
    /// Tells this run's claims from those of others, even when the SDK sends one twice.
    claim: String,
}

impl PostedTable {
    /// The ledger of one run, in the table with this name in the region of `sdk`.
    pub fn new(sdk: &SdkConfig, table: Option<String>, clock: Clock) -> Self {
        Self::with(Client::new(sdk), table, clock)
    }

    fn with(client: Client, table: Option<String>, clock: Clock) -> Self {
        let claim = format!("{}-{}", clock.now().as_nanosecond(), std::process::id());
        Self {
            client,
            table,
            clock,
            claim,
        }
    }

    async fn try_claim(&self, table: &str, key: &Key, lease: Duration, again: bool) -> Claim {
        let now = self.clock.now().as_second();
        let until = now + i64::try_from(lease.as_secs()).unwrap_or(0);
        let mut open = "attribute_not_exists(#state) OR #state IN (:free, :unsure) \
                        OR (#state = :claimed AND #lease < :now) OR #claim = :claim"
            .to_owned();
        let mut put = self
            .client
            .put_item()
            .table_name(table)
            .item("message", text(item_key(key)))
            .item("state", text("claimed"))
            .item("claim", text(&self.claim))
            .item("lease", number(until))
            .item("expires", number(expires(key)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#lease", "lease")
            .expression_attribute_names("#claim", "claim")
            .expression_attribute_values(":free", text("free"))
            .expression_attribute_values(":unsure", text("unsure"))
            .expression_attribute_values(":claimed", text("claimed"))
            .expression_attribute_values(":claim", text(&self.claim))
            .expression_attribute_values(":now", number(now));
        if again {
            open.push_str(" OR #state = :posted");
            put = put.expression_attribute_values(":posted", text("posted"));
        }
        let answer = put
            .condition_expression(open)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(put) => self.granted(put.attributes()),
            Err(error) => refused(error),
        }
    }

    /// What a claim that went through replaced.
    fn granted(&self, old: Option<&HashMap<String, AttributeValue>>) -> Claim {
        let is = |name: &str, value: &str| old.and_then(|old| attribute(old, name)) == Some(value);
        if is("claim", &self.claim) {
            return Claim::Granted;
        }
        if is("state", "claimed") || is("state", "unsure") {
            return Claim::Unsure;
        }
        Claim::Granted
    }

    async fn try_close(&self, table: &str, key: &Key, ending: &Ending) -> Result<(), String> {
        let (state, id) = match ending {
            Ending::Posted { id } => ("posted", id.as_deref()),
            Ending::NotPosted => ("free", None),
            Ending::Unsure => ("unsure", None),
        };
        let mut update = self
            .client
            .update_item()
            .table_name(table)
            .key("message", text(item_key(key)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#expires", "expires")
            .expression_attribute_values(":state", text(state))
            .expression_attribute_values(":expires", number(expires(key)));
        let mut change = "SET #state = :state, #expires = :expires".to_owned();
        if let Some(id) = id {
            change.push_str(", #id = :id");
            update = update
                .expression_attribute_names("#id", "id")
                .expression_attribute_values(":id", text(id));
        }
        if !matches!(ending, Ending::Posted { .. }) {
            // what another run has claimed meanwhile is its own
            update = update
                .condition_expression("#claim = :claim")
                .expression_attribute_names("#claim", "claim")
                .expression_attribute_values(":claim", text(&self.claim));
        }
        let answer = update.update_expression(change).send().await;
        answer.map(|_| ()).map_err(|error| Failure::of(&error).what)
    }
}

impl Ledger for PostedTable {
    async fn claim(&self, key: &Key, lease: Duration, again: bool) -> Claim {
        let Some(table) = &self.table else {
            return Claim::Granted;
        };
        timeout(TIME_LIMIT, self.try_claim(table, key, lease, again))
            .await
            .unwrap_or_else(|_| Claim::OutOfReach("no answer in time".into()))
    }

    async fn close(&self, key: &Key, ending: Ending) -> Result<(), String> {
        let Some(table) = &self.table else {
            return Ok(());
        };
        timeout(TIME_LIMIT, self.try_close(table, key, &ending))
            .await
            .unwrap_or_else(|_| Err("no answer in time".into()))
    }
}

/// What a claim that did not go through ran into.
fn refused(error: SdkError<PutItemError, aws_sdk_dynamodb::config::http::HttpResponse>) -> Claim {
    if let Some(PutItemError::ConditionalCheckFailedException(taken)) = error.as_service_error() {
        let found = |name| taken.item().and_then(|item| attribute(item, name));
        return match found("state") {
            Some("posted") => Claim::Posted {
                id: found("id").map(str::to_owned),
            },
            _ => Claim::InProgress,
        };
    }
    Claim::OutOfReach(Failure::of(&error).what)
}

fn item_key(key: &Key) -> String {
    format!("{}|{}|{}", key.report, key.as_of, key.destination)
}

fn expires(key: &Key) -> i64 {
    let end = key.as_of.saturating_add(OLDEST + SPARE).unwrap_or(key.as_of);
    end.as_second()
}

fn attribute<'a>(item: &'a HashMap<String, AttributeValue>, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
