//! Where a little more costs a lot: how many elements share a page.

use serde::Serialize;

use super::packing::{USABLE, element, neighbours, per_page};
use super::{PAGE, Shape};
use crate::vector::ElementType;

/// How the rows of an HNSW index lie on pages, and how far they are from lying otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cliffs {
    /// How many rows share a page; none where a row takes two pages.
    pub rows_per_page: u64,
    /// The most dimensions with which that stays so.
    pub most_dimensions: Option<u32>,
    /// The most dimensions with which one row more fits on a page.
    pub next_dimensions: Option<u32>,
    /// The highest m with which a page holds no fewer rows.
    pub highest_m: u32,
    /// How many times smaller the index on `halfvec` would be, in hundredths; none where it is no option.
    pub halfvec_hundredths: Option<u64>,
}

impl Cliffs {
    pub(super) fn of(shape: Shape, m: u32) -> Self {
        let links = u64::from(m);
        let rows_per_page = per_page(shape.datum(), links);
        let highest_m = (m..=100)
            .take_while(|&m| per_page(shape.datum(), u64::from(m)) == rows_per_page)
            .last()
            .unwrap_or(m);
        let most_dimensions =
            (rows_per_page > 0).then(|| most_dimensions(shape.element, links, rows_per_page));
        let next_dimensions = most_dimensions_or_none(shape.element, links, rows_per_page + 1);
        let half = Shape {
            element: ElementType::Halfvec,
            ..shape
        };
        let halfvec_hundredths = (shape.element == ElementType::Vector)
            .then(|| 100 * page_share(shape, links) / page_share(half, links).max(1));
        Self {
            rows_per_page,
            most_dimensions: most_dimensions.flatten(),
            next_dimensions,
            highest_m,
            halfvec_hundredths,
        }
    }
}

/// The bytes of disk that a row takes on the lowest level.
pub(super) fn page_share(shape: Shape, m: u64) -> u64 {
    match per_page(shape.datum(), m) {
        0 => 2 * PAGE,
        rows => PAGE / rows,
    }
}

fn most_dimensions_or_none(element_type: ElementType, m: u64, rows: u64) -> Option<u32> {
    most_dimensions(element_type, m, rows).filter(|&dimensions| dimensions > 0)
}

/// The most dimensions with which so many rows share a page.
fn most_dimensions(element_type: ElementType, m: u64, rows: u64) -> Option<u32> {
    let fits = |dimensions: u32| {
        let shape = Shape {
            element: element_type,
            dimensions,
        };
        let both = element(shape.datum()) + neighbours(0, m);
        rows * (both + 8) <= USABLE && both + 4 <= USABLE - 4
    };
    if !fits(1) {
        return None;
    }
    let (mut low, mut high) = (1, element_type.most_indexed_dimensions());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(low)
}
