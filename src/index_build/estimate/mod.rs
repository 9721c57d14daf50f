//! What an index of pgvector will take, before it is built: bytes on disk, memory of the build, the rows that fit.
//!
//! Pure arithmetic on pgvector's page and memory layout (`hnsw.h`, `hnswbuild.c`, `ivfbuild.c`, `ivfkmeans.c` of 0.8);
//! the test vectors are sizes and overflow rows of real builds, measured here and published by others.

mod cliffs;
mod hnsw;
mod ivfflat;
mod layout;
mod memory;
mod packing;

use serde::{Deserialize, Serialize};

use crate::vector::ElementType;

pub use cliffs::Cliffs;
pub use hnsw::Hnsw;
pub use ivfflat::{Ivfflat, usual_lists};
pub use layout::Layout;
pub use memory::{HNSW_RESERVE, Overflow};

/// The size of a page.
pub const PAGE: u64 = 8_192;

/// One mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// What one indexed value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions; for `sparsevec` the elements that are not zero.
    pub dimensions: u32,
}

impl Shape {
    /// The bytes of the value, its length word included.
    pub fn datum(self) -> u64 {
        let dimensions = u64::from(self.dimensions);
        match self.element {
            ElementType::Vector => 8 + 4 * dimensions,
            ElementType::Halfvec => 8 + 2 * dimensions,
            ElementType::Bit => 8 + dimensions.div_ceil(8),
            ElementType::Sparsevec => 16 + 8 * dimensions,
        }
    }
}

/// Rounds up to the alignment of tuples and allocations.
const fn aligned(bytes: u64) -> u64 {
    bytes.div_ceil(8) * 8
}

/// A count as a real number; counts of rows and bytes lie far below where that loses anything.
#[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
const fn real(count: u64) -> f64 {
    count as f64
}

/// A real number as a count, rounded down; negative ones are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a real number saturates"
)]
const fn whole(value: f64) -> u64 {
    value as u64
}
