//! The stand-ins themselves.

// Lambda's Runtime API.
mod lambda;
// The local AWS, with the SDK alone.
mod local_aws;
// Skype's services.
mod skype;
// Microsoft's sign-in and Teams Free.
mod teams_free;
