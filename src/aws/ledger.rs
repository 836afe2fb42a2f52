//! DynamoDB: what has been posted, so that nothing is posted twice.
//!
//! One item for each message, changed by conditional updates only:
//!
//! | attribute | |
//! |---|---|
//! | `message` | the key: report, as of, destination, and the request if it was posted on request |
//! | `posted` | that it is posted: the chat's id of it, or nothing |
//! | `holder`, `lease` | the run that is posting it, and until when nobody else may (seconds since 1970) |
//! | `claims` | all runs that may have posted it without telling: who died, and who had no answer |
//! | `expires` | when DynamoDB may delete the item: its hour is too old to be run again |
//!
//! A run may post what is neither posted nor held; what other runs' claims are left then decides whether it may be a
//! repeat. `claims` is a set and each run adds and removes itself alone, so a claim means the same however often the
//! SDK sends it, and a run that failed for sure takes nobody else's doubt away. Leases are compared with the clocks of
//! several machines: a clock that is wrong by more than a lease can only lead to a message that is marked as repeated,
//! or to waiting.
//!
//! Items of another kind say whose turn it is to renew a sign-in: see `renewal`.
//!
//! A claim may have got lost, or been taken over since. What is posted and what is doubtful is recorded all the same.

use std::{collections::HashMap, time::Duration};

use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{self, http::HttpResponse},
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::failure::Failure;
use crate::{
    clock::Clock,
    delivery::{
        key::Key,
        ledger::{Claim, Ending, Ledger},
    },
    trigger::OLDEST,
};

mod renewal;

/// How long one request may take, so that a lost one is sent again before the run stops waiting.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1500);

/// How much longer an item is kept than its hour can be run again.
const SPARE: Duration = Duration::from_secs(2 * 24 * 3600);

/// The ledger of one run.
pub struct PostedTable {
    client: Client,
    table: String,
    clock: Clock,
    /// Tells this run's claims from those of others.
    run: String,
}

impl PostedTable {
    /// In the table with this name in the region of `sdk`.
    pub fn new(sdk: &SdkConfig, table: String, clock: Clock) -> Self {
        let limits = sdk
            .timeout_config()
            .map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let config = config::Builder::from(sdk).timeout_config(limits).build();
        let run = format!("{}-{}", clock.now().as_nanosecond(), std::process::id());
        Self::with(Client::from_conf(config), table, clock, run)
    }

    fn with(client: Client, table: String, clock: Clock, run: String) -> Self {
        Self {
            client,
            table,
            clock,
            run,
        }
    }

    fn myself(&self) -> AttributeValue {
        AttributeValue::Ss(vec![self.run.clone()])
    }

    /// Whether an item names other runs that may have posted the message.
    fn others(&self, item: &HashMap<String, AttributeValue>) -> bool {
        let claims = item.get("claims").and_then(|claims| claims.as_ss().ok());
        claims.is_some_and(|claims| claims.iter().any(|run| *run != self.run))
    }
}

impl Ledger for PostedTable {
    async fn claim(&self, key: &Key, lease: Duration) -> Claim {
        let now = self.clock.now().as_second();
        let until = now.saturating_add_unsigned(lease.as_secs());
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("message", text(item_key(key)))
            .condition_expression(
                "attribute_not_exists(posted) AND (attribute_not_exists(lease) OR lease < :now OR holder = :run)",
            )
            .update_expression("SET holder = :run, lease = :until, expires = :expires ADD claims :myself")
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":run", text(&self.run))
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":expires", number(expires(key)))
            .expression_attribute_values(":myself", self.myself())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) if answer.attributes().is_some_and(|item| self.others(item)) => Claim::Unsure,
            Ok(_) => Claim::Granted,
            Err(error) => refused(&error),
        }
    }

    async fn close(&self, key: &Key, ending: Ending) -> Result<(), String> {
        let update = || {
            let update = self.client.update_item().table_name(&self.table);
            update.key("message", text(item_key(key)))
        };
        let first = match ending.clone() {
            // whoever holds it: it is posted
            Ending::Posted { id } => update()
                .update_expression("SET posted = :id, expires = :expires REMOVE holder, lease, claims")
                .expression_attribute_values(":id", text(id.unwrap_or_default()))
                .expression_attribute_values(":expires", number(expires(key))),
            // what another run has claimed meanwhile is its own
            Ending::NotPosted => update()
                .update_expression("REMOVE holder, lease DELETE claims :myself")
                .condition_expression("holder = :run")
                .expression_attribute_values(":run", text(&self.run))
                .expression_attribute_values(":myself", self.myself()),
            Ending::Unsure => update()
                .update_expression("REMOVE holder, lease")
                .condition_expression("holder = :run")
                .expression_attribute_values(":run", text(&self.run)),
        };
        let closed = match (first.send().await, ending) {
            (Err(error), Ending::NotPosted) if is_held_by_another(&error) => return Ok(()),
            (Err(error), Ending::Unsure) if is_held_by_another(&error) => {
                let doubt = update()
                    .update_expression("SET expires = :expires ADD claims :myself")
                    .expression_attribute_values(":expires", number(expires(key)))
                    .expression_attribute_values(":myself", self.myself());
                doubt.send().await
            }
            (closed, _) => closed,
        };
        match closed {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::of(&error).what),
        }
    }
}

/// Whether there is no claim of this run: it did not get through, or has run out and another run has its own.
fn is_held_by_another(error: &SdkError<UpdateItemError, HttpResponse>) -> bool {
    let error = error.as_service_error();
    error.is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// The obstacle that a claim ran into.
fn refused(error: &SdkError<UpdateItemError, HttpResponse>) -> Claim {
    let Some(UpdateItemError::ConditionalCheckFailedException(taken)) = error.as_service_error() else {
        return Claim::OutOfReach(Failure::of(error).what);
    };
    match taken.item().and_then(|item| item.get("posted")?.as_s().ok()) {
        Some(id) => Claim::Posted {
            id: (!id.is_empty()).then(|| id.clone()),
        },
        None => Claim::InProgress,
    }
}

fn item_key(key: &Key) -> String {
    let hour = format!("{}|{}|{}", key.report, key.as_of, key.destination);
    match &key.request {
        None => hour,
        Some(request) => format!("{hour}|{request}"),
    }
}

fn expires(key: &Key) -> i64 {
    let end = key.as_of.saturating_add(OLDEST + SPARE).unwrap_or(key.as_of);
    end.as_second()
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests;
