//! `vecops seed`: what was in the file is in the table, or nothing is.

mod binary;
mod fixture;
mod interruption;
mod loading;
mod modes;
mod proxy;
mod refusals;
mod rest;
mod resuming;
mod sources;
mod types;
