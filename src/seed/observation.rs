//! What the vectors of a load are like: their lengths, and how many are the same.
//!
//! It looks at the encoded rows, so the readers know nothing of it. Lengths are taken from a sample, repeats from a hash
//! of every vector, of which a bounded number is kept. Why it matters: under inner product longer vectors come first
//! whatever they point at; and an HNSW element holds at most ten rows (pgvector's `HNSW_HEAPTIDS`), so more of the same
//! fill the graph with elements at distance zero.

use std::collections::HashMap;

use half::f16;
use serde::Serialize;

use super::destination::Destination;
use crate::vector::copy::ColumnKind;
use crate::vector::{ElementType, Metric};

/// How many different vectors are told apart.
const KEPT: usize = 500_000;
/// The rows of one element of a graph.
const ROWS_OF_AN_ELEMENT: u32 = 10;
/// The first rows are all measured, then one in so many.
const ALL: u64 = 1_000;
const ONE_IN: u64 = 64;
/// How far from one the length of a normalised vector may be; half precision is coarse.
const TOLERANCE: f64 = 0.01;

/// What the vectors of a load are like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct VectorFacts {
    /// How many were measured.
    pub measured: u64,
    /// How many of these are not of length one.
    pub not_normalized: u64,
    /// The least length measured.
    pub shortest: Option<f64>,
    /// The greatest length measured.
    pub longest: Option<f64>,
    /// How many different vectors stand in more than ten rows.
    pub repeated_vectors: u64,
    /// The rows that they stand in.
    pub repeated_rows: u64,
    /// The most rows that one stands in.
    pub most_repeats: u64,
    /// Whether there were more different vectors than are told apart; then repeats of the later ones are not seen.
    pub is_partial: bool,
}

impl VectorFacts {
    /// What a user of this metric should know, one sentence each.
    pub fn warnings(&self, metric: Metric) -> Vec<String> {
        let mut warnings = Vec::new();
        if metric == Metric::InnerProduct && self.not_normalized > 0 {
            warnings.push(format!(
                "{} of {} vectors measured are not of length 1 (lengths {:.3} to {:.3}): inner product puts longer ones \
                 first; normalise them, or search by cosine",
                self.not_normalized,
                self.measured,
                self.shortest.unwrap_or_default(),
                self.longest.unwrap_or_default()
            ));
        }
        if self.repeated_vectors > 0 {
            let partial = if self.is_partial { "at least " } else { "" };
            warnings.push(format!(
                "{partial}{} rows share {} vectors, one of them in {} rows: an element of an HNSW graph holds ten rows, so \
                 more of the same slow it down and hide others; load each text once",
                self.repeated_rows, self.repeated_vectors, self.most_repeats
            ));
        }
        warnings
    }
}

/// Looks at the vectors on their way to the server.
#[derive(Debug, Default)]
pub(super) struct Observation {
    element: Option<ElementType>,
    /// The vector's place in a row.
    place: Option<usize>,
    rows: u64,
    counts: HashMap<u64, u32>,
    facts: VectorFacts,
}

impl Observation {
    /// Learns where in a row the vector stands.
    pub(super) fn learn(&mut self, destination: &Destination, layout: &[usize]) {
        let Some(embedding) = destination.embedding else {
            return;
        };
        self.place = layout.iter().position(|&field| field == embedding);
        self.element = destination
            .fields
            .get(embedding)
            .and_then(|field| match field.kind {
                ColumnKind::Vector(element @ (ElementType::Vector | ElementType::Halfvec), _) => {
                    Some(element)
                }
                _ => None,
            });
    }

    /// Looks at some encoded rows.
    pub(super) fn look(&mut self, bytes: &[u8]) {
        let (Some(place), Some(element)) = (self.place, self.element) else {
            return;
        };
        let mut rest = bytes;
        while let Some((vector, after)) = field_of_row(rest, place) {
            if !vector.is_empty() {
                self.count(vector);
                self.measure(element, vector);
            }
            rest = after;
        }
    }

    /// What was seen.
    pub(super) fn facts(&self) -> VectorFacts {
        let mut facts = self.facts;
        for &count in self.counts.values().filter(|&&count| count > ROWS_OF_AN_ELEMENT) {
            facts.repeated_vectors += 1;
            facts.repeated_rows += u64::from(count);
            facts.most_repeats = facts.most_repeats.max(u64::from(count));
        }
        facts
    }

    fn count(&mut self, vector: &[u8]) {
        let is_full = self.counts.len() >= KEPT;
        let key = fingerprint(vector);
        match self.counts.get_mut(&key) {
            Some(count) => *count = count.saturating_add(1),
            None if is_full => self.facts.is_partial = true,
            None => drop(self.counts.insert(key, 1)),
        }
    }

