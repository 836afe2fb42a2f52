//! `hourly preview`: a run that posts nothing, and its update in the form that was asked for.

use std::{path::Path, process::ExitCode};

use hourly_update::{
    clock::Clock,
    summary::Summary,
    trigger::Trigger,
    update::message::{self, Message},
};

use crate::{
    cli::{Format, Preview},
    exit, print,
    run::{report, run},
};

/// Reads everything and shows the update.
pub(crate) async fn execute(preview: Preview, path: Option<&Path>, clock: Clock) -> anyhow::Result<ExitCode> {
    let configured = report(path);
    let trigger = Trigger {
        dry_run: true,
        ..preview.selection.trigger(&configured, clock.now())?
    };
    let summary = run(&configured?, &trigger, None, clock).await?;
    print::result(&shown(&summary, preview.format)?)?;
    Ok(exit::finished(&summary))
}

/// The update of a run in this format.
fn shown(summary: &Summary, format: Format) -> anyhow::Result<String> {
    match format {
        Format::Text => Ok(summary.message.clone()),
        Format::Message(kind) => pretty((kind.render)(&summary.update, None)),
        Format::Json => Ok(serde_json::to_string_pretty(summary)?),
    }
}

/// A message for people: JSON is indented. Its numbers stay the same to the last digit: serde_json's `float_roundtrip`.
fn pretty(message: Message) -> anyhow::Result<String> {
    if message.format != message::Format::Json {
        return Ok(message.body);
    }
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
            let format = message::Format::Json;
            let shown = pretty(Message { format, body }).unwrap();
            assert_eq!(shown, format!("{{\n  \"value\": {number}\n}}"));
        }
    }
}
