//! `vecops index` against real servers: builds, their figures, and what remains when they fail.

mod building;
mod deferring;
mod estimating;
mod faults;
mod fixture;
mod holding;
mod linting;
mod outages;
mod reindexing;
mod replacing;
mod resuming;
