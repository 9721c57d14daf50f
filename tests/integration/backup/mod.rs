//! Backups: definitions of tables, and restoring them.

mod definition;
mod fixture;
mod restore;
mod rich;
