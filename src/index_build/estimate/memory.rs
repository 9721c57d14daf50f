//! The memory that building an HNSW graph takes, and the row at which it no longer fits.

use serde::Serialize;

use super::{MIB, aligned, real, whole};

/// What a parallel build keeps back of `maintenance_work_mem`: three MiB of its shared segment and one of safety.
pub const HNSW_RESERVE: u64 = 4 * MIB;

/// `HnswElementData`.
const ELEMENT: f64 = 128.0;
/// The header that the allocator puts before each of an element's pieces.
const CHUNK: f64 = 8.0;

/// Where a build's graph no longer fits, and what it would need.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Overflow {
    /// The memory given, in bytes.
    pub memory: u64,
    /// How many rows fit into it.
    pub rows_that_fit: u64,
    /// The memory at which all rows would fit.
    pub needed: u64,
    /// Whether the graph is written out before all rows are in it.
    pub spills: bool,
}

/// The bytes of one element in memory, without the allocator's own.
pub(super) fn per_element(datum: u64, m: u64) -> f64 {
    let m = real(m);
    let upper_levels = 1.0 / (m - 1.0);
    ELEMENT
        + real(aligned(datum))
        + 8.0 * (1.0 + upper_levels)
        + (8.0 + 32.0 * m)
        + (8.0 + 16.0 * m) * upper_levels
}

/// The same with what the allocator adds where one process builds alone.
pub(super) fn per_element_alone(datum: u64, m: u64) -> f64 {
    per_element(datum, m) + CHUNK * (4.0 + 1.0 / (real(m) - 1.0))
}

/// What becomes of so many rows in this much memory.
pub(super) fn overflow(datum: u64, m: u64, rows: u64, memory: u64, parallel: bool) -> Overflow {
    let (each, reserve) = if parallel {
        (per_element(datum, m), HNSW_RESERVE)
    } else {
        (per_element_alone(datum, m), 0)
    };
    let rows_that_fit = whole(real(memory.saturating_sub(reserve)) / each);
    let needed = whole((real(rows) * each).ceil()) + reserve;
    Overflow {
        memory,
        rows_that_fit,
        needed: needed.div_ceil(MIB) * MIB,
        spills: rows > rows_that_fit,
    }
}
