//! The estimate of an HNSW index.

use super::memory::{self, Overflow};
use super::{Cliffs, Shape, packing};

/// An HNSW index that may be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hnsw {
    /// What it indexes.
    pub shape: Shape,
    /// The links of each element.
    pub m: u32,
}

impl Hnsw {
    /// The bytes on disk of a fresh index over so many different values.
    pub fn bytes(self, rows: u64) -> u64 {
        packing::bytes(self.shape.datum(), u64::from(self.m), rows)
    }

    /// The bytes of a row in the memory of a parallel build.
    pub fn bytes_in_memory(self) -> f64 {
        memory::per_element(self.shape.datum(), u64::from(self.m))
    }

    /// What becomes of a build over so many rows with this much `maintenance_work_mem`.
    pub fn overflow(self, rows: u64, memory: u64, parallel: bool) -> Overflow {
        memory::overflow(self.shape.datum(), u64::from(self.m), rows, memory, parallel)
    }

    /// Where the pages' packing changes.
    pub fn cliffs(self) -> Cliffs {
        Cliffs::of(self.shape, self.m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_build::estimate::MIB;
    use crate::vector::ElementType::{self, Bit, Halfvec, Vector};

    fn hnsw(element: ElementType, dimensions: u32, m: u32) -> Hnsw {
        Hnsw {
            shape: Shape { element, dimensions },
            m,
        }
    }

    /// Type, dimensions, m, rows, and the bytes that the built index had.
    const BUILT: [(ElementType, u32, u32, u64, u64); 14] = [
        (Vector, 1536, 16, 1500, 12_296_192),
        (Vector, 1536, 64, 1000, 8_200_192),
        (Vector, 1024, 16, 1500, 12_296_192),
        (Vector, 768, 16, 2000, 8_200_192),
        (Vector, 384, 16, 3000, 6_152_192),
        (Vector, 128, 16, 4000, 3_350_528),
        (Vector, 1968, 16, 600, 5_251_072),
        (Vector, 1976, 16, 600, 9_838_592),
        (Halfvec, 1536, 16, 1500, 6_152_192),
        (Halfvec, 1024, 16, 2000, 5_472_256),
        (Halfvec, 3072, 16, 800, 6_561_792),
        (Halfvec, 3940, 16, 500, 8_200_192),
        (Bit, 1536, 16, 3000, 1_515_520),
        (Bit, 1024, 32, 3000, 1_916_928),
    ];

    #[test]
    fn bytes_are_those_of_built_indexes() {
        for (element, dimensions, m, rows, actual) in BUILT {
            let predicted = hnsw(element, dimensions, m).bytes(rows);
            let off = predicted.abs_diff(actual) * 1_000 / actual;
            assert!(off < 5, "{element} {dimensions} m={m}: {predicted} for {actual}");
        }
    }

    #[test]
    fn bytes_are_those_that_others_published() {
        for (element, dimensions, m, rows, mib) in [
            (Vector, 1536, 16, 990_000, 7_734),
            (Halfvec, 1536, 16, 990_000, 3_867),
            (Vector, 1280, 16, 900_000, 7_036),
            (Vector, 1280, 2, 900_000, 7_043),
            (Vector, 768, 24, 1_000_000, 3_904),
        ] {
            let predicted = hnsw(element, dimensions, m).bytes(rows) / MIB;
            assert!(
                predicted.abs_diff(mib) * 500 < mib,
                "{element} {dimensions}: {predicted} for {mib}"
            );
        }
    }

    #[test]
    fn an_empty_index_has_its_first_two_pages() {
        assert_eq!(hnsw(Vector, 3, 16).bytes(0), 2 * 8_192);
        assert_eq!(hnsw(Vector, 3, 16).bytes(1), 2 * 8_192);
    }

    #[test]
    fn the_same_question_has_the_same_answer() {
        let index = hnsw(Vector, 128, 16);
        assert_eq!(index.bytes(70_000), index.bytes(70_000));
        let per_row = index.bytes(1_000_000) / 1_000_000;
        assert!((830..=835).contains(&per_row), "{per_row}");
    }

    #[test]
    fn memory_runs_out_where_it_did() {
        for (dimensions, m, memory, parallel, actual) in [
            (1536, 16, 16 * MIB, true, 1_844),
            (128, 16, 16 * MIB, true, 10_528),
            (768, 16, 16 * MIB, true, 3_351),
            (768, 48, 16 * MIB, true, 2_634),
            (1536, 16, 16 * MIB, false, 2_440),
            (128, 16, 16 * MIB, false, 13_669),
            (768, 16, 16 * MIB, false, 4_425),
            (768, 48, 16 * MIB, false, 3_485),
            (768, 16, 2_048 * MIB, true, 570_905),
            (768, 16, 81_920 * MIB, true, 22_880_331),
        ] {
            let index = hnsw(Vector, dimensions, m);
            let fits = index.overflow(0, memory, parallel).rows_that_fit;
            let off = fits.abs_diff(actual) * 1_000 / actual;
            assert!(off < 3, "{dimensions} m={m}: {fits} for {actual}");
        }
        for (element, dimensions, m, bytes) in [
            (Vector, 1536, 16, 6826),
            (Vector, 384, 64, 3753),
            (Bit, 768, 8, 525),
        ] {
            let each = hnsw(element, dimensions, m).bytes_in_memory();
            assert!((each - f64::from(bytes)).abs() < 1.0, "{each} for {bytes}");
        }
    }

    #[test]
    fn what_a_build_needs_is_what_makes_it_fit() {
        let index = hnsw(Vector, 1536, 16);
        let too_little = index.overflow(15_000, 64 * MIB, true);
        assert!(too_little.spills && too_little.rows_that_fit == 9_216);
        assert!(!index.overflow(15_000, too_little.needed, true).spills);
    }

    #[test]
    fn cliffs_are_where_the_pages_say() {
        let cliffs = hnsw(Vector, 1024, 16).cliffs();
        assert_eq!((cliffs.rows_per_page, cliffs.most_dimensions), (1, Some(1968)));
        assert_eq!((cliffs.next_dimensions, cliffs.highest_m), (Some(948), 100));
        assert_eq!(cliffs.halfvec_hundredths, Some(300));
        assert_eq!(hnsw(Vector, 768, 16).cliffs().highest_m, 76);
        assert_eq!(hnsw(Halfvec, 1024, 16).cliffs().highest_m, 48);
        let beyond = hnsw(Vector, 2000, 16).cliffs();
        assert_eq!((beyond.rows_per_page, beyond.most_dimensions), (0, None));
        assert_eq!(beyond.next_dimensions, Some(1968));
        assert_eq!(hnsw(Halfvec, 4000, 16).cliffs().next_dimensions, Some(3936));
        for (m, rows, most) in [(16, 2, 948), (16, 5, 336), (32, 3, 560), (32, 8, 134)] {
            let cliffs = hnsw(Vector, most, m).cliffs();
            assert_eq!((cliffs.rows_per_page, cliffs.most_dimensions), (rows, Some(most)));
        }
    }
}
