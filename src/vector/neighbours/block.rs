//! Vectors in blocks, with the keys of their rows.

use crate::vector::Metric;

/// Some vectors of one kind and one length.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// 32-bit floats.
    Dense(Matrix),
    /// Bits, the first one highest in the first word; what is behind the last one is zero.
    Bits {
        /// How many bits a vector has.
        dimensions: usize,
        /// The words of all vectors, each vector's own rounded up to whole words, one after the other.
        words: Vec<u64>,
    },
    /// Floats, zeros left out.
    Sparse {
        /// How many dimensions a vector has.
        dimensions: usize,
        /// The vectors.
        rows: Vec<SparseRow>,
    },
}

/// Dense vectors, one after the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// How many dimensions each has.
    pub dimensions: usize,
    /// Their elements.
    pub elements: Vec<f32>,
}

/// A sparse vector.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseRow {
    /// The places of its elements, counted from 0, ascending.
    pub indices: Vec<u32>,
    /// The elements at these places.
    pub values: Vec<f32>,
}

/// Vectors and the keys of their rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The vectors.
    pub rows: Rows,
    /// As many keys, as text.
    pub keys: Vec<String>,
}

/// How many words hold so many bits.
pub(super) fn words_of(bits: usize) -> usize {
    bits.div_ceil(64).max(1)
}

impl Rows {
    /// Dense vectors; `elements` holds whole vectors.
    pub fn dense(dimensions: usize, elements: Vec<f32>) -> Self {
        Self::Dense(Matrix { dimensions, elements })
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.len(),
            Self::Bits { dimensions, words } => words.len() / words_of(*dimensions),
            Self::Sparse { rows, .. } => rows.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many dimensions each vector has.
    pub fn dimensions(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.dimensions,
            Self::Bits { dimensions, .. } | Self::Sparse { dimensions, .. } => *dimensions,
        }
    }

    /// The words of a vector of bits.
    pub(super) fn bits(&self, row: usize) -> &[u64] {
        match self {
            Self::Bits { dimensions, words } => {
                let width = words_of(*dimensions);
                words.get(row * width..(row + 1) * width).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// How many vectors have no distance by this metric.
    pub(super) fn zeros(&self, metric: Metric) -> u64 {
        let zeros = match (metric, self) {
            (Metric::Cosine, Self::Dense(matrix)) => matrix
                .rows()
                .filter(|row| row.iter().all(|element| *element == 0.0))
                .count(),
            (Metric::Cosine, Self::Sparse { rows, .. }) => rows
                .iter()
                .filter(|row| row.values.iter().all(|value| *value == 0.0))
                .count(),
            _ => 0,
        };
        u64::try_from(zeros).unwrap_or(u64::MAX)
    }
}

impl Matrix {
    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.elements
            .len()
            .checked_div(self.dimensions)
            .unwrap_or_default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The vectors.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.elements.chunks_exact(self.dimensions.max(1))
    }

    /// One vector.
    pub fn row(&self, row: usize) -> &[f32] {
        self.elements
            .get(row * self.dimensions..(row + 1) * self.dimensions)
            .unwrap_or_default()
    }
}

impl Block {
    pub(super) fn key(&self, row: usize) -> String {
        self.keys.get(row).cloned().unwrap_or_default()
    }
}

/// The distance of two vectors of bits, as pgvector defines it.
pub(super) fn bits_distance(metric: Metric, left: &[u64], right: &[u64]) -> f64 {
    let count = |combine: fn(u64, u64) -> u64| -> u32 {
        let pairs = left.iter().zip(right);
        pairs.map(|(a, b)| combine(*a, *b).count_ones()).sum()
    };
    if metric == Metric::Jaccard {
        match count(|a, b| a & b) {
            0 => 1.0,
            both => 1.0 - f64::from(both) / f64::from(count(|a, b| a | b)),
        }
    } else {
        f64::from(count(|a, b| a ^ b))
    }
}

impl SparseRow {
    /// The distance by a metric of floats; what one of them lacks is zero.
    pub(super) fn distance(&self, metric: Metric, other: &Self) -> f64 {
        let pairs = || Pairs {
            left: self,
            right: other,
            at: (0, 0),
        };
        let squares = |row: &Self| {
            row.values
                .iter()
                .map(|value| f64::from(*value).powi(2))
                .sum::<f64>()
        };
        match metric {
            Metric::InnerProduct => 0.0 - pairs().map(|(a, b)| a * b).sum::<f64>(),
            Metric::Cosine => {
                let product: f64 = pairs().map(|(a, b)| a * b).sum();
                1.0 - (product / (squares(self) * squares(other)).sqrt()).clamp(-1.0, 1.0)
            }
            Metric::L1 => pairs().map(|(a, b)| (a - b).abs()).sum(),
            _ => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        }
    }
}

/// The elements of two sparse vectors at every place where one of them has one.
struct Pairs<'a> {
    left: &'a SparseRow,
    right: &'a SparseRow,
    at: (usize, usize),
}

impl Iterator for Pairs<'_> {
    type Item = (f64, f64);

    fn next(&mut self) -> Option<(f64, f64)> {
        let place = |row: &SparseRow, at: usize| row.indices.get(at).copied();
        let value = |row: &SparseRow, at: usize| row.values.get(at).copied().map_or(0.0, f64::from);
        let (left, right) = (place(self.left, self.at.0), place(self.right, self.at.1));
        if left.is_none() && right.is_none() {
            return None;
        }
        let first = left.unwrap_or(u32::MAX).min(right.unwrap_or(u32::MAX));
        let mut pair = (0.0, 0.0);
        if left == Some(first) {
            pair.0 = value(self.left, self.at.0);
            self.at.0 += 1;
        }
        if right == Some(first) {
            pair.1 = value(self.right, self.at.1);
            self.at.1 += 1;
        }
        Some(pair)
    }
}
