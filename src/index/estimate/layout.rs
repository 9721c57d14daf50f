//! An index of either method, as the estimates see it.

use serde::{Deserialize, Serialize};

use super::{Hnsw, Ivfflat, MIB};

/// How an index lays its rows out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Layout {
    /// A graph.
    Hnsw(Hnsw),
    /// Lists around centres.
    Ivfflat(Ivfflat),
}

impl Layout {
    /// The bytes on disk of a fresh index over so many different values.
    pub fn bytes(self, rows: u64) -> u64 {
        match self {
            Self::Hnsw(hnsw) => hnsw.bytes(rows),
            Self::Ivfflat(ivfflat) => ivfflat.bytes(rows),
        }
    }

    /// The `maintenance_work_mem` with which a build over so many rows does all its work in memory.
    pub fn memory(self, rows: u64, parallel: bool) -> u64 {
        match self {
            Self::Hnsw(hnsw) => hnsw.overflow(rows, 0, parallel).needed.max(MIB),
            Self::Ivfflat(ivfflat) => ivfflat.memory(rows),
        }
    }

    /// The rows after which a graph no longer fits into so much memory; none where all of them fit.
    pub fn spills_after(self, rows: u64, memory: u64, parallel: bool) -> Option<u64> {
        match self {
            Self::Hnsw(hnsw) => {
                let overflow = hnsw.overflow(rows, memory, parallel);
                overflow.spills.then_some(overflow.rows_that_fit)
            }
            Self::Ivfflat(_) => None,
        }
    }
}
