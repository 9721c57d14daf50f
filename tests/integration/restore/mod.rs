//! Restoring: the same rows, schema and grants, whatever breaks on the way.

mod cuts;
mod damage;
mod faults;
pub(crate) mod fixture;
mod links;
mod planning;
mod restoring;
mod stages;
mod swapping;
mod values;
