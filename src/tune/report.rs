//! What tuning says.

use serde::Serialize;

use super::Seen;
use super::advice::Advice;
use super::preflight::Preflight;
use super::pull::{PullPlan, Pulled};
use super::rebuild::{Dropped, Row, Tried};
use super::server::DataFacts;
use crate::vector::{ElementType, Metric};

/// What is tuned, and for what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subject {
    /// The table, as `schema.table`.
    pub table: String,
    /// The vector column.
    pub column: String,
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions, where its type says them.
    pub dimensions: Option<u32>,
    /// How distance is measured.
    pub metric: Metric,
    /// The recall that is wanted.
    pub recall: f64,
    /// Over so many neighbours.
    pub k: u32,
    /// The most milliseconds that 95 of 100 queries may take.
    pub p95_ms: Option<f64>,
    /// Where the queries come from.
    pub origin: String,
    /// How many there are.
    pub queries: usize,
}

/// The smallest `ef_search` for the index that is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EfReport {
    /// What is tuned.
    #[serde(flatten)]
    pub subject: Subject,
    /// Always `ef`.
    pub level: &'static str,
    /// What the catalog and the planner say of the index.
    pub preflight: Preflight,
    /// How many vectors every query was compared with for the exact neighbours.
    pub exact_rows: u64,
    /// What was measured, the smallest `ef_search` first.
    pub measured: Vec<Seen>,
    /// By what power of `ef_search` misses fall, by all that was measured.
    pub exponent: Option<f64>,
    /// The smallest `ef_search` that meets the target; none where none does.
    pub ef_search: Option<u16>,
    /// Whether it keeps the limit of time as well; none where there is no limit or no answer.
    pub meets_p95: Option<bool>,
    /// Where to set it.
    pub advice: Vec<Advice>,
    /// The same as SQL.
    pub apply_sql: Option<String>,
    /// What makes these figures weaker than they look.
    pub warnings: Vec<String>,
    /// How long all of it took.
    pub seconds: f64,
}

impl EfReport {
    /// The measurement of the answer.
    pub fn pick(&self) -> Option<&Seen> {
        let found = self.ef_search?;
        self.measured.iter().find(|one| one.ef_search == found)
    }

    /// Whether all that was wanted is met.
    pub fn is_met(&self) -> bool {
        self.ef_search.is_some() && self.meets_p95 != Some(false)
    }
}

/// What level `rebuild` would do, before anything travels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RebuildPlan {
    /// What is tuned.
    #[serde(flatten)]
    pub subject: Subject,
    /// Always `rebuild`.
    pub level: &'static str,
    /// What would be read.
    pub pull: PullPlan,
    /// On about how many rows indexes would be tried, one after the other.
    pub samples: Vec<u64>,
    /// What would be tried.
    pub candidates: Vec<String>,
    /// What formulas rule out.
    pub dropped: Vec<Dropped>,
}

/// What level `rebuild` found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RebuildReport {
    /// What is tuned.
    #[serde(flatten)]
    pub subject: Subject,
    /// Always `rebuild`.
    pub level: &'static str,
    /// About how many rows the table has.
    pub rows: u64,
    /// What was read.
    pub pulled: Pulled,
    /// What the vectors look like.
    pub data: DataFacts,
    /// On how many rows indexes were tried.
    pub samples: Vec<u64>,
    /// What trying gave.
    #[serde(flatten)]
    pub tried: Tried,
    /// The commands that put the pick into place.
    pub commands: Vec<String>,
    /// The same as SQL.
    pub apply_sql: Option<String>,
    /// What makes these figures weaker than they look.
    pub warnings: Vec<String>,
    /// How long all of it took.
    pub seconds: f64,
}

impl RebuildReport {
    /// The row that is picked.
    pub fn pick(&self) -> Option<&Row> {
        self.tried.rows.get(self.tried.pick?)
    }
}
