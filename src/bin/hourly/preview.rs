//! `hourly preview`: how an update is shown.

use clap::ValueEnum;
use hourly_update::{summary::Summary, update::message::Message};

/// The update as text, as each kind of destination gets it, or with all that is known of the run.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// What is posted to Skype
    Skype,
    /// What is posted to Slack
    Slack,
    /// What is posted to Teams, work or school
    Teams,
    /// What is posted to Teams Free
    #[value(name = "teams_free", alias = "teams-free")]
    TeamsFree,
    /// What is published to an SNS topic, by protocol
    Sns,
    /// What receivers of signed webhooks are sent
    Webhook,
    /// What is written to standard output and the function's log
    Log,
    /// What the function answers
    Json,
}

/// The update of a run in this format.
pub fn shown(summary: &Summary, format: Format) -> anyhow::Result<String> {
    let update = &summary.update;
    Ok(match format {
        Format::Text => summary.message.clone(),
        Format::Skype => hourly_update::destinations::skype::message::render(update, None).body,
        Format::Slack => pretty(&hourly_update::destinations::slack::message::render(update, None))?,
        Format::Teams => pretty(&hourly_update::destinations::teams::message::render(update, None))?,
        Format::TeamsFree => hourly_update::destinations::teams_free::message::render(update, None).body,
        Format::Sns => pretty(&hourly_update::destinations::sns::message::render(update, None))?,
        Format::Webhook => pretty(&hourly_update::destinations::webhook::message::render(update, None))?,
        Format::Log => hourly_update::destinations::log::message::render(update, None).body,
        Format::Json => serde_json::to_string_pretty(summary)?,
    })
}

/// JSON, for people. Numbers are those of the message to the last digit: serde_json's `float_roundtrip`.
fn pretty(message: &Message) -> anyhow::Result<String> {
    let value: serde_json::Value = serde_json::from_str(&message.body)?;
    Ok(serde_json::to_string_pretty(&value)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hourly_update::report::DestinationKind;

    use super::*;

    #[test]
    fn every_kind_of_destination_has_a_format() {
        for kind in DestinationKind::names() {
            assert!(Format::from_str(kind, false).is_ok(), "{kind}");
        }
    }

    #[test]
    fn numbers_are_shown_as_they_are_posted() {
        for value in (1..5_000_u32).map(|n| f64::from(n) / 997e3) {
            let number = serde_json::to_string(&value).unwrap();
            let body = format!(r#"{{"value":{number}}}"#);
            let format = hourly_update::update::message::Format::Json;
            let shown = pretty(&Message { format, body }).unwrap();
            assert_eq!(shown, format!("{{\n  \"value\": {number}\n}}"));
        }
    }
}
