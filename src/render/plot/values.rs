//! The values of a chart: which have a place, and what its axes must reach.

use super::{Across, Chart, Point, Series, Shape};

impl Chart {
    pub(super) fn has(&self, point: &Point) -> bool {
        self.x.scale.has(point.x) && self.y.scale.has(point.y)
    }
}

impl Series {
    pub(super) fn points(&self) -> &[Point] {
        match &self.shape {
            Shape::Points { points, .. } => points,
            Shape::Steps { .. } => &[],
        }
    }

    /// All that an axis must reach: along the one from bottom to top for horizontal lines.
    pub(super) fn values(&self, across: Across) -> Vec<f64> {
        let ends = |value: f64, range: Option<(f64, f64)>| {
            let (low, high) = range.unwrap_or((value, value));
            [value, low, high]
        };
        match (&self.shape, across) {
            (Shape::Points { points, .. }, Across::Vertical) => points
                .iter()
                .flat_map(|point| ends(point.x, point.x_range))
                .collect(),
            (Shape::Points { points, .. }, Across::Horizontal) => points
                .iter()
                .flat_map(|point| ends(point.y, point.y_range))
                .collect(),
            (Shape::Steps { edges, .. }, Across::Vertical) => edges.clone(),
            (Shape::Steps { heights, .. }, Across::Horizontal) => heights.clone(),
        }
    }
}
