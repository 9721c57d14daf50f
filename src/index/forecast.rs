//! What an index over so many rows will take, what other shapes of it would, and which servers hold it.
//!
//! Pure. Supabase's sizes and memory: supabase.com/docs/guides/platform/compute-and-disk; its `maintenance_work_mem` is
//! published for the three smallest, a sixteenth of the memory each, and taken so for the others.

use serde::Serialize;

use crate::index_build::estimate::{Cliffs, Hnsw, Ivfflat, Layout, MIB, Shape};
use crate::vector::ElementType;

/// Name, memory in GiB.
const COMPUTES: [(&str, u64); 10] = [
    ("Micro", 1),
    ("Small", 2),
    ("Medium", 4),
    ("Large", 8),
    ("XL", 16),
    ("2XL", 32),
    ("4XL", 64),
    ("8XL", 128),
    ("12XL", 192),
    ("16XL", 256),
];
/// The sizes whose `maintenance_work_mem` is published.
const PUBLISHED: usize = 3;

/// What an index will take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// How many rows it holds.
    pub rows: u64,
    /// How they lie.
    pub layout: Layout,
    /// Its size.
    pub bytes: u64,
    /// The same for each row.
    pub bytes_per_row: u64,
    /// The `maintenance_work_mem` of a parallel build that stays in memory.
    pub memory: u64,
    /// The same of a build in one process.
    pub memory_alone: u64,
    /// The disk that a build takes, or a rebuild beside the old one.
    pub disk: u64,
    /// The write-ahead log that a build writes, about.
    pub wal: u64,
    /// Where a little more costs a lot; for a graph.
    pub cliffs: Option<Cliffs>,
    /// Other shapes of the same rows.
    pub alternatives: Vec<Alternative>,
    /// What Supabase's sizes do with it.
    pub computes: Vec<Compute>,
}

/// The same rows in another shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// What the index would hold.
    pub shape: Shape,
    /// Its size.
    pub bytes: u64,
    /// The memory of a parallel build.
    pub memory: u64,
}

/// What one of Supabase's sizes does with the index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compute {
    /// Its name.
    pub name: &'static str,
    /// Its memory.
    pub memory: u64,
    /// Its `maintenance_work_mem` unless a session sets it.
    pub maintenance_work_mem: u64,
    /// Whether that figure is published.
    pub is_published: bool,
    /// The rows that a build holds in that memory.
    pub rows_built: u64,
    /// The rows that a build holds in half of the server's memory, where a session sets it.
    pub rows_built_in_half: u64,
    /// Whether three quarters of its memory hold the index, so that searches do not read from disk.
    pub holds_index: bool,
}

/// What an index of this layout over so many rows will take.
pub fn forecast(layout: Layout, rows: u64) -> Forecast {
    let bytes = layout.bytes(rows);
    let computes = COMPUTES.iter().enumerate().map(|(place, &(name, gib))| {
        let memory = gib * 1024 * MIB;
        Compute {
            name,
            memory,
            maintenance_work_mem: memory / 16,
            is_published: place < PUBLISHED,
            rows_built: rows_built(layout, memory / 16),
            rows_built_in_half: rows_built(layout, memory / 2),
            holds_index: bytes <= memory / 4 * 3,
        }
    });
    Forecast {
        rows,
        layout,
        bytes,
        bytes_per_row: bytes / rows.max(1),
        memory: layout.memory(rows, true),
        memory_alone: layout.memory(rows, false),
        disk: bytes,
        wal: bytes,
        cliffs: match layout {
            Layout::Hnsw(hnsw) => Some(hnsw.cliffs()),
            Layout::Ivfflat(_) => None,
        },
        alternatives: alternatives(layout, rows),
        computes: computes.collect(),
    }
}

/// The rows whose graph fits; those of an IVFFlat index all do.
fn rows_built(layout: Layout, memory: u64) -> u64 {
    match layout {
        Layout::Hnsw(hnsw) => hnsw.overflow(0, memory, true).rows_that_fit,
        Layout::Ivfflat(_) => u64::MAX,
    }
}

/// Smaller types, and the dimensions with which one row more fits on a page.
fn alternatives(layout: Layout, rows: u64) -> Vec<Alternative> {
    let (shape, next) = match layout {
        Layout::Hnsw(hnsw) => (hnsw.shape, hnsw.cliffs().next_dimensions),
        Layout::Ivfflat(ivfflat) => (ivfflat.shape, None),
    };
    let smaller: &[ElementType] = match shape.element {
        ElementType::Vector => &[ElementType::Halfvec, ElementType::Bit],
        ElementType::Halfvec => &[ElementType::Bit],
        ElementType::Bit | ElementType::Sparsevec => &[],
    };
    let of_type = smaller.iter().map(|&element| Shape { element, ..shape });
    let shorter = next.filter(|&next| next < shape.dimensions && shape.element != ElementType::Sparsevec);
    let of_length = shorter.map(|dimensions| Shape { dimensions, ..shape });
    of_type
        .chain(of_length)
        .filter(|shape| shape.dimensions <= shape.element.most_indexed_dimensions())
        .map(|shape| {
            let layout = with_shape(layout, shape);
            Alternative {
                shape,
                bytes: layout.bytes(rows),
                memory: layout.memory(rows, true),
            }
        })
        .collect()
}

fn with_shape(layout: Layout, shape: Shape) -> Layout {
    match layout {
        Layout::Hnsw(hnsw) => Layout::Hnsw(Hnsw { shape, ..hnsw }),
        Layout::Ivfflat(ivfflat) => Layout::Ivfflat(Ivfflat { shape, ..ivfflat }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hnsw(element: ElementType, dimensions: u32) -> Layout {
        Layout::Hnsw(Hnsw {
            shape: Shape { element, dimensions },
            m: 16,
        })
    }

    #[test]
    fn the_published_sizes_build_what_was_counted() {
        for (element, dimensions, built) in [
            (ElementType::Vector, 1536, [9_216, 19_047, 38_710]),
            (ElementType::Vector, 384, [28_365, 58_621, 119_134]),
            (ElementType::Halfvec, 1536, [16_758, 34_635, 70_387]),
            (ElementType::Bit, 1536, [71_984, 148_768, 302_335]),
        ] {
            let forecast = forecast(hnsw(element, dimensions), 1_000);
            let rows: Vec<u64> = forecast
                .computes
                .iter()
                .take(3)
                .map(|size| size.rows_built)
                .collect();
            let near = rows
                .iter()
                .zip(built)
                .all(|(&rows, built)| rows.abs_diff(built) * 5_000 < built);
            assert!(near, "{element} {dimensions}: {rows:?}");
        }
    }

    #[test]
    fn a_million_rows_have_their_alternatives() {
        let forecast = forecast(hnsw(ElementType::Vector, 1024), 1_000_000);
        let shapes: Vec<(ElementType, u32)> = forecast
            .alternatives
            .iter()
            .map(|other| (other.shape.element, other.shape.dimensions))
            .collect();
        assert_eq!(
            shapes,
            [
                (ElementType::Halfvec, 1024),
                (ElementType::Bit, 1024),
                (ElementType::Vector, 948)
            ]
        );
        let half = &forecast.alternatives[0];
        assert!(half.bytes * 29 / 10 < forecast.bytes && half.bytes * 31 / 10 > forecast.bytes);
        let holding: Vec<&str> = forecast
            .computes
            .iter()
            .filter(|size| size.holds_index)
            .map(|size| size.name)
            .collect();
        assert_eq!(holding[0], "XL");
    }
}
