//! The embedded server.

mod accounts;
mod commands;
mod processes;
mod shape;
