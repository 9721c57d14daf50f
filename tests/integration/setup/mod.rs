//! Setup against real servers: what is applied is what is declared, and nothing else changes.

mod apply;
mod command;
mod drift;
mod fixture;
mod interruption;
mod plans;
mod security;
mod statements;
