//! Restoring: the same rows, schema and grants, whatever breaks on the way.

mod cuts;
mod faults;
mod fixture;
mod restoring;
mod swapping;
