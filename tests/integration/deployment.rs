//! What builds and deploys.

// Commands that the documents tell people to type.
mod documented_commands;
// `deploy/redrive`.
mod redrive;
// The GitHub workflow, and the pins of the Python packages.
mod workflow;
