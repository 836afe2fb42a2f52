//! `hourly preview`: a run that posts nothing, and its update in the form that was asked for.

use std::{path::Path, process::ExitCode};

use hourly_update::{clock::Clock, summary::Summary, trigger::Trigger, update::message::Message};

use crate::{
    cli::{Format, Preview},
    exit, print,
    run::{report, run},
};

/// Reads everything and shows the update.
pub(crate) async fn execute(preview: Preview, path: Option<&Path>, clock: Clock) -> anyhow::Result<ExitCode> {
    let trigger = Trigger {
        dry_run: true,
        ..preview.selection.trigger(clock.now())?
    };
    let summary = run(&report(path)?, &trigger, None, clock).await?;
    print::result(&shown(&summary, preview.format)?)?;
    Ok(exit::finished(&summary))
}

/// The update of a run in this format.
fn shown(summary: &Summary, format: Format) -> anyhow::Result<String> {
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
    use super::*;

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
