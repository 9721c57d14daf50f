//! Dense vectors against dense queries: a matrix product finds who could be near, 64 bits say who is.

use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

use super::block::{Block, Matrix};
use super::nearest::Nearest;
use super::{Metric, QUERIES_AT_ONCE};
use crate::vector::exact;

/// How far rounding moves a sum of one term in 32 bits, with something to spare for bounds on bounds.
const UNIT: f64 = 1.1 / 16_777_216.0;

#[derive(Debug)]
pub(super) struct DenseQueries {
    metric: Metric,
    queries: Matrix,
    /// What is multiplied: the queries, of length 1 under cosine.
    factors: Vec<f32>,
    norms: Vec<f64>,
}

/// How many of the open ones are measured first, the most promising.
const MANY_OPEN: usize = 64;

/// A block, ready to be multiplied.
struct Factors<'a> {
    elements: &'a [f32],
    norms: Vec<f64>,
    longest: f64,
}

impl DenseQueries {
    pub(super) fn new(metric: Metric, dimensions: usize, queries: &Matrix) -> Self {
        let queries = Matrix {
            dimensions,
            elements: queries.elements.clone(),
        };
        let norms = norms(&queries);
        let mut factors = queries.elements.clone();
        if metric == Metric::Cosine {
            normalize(&mut factors, dimensions, &norms);
        }
        Self {
            metric,
            queries,
            factors,
            norms,
        }
    }

    /// Offers every vector of the block that could be near to each query.
    pub(super) fn compare(
        &self,
        vectors: &Matrix,
        block: &Block,
        nearest: &mut [Nearest],
        products: &mut Vec<f32>,
        buffer: &mut Vec<f32>,
    ) {
        let factors = self.factors(vectors, buffer);
        let dimensions = self.queries.dimensions;
        let several = self.factors.chunks(QUERIES_AT_ONCE * dimensions.max(1));
        for (chunk, several) in several.enumerate() {
            let queries = several.len().checked_div(dimensions).unwrap_or_default();
            products.clear();
            products.resize(queries * vectors.len(), 0.0);
            if self.metric == Metric::L1 {
                taxicab(several, factors.elements, dimensions, products);
            } else {
                multiply(several, factors.elements, dimensions, products);
            }
            for (at, scores) in products.chunks_exact(vectors.len()).enumerate() {
                let query = chunk * QUERIES_AT_ONCE + at;
                if let Some(nearest) = nearest.get_mut(query) {
                    self.offer(query, scores, &factors, vectors, block, nearest);
                }
            }
        }
    }

    /// Measures those in 64 bits whose score leaves it open whether they are near; the most promising first, because
    /// each neighbour found rules others out.
    fn offer(
        &self,
        query: usize,
        scores: &[f32],
        factors: &Factors<'_>,
        vectors: &Matrix,
        block: &Block,
        nearest: &mut Nearest,
    ) {
        let bound = self.comparable(nearest.bound());
        let mut open: Vec<(f64, usize)> = Vec::new();
        let mut look_at = |row: usize, score: f32| {
            let least = self.at_least(query, row, f64::from(score), factors);
            if least <= bound {
                open.push((least, row));
            }
        };
        match self.least_score(query, bound, factors) {
            Some(least_score) => reaching(least_score, scores, &mut look_at),
            None => scores
                .iter()
                .enumerate()
                .for_each(|(row, score)| look_at(row, *score)),
        }
        let first = MANY_OPEN.max(nearest.count());
        if open.len() > first {
            let by_least = |one: &(f64, usize), other: &(f64, usize)| one.0.total_cmp(&other.0);
            let (promising, _, _) = open.select_nth_unstable_by(first, by_least);
            promising.sort_unstable_by(by_least);
        }
        for (least, row) in open {
            if least > self.comparable(nearest.bound()) {
                continue;
            }
            let exact = exact::distance(self.metric, self.queries.row(query), vectors.row(row));
            nearest.offer(exact, || block.key(row));
        }
    }