    fn measure(&mut self, element: ElementType, vector: &[u8]) {
        self.rows += 1;
        if self.rows > ALL && !self.rows.is_multiple_of(ONE_IN) {
            return;
        }
        let Some(length) = length(element, vector) else {
            return;
        };
        let facts = &mut self.facts;
        facts.measured += 1;
        facts.not_normalized += u64::from((length - 1.0).abs() > TOLERANCE);
        facts.shortest = Some(facts.shortest.map_or(length, |least| least.min(length)));
        facts.longest = Some(facts.longest.map_or(length, |most| most.max(length)));
    }
}

/// A field of the first row, and what stands behind the row. NULL is empty.
fn field_of_row(bytes: &[u8], place: usize) -> Option<(&[u8], &[u8])> {
    let (fields, mut rest) = bytes.split_first_chunk::<2>()?;
    let mut found: &[u8] = &[];
    for number in 0..usize::from(u16::from_be_bytes(*fields)) {
        let (length, value) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
        let (value, after) = value.split_at_checked(length)?;
        if number == place {
            found = value;
        }
        rest = after;
    }
    Some((found, rest))
}

/// The Euclidean length of an encoded vector: two bytes of dimensions, two of nothing, then its elements.
fn length(element: ElementType, vector: &[u8]) -> Option<f64> {
    let elements = vector.get(4..)?;
    let squares: f64 = match element {
        ElementType::Vector => elements
            .chunks_exact(4)
            .filter_map(|bytes| Some(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))))
            .map(|value| value * value)
            .sum(),
        ElementType::Halfvec => elements
            .chunks_exact(2)
            .filter_map(|bytes| Some(f64::from(f16::from_be_bytes(bytes.try_into().ok()?))))
            .map(|value| value * value)
            .sum(),
        ElementType::Bit | ElementType::Sparsevec => return None,
    };
    Some(squares.sqrt())
}

/// 64 bits of a vector, in four lanes so that it keeps up with the copy.
fn fingerprint(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |lane: u64, word: u64| (lane.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    let [mut first, mut second, mut third, mut fourth] = [1_u64, 2, 3, 4];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        // Four names in place of an array: they stay in registers however the compiler is told to unroll.
        if let ([one, two, three, four], _) = block.as_chunks::<8>() {
            first = mix(first, u64::from_le_bytes(*one));
            second = mix(second, u64::from_le_bytes(*two));
            third = mix(third, u64::from_le_bytes(*three));
            fourth = mix(fourth, u64::from_le_bytes(*four));
        }
    }
    let rest = rest.iter().fold(0, |hash, &byte| mix(hash, u64::from(byte)));
    let hash = [first, second, third, fourth].into_iter().fold(rest, mix);
    hash ^ hash >> 29
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::copy::CopyEncoder;

    fn observed(vectors: &[[f32; 9]]) -> VectorFacts {
        let mut encoder = CopyEncoder::new(2).unwrap();
        for (id, vector) in (1..).zip(vectors) {
            encoder.begin_row();
            encoder.int8(id);
            encoder.vector(vector).unwrap();
        }
        encoder.begin_row();
        encoder.int8(0);
        encoder.null();
        let mut observation = Observation {
            element: Some(ElementType::Vector),
            place: Some(1),
            ..Observation::default()
        };
        observation.look(&encoder.take(0));
        observation.facts()
    }

    /// Nine dimensions: a block and a rest; only the last one differs.
    fn ending(last: f32) -> [f32; 9] {
        let mut vector = [0.0; 9];
        vector[8] = last;
        vector
    }

    #[test]
    fn lengths_are_measured() {
        let facts = observed(&[ending(1.0), ending(-1.0), ending(1.005), ending(3.0)]);
        assert_eq!((facts.measured, facts.not_normalized), (4, 1));
        assert_eq!((facts.shortest, facts.longest), (Some(1.0), Some(3.0)));
    }

    #[test]
    fn more_than_ten_of_the_same_are_repeats() {
        let mut vectors = vec![ending(1.0); 10];
        vectors.extend(vec![ending(2.0); 11]);
        vectors.extend(vec![ending(4.0); 30]);
        let facts = observed(&vectors);
        assert_eq!(
            (facts.repeated_vectors, facts.repeated_rows, facts.most_repeats),
            (2, 41, 30)
        );
        assert!(!facts.is_partial);
    }

    #[test]
    fn different_vectors_have_different_fingerprints() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..200_000_u32 {
            let mut bytes = [0_u8; 52];
            bytes[20..24].copy_from_slice(&number.to_be_bytes());
            bytes[48..].copy_from_slice(&(number / 3).to_be_bytes());
            assert!(seen.insert(fingerprint(&bytes)), "{number}");
        }
    }
}
