//! Vector indexes: what one will take before it is built, building it so that nothing is left behind, and looking
//! after those that are there.
//!
//! The build itself is [`index_build`](crate::index_build)'s. Sessions come from the
//! [`Connector`](crate::connection::Connector): a build needs one that keeps its state, and a second one that watches it.
//! This module must not print, ask, or know the command line.

mod build;
mod calibration;
mod cost;
mod deferred;
mod forecast;
mod held;
mod inventory;
pub mod lint;
mod named;
mod plan;
mod reindex;
mod removal;
pub mod replace;
mod request;

pub use crate::index_build::facts::rows;
pub use crate::index_build::{
    Built, Definition, Found, Settings, TableFacts, Wishes, drop_concurrently, drop_statement, estimate,
    leftovers, vector_indexes,
};
pub use build::build;
pub use calibration::{BuildTime, build_time, extrapolated};
pub use cost::{RebuildCost, rebuild_costs};
pub use deferred::{Restored, defer, deferrable, deferred, restore_deferred};
pub use forecast::{Alternative, Compute, Forecast, forecast};
pub use inventory::{Inventory, Listed, State, Unserved, inventory};
pub use lint::{holds_column, replaced_column};
pub use named::{column_of, expect_opclass, find};
pub use plan::{BuildOptions, BuildPlan, plan_build, plan_for};
pub use reindex::{ReindexPlan, plan_reindex, reindex};
pub use removal::{RemovalPlan, RemovalStep, Removed, plan_cleaning, plan_removal, remove};
pub use request::{Method, Request};
