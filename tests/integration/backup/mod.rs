//! Backups: definitions of tables, writing backups, checking them, and restoring them.

mod archives;
mod changes;
mod comparing;
mod damage;
mod definition;
mod disks;
mod dumping;
mod emergency;
mod exporting;
pub(crate) mod fixture;
pub(crate) mod interruption;
mod links;
mod pruning;
mod repository;
pub(crate) mod rich;
mod stages;
mod standby;
pub(crate) mod values;
mod verifying;
