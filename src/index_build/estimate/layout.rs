//! An index of either method, as the estimates see it.

use serde::{Deserialize, Serialize};

use super::{Hnsw, Ivfflat, MIB, Shape};
use crate::vector::ElementType;

/// The m of an index that does not say one.
const USUAL_M: u32 = 16;
/// The lists of an index that does not say them.
const USUAL_LISTS: u32 = 100;

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
    /// That of an index with these storage parameters, each as `name=value`; none where its method is another, or the
    /// size of its values depends on what they are.
    pub fn of_index(method: &str, shape: Shape, options: &[String]) -> Option<Self> {
        if shape.element == ElementType::Sparsevec || shape.dimensions == 0 {
            return None;
        }
        let option = |wanted: &str| {
            let value = |option: &String| option.strip_prefix(wanted)?.strip_prefix('=')?.parse().ok();
            options.iter().find_map(value)
        };
        match method {
            "hnsw" => Some(Self::Hnsw(Hnsw {
                shape,
                m: option("m").unwrap_or(USUAL_M),
            })),
            "ivfflat" => Some(Self::Ivfflat(Ivfflat {
                shape,
                lists: option("lists").unwrap_or(USUAL_LISTS),
            })),
            _ => None,
        }
    }

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
