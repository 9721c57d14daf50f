//! Backups: definitions of tables, writing backups, checking them, and restoring them.

mod archives;
mod comparing;
mod damage;
mod definition;
mod dumping;
mod emergency;
mod exporting;
mod fixture;
pub(crate) mod interruption;
pub(crate) mod rich;
mod values;
