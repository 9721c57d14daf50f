//! `vecops seed`: what was in the file is in the table, or nothing is.

mod fixture;
mod interruption;
mod jobs;
mod loading;
mod modes;
mod proxy;
mod refusals;
mod refused_late;
mod resuming;
mod sources;
