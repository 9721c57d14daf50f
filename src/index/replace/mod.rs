//! Replacing an index by another one: built beside it, verified, measured, and given its name only then.
//!
//! The planner does not know names: as soon as both are valid it may use either for the same queries, whichever its cost
//! model finds cheaper, and both hold every row. So the old one is measured before the new one is there, and once more
//! beside the new one, query by query, where the planner can be made to take either. At no moment is there none. How far a
//! replacement is, and what it was asked for, lies in the database (`ledger`, `terms`), so that the same command goes on
//! after a crash.

mod judge;
mod ledger;
mod plan;
mod steps;
mod terms;

use serde::{Deserialize, Serialize};

pub use judge::{Criteria, Figures};
pub use ledger::{Replacement, Step, overdue, replacements};
pub use plan::{ReplacePlan, plan_replacement};
pub use steps::{finish, replace, roll_back};
pub use terms::{Measuring, QuerySource, Terms, Wanted};

use super::Built;
use crate::error::{Error, Result};
use crate::index_build::Found;
use crate::sql::QualifiedName;
use crate::vector::ElementType;

/// What a new index has otherwise than the old one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Its access method.
    pub method: Option<MethodName>,
    /// The links of each element of a graph.
    pub m: Option<u32>,
    /// The candidates kept while an element enters a graph.
    pub ef_construction: Option<u32>,
    /// The lists around centres.
    pub lists: Option<u32>,
    /// The element type that it holds.
    pub element: Option<ElementType>,
}

impl Changes {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An access method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MethodName {
    /// A graph.
    Hnsw,
    /// Lists around centres.
    Ivfflat,
}

/// Measures indexes; how it is made sure which one a query used is the caller's.
pub trait Gate {
    /// The figures of this index, which every query must have used.
    fn measure(&self, index: &Found) -> impl Future<Output = Result<Figures>>;

    /// The figures of both, each query run by one and at once by the other; none where the planner cannot be made to take
    /// the old one beside the new one.
    fn compare(&self, old: &Found, new: &Found) -> impl Future<Output = Result<Option<(Figures, Figures)>>>;
}

/// How a replacement ended, or where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The new index has the name, and the old one is kept.
    Swapped,
    /// The new index has the name, and the old one is gone.
    Finished,
    /// The new index was not good enough.
    Refused,
    /// The old index has its name, and the new one is gone.
    RolledBack,
    /// There was no old index to go back to any more.
    Forgotten,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replaced {
    /// The index.
    pub index: QualifiedName,
    /// Its table.
    pub table: QualifiedName,
    /// How it ended.
    pub ending: Ending,
    /// What was measured of the old index.
    pub before: Option<Figures>,
    /// What was measured of the new one.
    pub after: Option<Figures>,
    /// Whether both were measured at the same time, query by query, so that a drift of the machine is in neither's favour.
    pub is_interleaved: bool,
    /// What speaks against the new one.
    pub reasons: Vec<String>,
    /// The new index, where this run built it.
    pub built: Option<Built>,
    /// The old index, where it is kept.
    pub old: Option<QualifiedName>,
    /// The new index, where it was refused and is kept.
    pub refused: Option<QualifiedName>,
    /// Until when the old one is kept; none where only `--finish` drops it.
    pub keep_until: Option<String>,
}

/// Another run did something since this one looked.
fn moved_on(index: &QualifiedName) -> Error {
    Error::conflict(format!(
        "another run has moved the replacement of `{}` on",
        index.plain()
    ))
    .hint("Run the same command again: it goes on where that one ended.")
}
