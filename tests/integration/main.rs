//! One binary for all integration tests: linking the SDK once is enough. Folders have the names of those in src/.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "helpers may panic, and real services and programs need the real time and environment"
)]

// The operator's tool, as a person at a terminal uses it.
mod cli;
// What builds and deploys: the workflow, its packages, the scripts and commands of the documents.
mod deployment;
// Posting by each kind of destination, to a stand-in or on the local AWS.
mod destinations;
// The deployed stack, started by its own schedule: `make e2e`.
mod e2e;
// The layers that docs/architecture.md shows, held by reading every import.
mod layers;
// The whole function, from event to outcome: what holds for every source and every destination.
mod pipeline;
// Every report in tests/fixtures/config.
mod report;
// Reading from each source of metrics, on the local AWS.
mod sources;
// The stand-ins themselves: they refuse what the real services refuse.
mod stand_ins;
// What template.yaml becomes on AWS.
mod template;
// No tests: surroundings of the function that several folders need.
mod worlds;