    /// The score below which no vector of a block is within the bound, whatever its own length; where there is one.
    fn least_score(&self, query: usize, bound: f64, factors: &Factors<'_>) -> Option<f32> {
        let rounding = self.terms() * UNIT;
        let least = match self.metric {
            Metric::Cosine => 1.0 - bound - rounding,
            Metric::InnerProduct => {
                let norm = self.norms.get(query).copied().unwrap_or_default();
                -bound - rounding * norm * factors.longest - self.terms() * f64::from(f32::MIN_POSITIVE)
            }
            _ => return None,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding to 32 bits, made good by going two steps down"
        )]
        let least = least as f32;
        Some(least.next_down().next_down())
    }

    /// How many terms a score sums up, with some to spare.
    fn terms(&self) -> f64 {
        f64::from(u32::try_from(self.queries.dimensions).unwrap_or(u32::MAX)) + 8.0
    }

    /// A distance as [`Self::at_least`] gives it: squared where that saves the root.
    fn comparable(&self, distance: f64) -> f64 {
        match self.metric {
            Metric::L2 => distance * distance * (1.0 + 1e-12),
            _ => distance,
        }
    }

    /// The least that the distance can be, given what 32 bits say. What overflowed there says nothing.
    fn at_least(&self, query: usize, row: usize, score: f64, factors: &Factors<'_>) -> f64 {
        let norm = |norms: &[f64], at: usize| norms.get(at).copied().unwrap_or_default();
        let rounding = self.terms() * UNIT;
        // Products below the least number of 32 bits are lost whole.
        let lost = self.terms() * f64::from(f32::MIN_POSITIVE);
        if !score.is_finite() {
            return f64::NEG_INFINITY;
        }
        match self.metric {
            Metric::Cosine => 1.0 - score - rounding,
            Metric::InnerProduct => -score - rounding * norm(&self.norms, query) * factors.longest - lost,
            Metric::L1 => score * (1.0 - rounding) - lost,
            _ => {
                let (a, b) = (norm(&self.norms, query), norm(&factors.norms, row));
                let squares = a * a + b * b;
                squares - 2.0 * (score + rounding * a * b + lost) - squares * 1e-12
            }
        }
    }

    fn factors<'a>(&self, vectors: &'a Matrix, buffer: &'a mut Vec<f32>) -> Factors<'a> {
        let norms = match self.metric {
            Metric::L1 => Vec::new(),
            _ => norms(vectors),
        };
        let longest = norms.iter().copied().fold(0.0, f64::max);
        let elements = if self.metric == Metric::Cosine {
            buffer.clear();
            buffer.extend_from_slice(&vectors.elements);
            normalize(buffer, vectors.dimensions, &norms);
            buffer.as_slice()
        } else {
            &vectors.elements
        };
        Factors {
            elements,
            norms,
            longest,
        }
    }
}

/// Hands on the scores that reach the least one, and those that are no number: what overflowed says nothing.
fn reaching(least: f32, scores: &[f32], look_at: &mut impl FnMut(usize, f32)) {
    const LANES: usize = 32;
    let falls_short = |score: f32| score < least && score > f32::NEG_INFINITY;
    let (chunks, rest) = scores.as_chunks::<LANES>();
    for (chunk, scores) in chunks.iter().enumerate() {
        // Nearly all chunks fall short as a whole, which is told without a branch for each of them.
        if scores.iter().fold(true, |all, score| all & falls_short(*score)) {
            continue;
        }
        for (at, score) in scores
            .iter()
            .enumerate()
            .filter(|(_, score)| !falls_short(**score))
        {
            look_at(chunk * LANES + at, *score);
        }
    }
    for (at, score) in rest.iter().enumerate() {
        look_at(chunks.len() * LANES + at, *score);
    }
}

fn norms(matrix: &Matrix) -> Vec<f64> {
    let square = |row: &[f32]| row.iter().map(|element| f64::from(*element).powi(2)).sum::<f64>();
    matrix.rows().map(|row| square(row).sqrt()).collect()
}

/// Gives each vector the length 1; those without a length become NaN.
fn normalize(elements: &mut [f32], dimensions: usize, norms: &[f64]) {
    for (row, norm) in elements.chunks_exact_mut(dimensions.max(1)).zip(norms) {
        for element in row {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "rounding to 32 bits is what is meant"
            )]
            let unit = (f64::from(*element) / norm) as f32;
            *element = unit;
        }
    }
}

/// The products of every query with every vector; row by row of the queries.
fn multiply(queries: &[f32], vectors: &[f32], dimensions: usize, products: &mut [f32]) {
    let rows = |elements: &[f32]| elements.len().checked_div(dimensions).unwrap_or_default();
    let shape = (rows(queries), rows(vectors));
    let views = (
        ArrayView2::from_shape((shape.0, dimensions), queries),
        ArrayView2::from_shape((shape.1, dimensions), vectors),
        ArrayViewMut2::from_shape(shape, products),
    );
    // The lengths are multiples of the dimensions, so that the shapes always fit.
    if let (Ok(queries), Ok(vectors), Ok(mut products)) = views {
        general_mat_mul(1.0, &queries, &vectors.t(), 0.0, &mut products);
    }
}

/// The taxicab distances of every query to every vector, in 32 bits.
fn taxicab(queries: &[f32], vectors: &[f32], dimensions: usize, distances: &mut [f32]) {
    const LANES: usize = 16;
    let width = dimensions.max(1);
    let rows = vectors.len().checked_div(width).unwrap_or_default().max(1);
    for (query, distances) in queries.chunks_exact(width).zip(distances.chunks_exact_mut(rows)) {
        for (vector, distance) in vectors.chunks_exact(width).zip(distances) {
            let (query, query_rest) = query.as_chunks::<LANES>();
            let (vector, vector_rest) = vector.as_chunks::<LANES>();
            let mut sums = [0.0_f32; LANES];
            for (a, b) in query.iter().zip(vector) {
                for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                    *sum += (a - b).abs();
                }
            }
            let rest = query_rest.iter().zip(vector_rest).map(|(a, b)| (a - b).abs());
            *distance = sums.iter().copied().chain(rest).sum();
        }
    }
}
