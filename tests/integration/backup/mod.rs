//! Backups: definitions of tables, and restoring them.

mod definition;
mod rich;
