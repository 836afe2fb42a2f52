//! Whose turn it is to renew a sign-in: one item for each secret, with `holder`, `lease` and `expires` as a message has them.

use std::time::Duration;

use super::{PostedTable, is_held_by_another, number, text};
use crate::{aws::failure::Failure, delivery::secrets::Renewal};

/// How long an item is kept: it says nothing once its lease has run out.
const KEPT: i64 = 24 * 3600;

/// The key of a secret's item. Messages' keys have `|` in them, which names of secrets cannot have.
fn item_key(secret: &str) -> String {
    format!("renewal of {secret}")
}

impl PostedTable {
    /// Claims the right to renew what a secret holds for `lease`, unless another run's claim still holds.
    pub async fn claim_renewal(&self, secret: &str, lease: Duration) -> Renewal {
        let now = self.clock.now().as_second();
        let until = now.saturating_add_unsigned(lease.as_secs());
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("message", text(item_key(secret)))
            .condition_expression("attribute_not_exists(lease) OR lease < :now OR holder = :run")
            .update_expression("SET holder = :run, lease = :until, expires = :expires")
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":run", text(&self.run))
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":expires", number(now.saturating_add(KEPT)))
            .send()
            .await;
        match answer {
            Ok(_) => Renewal::Granted,
            Err(error) if is_held_by_another(&error) => Renewal::InProgress,
            Err(error) => Renewal::OutOfReach(Failure::of(&error).what),
        }
    }

    /// Ends the claim; what fails here runs out.
    pub async fn end_renewal(&self, secret: &str) {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("message", text(item_key(secret)))
            .condition_expression("holder = :run")
            .update_expression("REMOVE holder, lease")
            .expression_attribute_values(":run", text(&self.run))
            .send()
            .await;
        if let Err(error) = answer {
            let why = Failure::of(&error).what;
            tracing::debug!(secret, why, "the claim of a renewal runs out by itself");
        }
    }
}
