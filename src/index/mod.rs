//! Vector indexes: what one will take before it is built, building it so that nothing is left behind, and looking
//! after those that are there.
//!
//! Sessions come from the [`Connector`](crate::connection::Connector): a build needs one that keeps its state, and a
//! second one that watches it. This module must not print, ask, or know the command line. pgvector's behaviour is read
//! from its sources (0.8) and measured; PostgreSQL's from its documentation, `CREATE INDEX`.

mod build;
mod calibration;
mod cost;
mod deferred;
mod definition;
pub mod estimate;
mod facts;
mod forecast;
mod found;
mod inventory;
mod leftover;
pub mod lint;
mod named;
mod plan;
mod reindex;
mod removal;
mod request;
mod settings;
mod watch;

pub use build::{Built, build};
pub use calibration::{BuildTime, build_time};
pub use cost::{RebuildCost, rebuild_costs};
pub use deferred::{Restored, defer, deferrable, deferred, restore_deferred};
pub use definition::{Definition, drop_statement};
pub use facts::{TableFacts, rows};
pub use forecast::{Alternative, Compute, Forecast, forecast};
pub use found::{Found, vector_indexes};
pub use inventory::{Inventory, Listed, State, Unserved, inventory};
pub use leftover::{drop_concurrently, leftovers};
pub use named::{expect_opclass, find};
pub use plan::{BuildOptions, BuildPlan, plan_build, plan_for};
pub use reindex::{ReindexPlan, plan_reindex, reindex};
pub use removal::{RemovalPlan, RemovalStep, Removed, plan_cleaning, plan_removal, remove};
pub use request::{Method, Request};
pub use settings::{Settings, Wishes};
