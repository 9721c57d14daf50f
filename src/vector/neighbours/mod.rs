//! The exact nearest neighbours of many queries at once, over vectors that arrive in blocks: the ground truth of recall.
//!
//! Memory is that of the queries and of what they keep, however many vectors go by. Dense vectors are compared by matrix
//! products in 32 bits, whose rounding is bounded (N. Higham, "Accuracy and Stability of Numerical Algorithms", 3.1);
//! whatever could be a neighbour within that bound is measured again in 64 bits, so that the answer is the one of
//! [`super::exact::distance`] for every pair. Pure: no sockets, no threads; [`Search::fork`] is for those who have some.

mod block;
mod dense;
mod fields;
mod nearest;

use std::sync::Arc;

pub use block::{Block, Rows, SparseRow};
pub use nearest::{Exact, Neighbour};

use self::dense::DenseQueries;
use self::nearest::Nearest;
use super::Metric;

/// How many queries are compared with a block at once.
const QUERIES_AT_ONCE: usize = 512;

/// Queries with the nearest vectors that were seen so far.
#[derive(Debug)]
pub struct Search {
    queries: Arc<Queries>,
    nearest: Vec<Nearest>,
    without_distance: u64,
    products: Vec<f32>,
    rows: Vec<f32>,
}

#[derive(Debug)]
struct Queries {
    metric: Metric,
    count: usize,
    dimensions: usize,
    set: Set,
}

#[derive(Debug)]
enum Set {
    Dense(DenseQueries),
    Bits(Vec<Vec<u64>>),
    Sparse(Vec<SparseRow>),
}

/// Why a search cannot take its queries or a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The vectors are of another kind, or the metric is none of theirs.
    #[error("the {metric} distance is not defined between such vectors")]
    Kind {
        /// The metric.
        metric: Metric,
    },
    /// The vectors have another length.
    #[error("a vector has {actual} dimensions, the queries have {expected}")]
    Dimensions {
        /// What the queries have.
        expected: usize,
        /// What came.
        actual: usize,
    },
}

impl Search {
    /// A search for the `count` nearest of each query, by pgvector's metric.
    pub fn new(metric: Metric, queries: &Rows, count: usize) -> Result<Self, Mismatch> {
        let set = match (queries, metric) {
            (Rows::Dense(elements), Metric::L2 | Metric::InnerProduct | Metric::Cosine | Metric::L1) => {
                Set::Dense(DenseQueries::new(metric, queries.dimensions(), elements))
            }
            (Rows::Bits { .. }, Metric::Hamming | Metric::Jaccard) => {
                Set::Bits((0..queries.len()).map(|row| queries.bits(row).to_vec()).collect())
            }
            (Rows::Sparse { rows, .. }, Metric::L2 | Metric::InnerProduct | Metric::Cosine | Metric::L1) => {
                Set::Sparse(rows.clone())
            }
            _ => return Err(Mismatch::Kind { metric }),
        };
        Ok(Self {
            nearest: (0..queries.len()).map(|_| Nearest::new(count)).collect(),
            queries: Arc::new(Queries {
                metric,
                count,
                dimensions: queries.dimensions(),
                set,
            }),
            without_distance: 0,
            products: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// The same search over other vectors, for another thread; [`Self::merge`] brings both together.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            nearest: self
                .nearest
                .iter()
                .map(|_| Nearest::new(self.queries.count))
                .collect(),
            queries: Arc::clone(&self.queries),
            without_distance: 0,
            products: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Compares every query with every vector of the block.
    pub fn add(&mut self, block: &Block) -> Result<(), Mismatch> {
        let queries = Arc::clone(&self.queries);
        if block.rows.is_empty() {
            return Ok(());
        }
        if block.rows.dimensions() != queries.dimensions {
            return Err(Mismatch::Dimensions {
                expected: queries.dimensions,
                actual: block.rows.dimensions(),
            });
        }
        match (&queries.set, &block.rows) {
            (Set::Dense(dense), Rows::Dense(vectors)) => {
                dense.compare(
                    vectors,
                    block,
                    &mut self.nearest,
                    &mut self.products,
                    &mut self.rows,
                );
            }
            (Set::Bits(set), Rows::Bits { .. }) => {
                self.each_pair(block, |query, row| {
                    let query = set.get(query).map_or(&[][..], Vec::as_slice);
                    block::bits_distance(queries.metric, query, block.rows.bits(row))
                });
            }
            (Set::Sparse(set), Rows::Sparse { rows, .. }) => {
                self.each_pair(block, |query, row| match (set.get(query), rows.get(row)) {
                    (Some(query), Some(row)) => query.distance(queries.metric, row),
                    _ => f64::NAN,
                });
            }
            _ => {
                return Err(Mismatch::Kind {
                    metric: queries.metric,
                });
            }
        }
        self.without_distance += block.rows.zeros(queries.metric);
        Ok(())
    }

    fn each_pair(&mut self, block: &Block, distance: impl Fn(usize, usize) -> f64) {
        for (query, nearest) in self.nearest.iter_mut().enumerate() {
            for row in 0..block.rows.len() {
                nearest.offer(distance(query, row), || block.key(row));
            }
        }
    }

    /// Takes in what another thread has seen.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.nearest.iter_mut().zip(other.nearest) {
            mine.merge(theirs);
        }
        self.without_distance += other.without_distance;
    }

    /// How many vectors have no distance to anything: zero vectors under cosine.
    pub fn without_distance(&self) -> u64 {
        self.without_distance
    }

    /// The neighbours of each query, in the order of the queries.
    pub fn finish(self) -> Vec<Exact> {
        self.nearest.into_iter().map(Nearest::finish).collect()
    }
}

#[cfg(test)]
mod tests;
