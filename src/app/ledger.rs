//! The ledger of a run, or none.

use std::time::Duration;

use crate::{
    aws::ledger::PostedTable,
    delivery::{
        key::Key,
        ledger::{Claim, Ending, Ledger},
    },
    destinations::clients::StandardOutput,
};

/// The ledger of a run, or none.
pub(super) enum RunLedger {
    /// The table of what has been posted.
    Table(PostedTable),
    /// No table has been named.
    Missing(StandardOutput),
}

impl Ledger for RunLedger {
    async fn claim(&self, key: &Key, lease: Duration) -> Claim {
        match self {
            Self::Table(table) => table.claim(key, lease).await,
            // Each call of the tool is a request of its own: nothing can have been posted for it before.
            Self::Missing(StandardOutput::Tool) if key.request.is_some() => Claim::Granted,
            Self::Missing(_) => Claim::OutOfReach("there is none: HOURLY_LEDGER is not set".into()),
        }
    }

    async fn close(&self, key: &Key, ending: Ending) -> Result<(), String> {
        match self {
            Self::Table(table) => table.close(key, ending).await,
            Self::Missing(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::as_of;

    #[tokio::test]
    async fn without_a_table_what_may_have_been_posted_is_marked() {
        let key = |request: Option<&str>| Key {
            report: "hourly".into(),
            as_of: as_of(),
            destination: "operations".into(),
            request: request.map(str::to_owned),
        };
        for (owner, request, is_granted) in [
            (StandardOutput::Log, None, false),
            // Lambda's retry has the same.
            (StandardOutput::Log, Some("8476a536"), false),
            (StandardOutput::Tool, None, false),
            (StandardOutput::Tool, Some("hourly 13:57"), true),
        ] {
            let ledger = RunLedger::Missing(owner);
            let claim = ledger.claim(&key(request), Duration::from_secs(55)).await;
            assert_eq!(claim == Claim::Granted, is_granted, "{request:?}");
            assert_eq!(matches!(claim, Claim::OutOfReach(_)), !is_granted, "{request:?}");
            assert_eq!(ledger.close(&key(request), Ending::Unsure).await, Ok(()));
        }
    }
}
