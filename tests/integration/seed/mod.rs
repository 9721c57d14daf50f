//! `vecops seed`: what was in the file is in the table, or nothing is.

mod bad_files;
mod binary;
mod faults;
mod fixture;
mod interruption;
mod jobs;
mod loading;
mod modes;
mod parquet;
pub(crate) mod proxy;
mod refusals;
mod refused_late;
mod rest;
mod resuming;
mod server_side;
mod sources;
mod types;
mod warnings;
