//! `vecops seed`: what was in the file is in the table, or nothing is.

mod fixture;
mod interruption;
mod loading;
mod modes;
pub(crate) mod proxy;
mod refusals;
mod resuming;
mod sources;
