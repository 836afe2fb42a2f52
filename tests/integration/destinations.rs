//! Posting by each kind of destination.

// What holds for every kind that posts by a webhook. A new kind is in it by its line in `every_kind`.
mod incoming_webhook;
// Standard output.
mod log;
// Skype, and the proof of it by SkPy.
pub mod skype;
// Slack's incoming webhooks, and the proof of them by Slack's SDK.
mod slack;
// Amazon SNS.
mod sns;
// Teams by workflows: the card, and its look in Microsoft's renderer (`make test-extra`).
mod teams;
// Teams Free; signing in is a matter of `cli`.
pub mod teams_free;
// Receivers of signed webhooks.
mod webhook;
