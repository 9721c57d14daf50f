//! The estimate of an IVFFlat index: pages of lists, and the memory of finding their centres.

use super::packing::USABLE;
use super::{MIB, PAGE, Shape, aligned};
use crate::vector::ElementType;

/// An IVFFlat index that may be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ivfflat {
    /// What it indexes.
    pub shape: Shape,
    /// Its lists.
    pub lists: u32,
}

/// The lists that pgvector's documentation advises for so many rows.
pub fn usual_lists(rows: u64) -> u32 {
    let lists = if rows <= 1_000_000 {
        rows / 1_000
    } else {
        rows.isqrt()
    };
    u32::try_from(lists.clamp(1, 32_768)).unwrap_or(32_768)
}

impl Ivfflat {
    /// The bytes on disk of a fresh index over so many values: how they spread over the lists is chance, and the
    /// last page of a list is taken as half full.
    pub fn bytes(self, rows: u64) -> u64 {
        let lists = u64::from(self.lists.max(1));
        let lists_per_page = fit(8 + self.shape.datum());
        let rows_per_page = fit(self.entry());
        let filled = rows / rows_per_page + lists / 2;
        (1 + lists.div_ceil(lists_per_page) + filled.max(lists)) * PAGE
    }

    /// The memory that finding the centres takes; with less `maintenance_work_mem` the build ends with an error.
    pub fn memory(self, rows: u64) -> u64 {
        let lists = u64::from(self.lists);
        let most_samples = (50 * lists).max(10_000);
        let samples = most_samples.min(rows);
        if samples <= lists {
            return MIB;
        }
        let item = aligned(self.shape.datum());
        let arrays = item * most_samples + 2 * item * lists;
        let distances = 4 * (samples * lists + 2 * samples + 3 * lists + lists * lists);
        (arrays + distances).div_ceil(MIB) * MIB + MIB
    }

    /// The bytes of a row's entry; a short value has a short length word.
    fn entry(self) -> u64 {
        let datum = match self.shape.element {
            ElementType::Bit => self.shape.datum(),
            _ => self.shape.datum().max(8),
        };
        let stored = if datum - 3 <= 126 { datum - 3 } else { datum };
        aligned(8 + stored)
    }
}

/// How many items of a size share a page, at least one.
fn fit(item: u64) -> u64 {
    (USABLE / (aligned(item) + 4)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ivfflat(dimensions: u32, lists: u32) -> Ivfflat {
        Ivfflat {
            shape: Shape {
                element: ElementType::Vector,
                dimensions,
            },
            lists,
        }
    }

    #[test]
    fn lists_follow_the_rows() {
        assert_eq!([0, 500, 100_000, 4_000_000].map(usual_lists), [1, 1, 100, 2_000]);
    }

    #[test]
    fn pages_are_those_of_the_lists_and_of_the_rows() {
        // 3 dimensions: an entry of 8 + 17 bytes, aligned to 32, is 36 with its pointer: 226 on a page.
        assert_eq!(ivfflat(3, 1).bytes(226 * 10), 12 * PAGE);
        assert_eq!(ivfflat(3, 10).bytes(0), 12 * PAGE);
    }

    #[test]
    fn memory_grows_with_samples_and_lists() {
        assert_eq!(ivfflat(1536, 100).memory(50), MIB);
        let some = ivfflat(1536, 100).memory(100_000);
        assert!(some > 60 * MIB && some < 70 * MIB, "{}", some / MIB);
        assert!(ivfflat(1536, 1_000).memory(1_000_000) > 500 * MIB);
    }
}
