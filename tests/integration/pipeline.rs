//! The whole function, from event to outcome.

// Events and reports that are refused.
mod bad_input;
// Deaths of the function, before and after each of its writes.
mod crash;
// Every fault of every call: writes docs/reliability.md.
mod faults;
// A receiver that keeps one connection busy.
mod flood;
// The ledger on a real DynamoDB protocol.
mod ledger;
// Secrets in logs and answers.
mod secrecy;
// Log lines and metrics of a run.
mod telemetry;
