//! Setup: makes a database have what a collection declares, with its security.
//!
//! [`plan()`] compares the catalog with the declaration; [`apply()`] makes the difference in one transaction, and
//! [`build_indexes`] builds indexes over existing rows outside of it; `migration` writes the same SQL as
//! a file for the Supabase CLI. What setup must not do: change or drop a user's data, columns, policies or
//! indexes. Where those stand in the way of the declaration it says so, as drift, with advice.
//!
//! Roles, grants and time limits of Supabase: its documentation ("Row Level Security", "Timeouts", the changelog
//! of 2026 on default grants); the shape of the match function: LangChain's `SupabaseVectorStore`.

mod apply;
mod build;
mod ddl;
mod difference;
mod facts;
mod migration;
mod plan;

pub use apply::{Applied, apply};
pub use build::{BuiltIndex, build_indexes};
pub use migration::{Migration, migration_text, write_migration};
pub use plan::{Drift, NewIndex, Phase, Plan, Step, plan, plan_for_fresh_database};

#[cfg(test)]
mod tests;
