//! From the recall that somebody wants to the index, the `ef_search` and the statements that give it.
//!
//! Two levels. Level `ef` asks the index that is there: a few measurements and the law that misses follow
//! ([`law`]) find the smallest `hnsw.ef_search` whose recall surely meets the target. Level `rebuild` builds other
//! indexes away from the database, on samples of growing size, drops those that fall behind, and says what the rest
//! will do on all rows, as a range.
//!
//! Nothing here writes to the database that is tuned. What measures and what builds are handed in: this module knows
//! neither the benchmark nor the server that graphs are built on. The laws: misses fall as a power of `ef_search`
//! (measured on published and own data), and grow as a power of the rows.

mod advice;
mod apply;
mod candidate;
mod choice;
mod curve;
mod graphs;
mod growth;
pub mod halving;
pub mod law;
mod observation;
mod preflight;
mod pull;
mod rebuild;
mod report;
mod server;
mod smallest;

pub use advice::{Advice, SearchFunction, advice, search_functions};
pub use apply::Apply;
pub use candidate::{Asked, Candidate, Column, Grid, Stored};
pub use graphs::{Answers, Built, Graphs, Level};
pub use growth::{Forecast, Growth, Samples};
pub use observation::{Observation, Seen};
pub use preflight::{Preflight, preflight};
pub use pull::{PullPlan, Pulled, plan_pull, pull};
pub use rebuild::{Dropped, LeftOut, Priced, Row, SeenOn, Tried, Wanted, drop_by_formula, try_candidates};
pub use report::{EfReport, RebuildPlan, RebuildReport, Subject};
pub use server::{DataFacts, GraphServer};
pub use smallest::{Goal, Search, smallest_ef};

/// A count as a number to calculate with.
fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
