//! The integration tests: one binary, a module per command, against real servers.

mod layers;
mod setup;
mod shell;
