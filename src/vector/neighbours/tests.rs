use proptest::prelude::*;

use super::*;
use crate::vector::exact;

/// How many vectors come in a block: the second one meets a bound.
const AT_ONCE: usize = 70;

const FLOATS: [Metric; 4] = [Metric::L2, Metric::InnerProduct, Metric::Cosine, Metric::L1];

fn block(rows: Rows, first: usize) -> Block {
    let keys = (first..first + rows.len())
        .map(|key| format!("{key:06}"))
        .collect();
    Block { rows, keys }
}

/// The keys that comparing with every vector finds: those no farther away than the last, and the distance of each.
fn brute_force(distances: &[f64], count: usize) -> Vec<(String, f64)> {
    let mut all: Vec<(String, f64)> = distances
        .iter()
        .enumerate()
        .filter(|(_, distance)| !distance.is_nan())
        .map(|(key, distance)| (format!("{key:06}"), *distance))
        .collect();
    all.sort_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    let bound = all.get(count - 1).map_or(f64::INFINITY, |last| last.1);
    all.retain(|(_, distance)| *distance <= bound);
    all
}

fn found(exact: &Exact) -> Vec<(String, f64)> {
    let pair = |neighbour: &Neighbour| (neighbour.key.clone(), neighbour.distance);
    exact.neighbours.iter().map(pair).collect()
}

/// Elements that make ties, cancellation, zeros, and sums far beyond 32 bits.
fn element() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -1.0_f32..1.0,
        4 => Just(0.0_f32),
        4 => prop::sample::select(vec![1.0_f32, -1.0, 0.5]),
        1 => prop::sample::select(vec![1e30_f32, -1e30, 1e-30, 3e38, 16_777_216.0]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dense_neighbours_are_those_of_brute_force(
        dimensions in 3_usize..40,
        queries in 1_usize..4,
        count in 1_usize..8,
        elements in prop::collection::vec(element(), 40 * 60),
    ) {
        let (asked, stored) = elements.split_at(queries * dimensions);
        let stored = &stored[..stored.len() / dimensions * dimensions];
        for metric in FLOATS {
            let rows = Rows::dense(dimensions, asked.to_vec());
            let mut search = Search::new(metric, &rows, count).unwrap();
            let mut other = search.fork();
            let half = stored.len() / dimensions / 2;
            let (first, second) = stored.split_at(half * dimensions);
            for (part, start, search) in [(first, 0, &mut search), (second, half, &mut other)] {
                for (number, some) in part.chunks(AT_ONCE * dimensions).enumerate() {
                    let some = Rows::dense(dimensions, some.to_vec());
                    search.add(&block(some, start + number * AT_ONCE)).unwrap();
                }
            }
            search.merge(other);
            for (query, exact) in asked.chunks(dimensions).zip(search.finish()) {
                let distance = |row| exact::distance(metric, query, row);
                let distances: Vec<f64> = stored.chunks(dimensions).map(distance).collect();
                prop_assert_eq!(found(&exact), brute_force(&distances, count));
                prop_assert!(!exact.ties_cut);
            }
        }
    }

    #[test]
    fn bits_and_sparse_vectors_agree_with_the_same_as_floats(
        dimensions in 1_usize..130,
        bits in prop::collection::vec(any::<bool>(), 130 * 20),
        count in 1_usize..5,
    ) {
        let vectors: Vec<&[bool]> = bits.chunks_exact(dimensions).take(20).collect();
        let words = |vectors: &[&[bool]]| -> Vec<u64> {
            let word = |bits: &[bool]| {
                bits.iter().enumerate().fold(0, |word, (at, bit)| word | (u64::from(*bit) << (63 - at)))
            };
            vectors.iter().flat_map(|vector| vector.chunks(64).map(word).collect::<Vec<u64>>()).collect()
        };
        let floats = |vector: &[bool]| -> Vec<f32> { vector.iter().map(|bit| f32::from(u8::from(*bit))).collect() };
        let sparse = |vector: &[bool]| -> SparseRow {
            let set = (0..).zip(vector).filter(|(_, bit)| **bit);
            let indices: Vec<u32> = set.map(|(at, _)| at).collect();
            SparseRow { values: vec![1.0; indices.len()], indices }
        };
        let as_bits = |vectors: &[&[bool]]| Rows::Bits { dimensions, words: words(vectors) };
        let as_sparse = |vectors: &[&[bool]]| Rows::Sparse {
            dimensions,
            rows: vectors.iter().map(|vector| sparse(vector)).collect(),
        };
        for metric in [Metric::Hamming, Metric::Jaccard].into_iter().chain(FLOATS) {
            let is_bits = matches!(metric, Metric::Hamming | Metric::Jaccard);
            let rows = |vectors: &[&[bool]]| if is_bits { as_bits(vectors) } else { as_sparse(vectors) };
            let mut search = Search::new(metric, &rows(&vectors[..1]), count).unwrap();
            search.add(&block(rows(&vectors), 0)).unwrap();
            let distance = |row: &&[bool]| exact::distance(metric, &floats(vectors[0]), &floats(row));
            let distances: Vec<f64> = vectors.iter().map(distance).collect();
            let exact = search.finish();
            prop_assert_eq!(found(&exact[0]), brute_force(&distances, count));
        }
    }
}

#[test]
fn more_ties_than_are_kept_are_told() {
    let same = Rows::dense(2, [1.0, 0.0].repeat(5_000));
    let mut search = Search::new(Metric::L2, &Rows::dense(2, vec![0.0, 0.0]), 3).unwrap();
    search.add(&block(same, 0)).unwrap();
    let nearer = Rows::dense(2, vec![0.5, 0.0, 0.25, 0.0, 0.75, 0.0]);
    let mut other = search.fork();
    other.add(&block(nearer, 5_000)).unwrap();
    let exact = &search.fork().finish()[0];
    assert!(exact.neighbours.is_empty() && !exact.ties_cut);
    let mut whole = search.fork();
    whole.merge(search);
    whole.merge(other);
    let exact = whole.finish().remove(0);
    let keys: Vec<&str> = exact
        .neighbours
        .iter()
        .map(|neighbour| neighbour.key.as_str())
        .collect();
    assert_eq!(keys, ["005001", "005000", "005002"]);
    assert!(!exact.ties_cut);
    assert_eq!(exact.first(2).neighbours.len(), 2);

    let mut only = Search::new(Metric::L2, &Rows::dense(2, vec![0.0, 0.0]), 3).unwrap();
    only.add(&block(Rows::dense(2, [1.0, 0.0].repeat(5_000)), 0))
        .unwrap();
    assert!(only.finish().remove(0).ties_cut);
}

#[test]
fn other_kinds_and_lengths_are_refused() {
    let floats = Rows::dense(2, vec![0.0, 1.0]);
    assert_eq!(
        Search::new(Metric::Hamming, &floats, 1).unwrap_err().to_string(),
        "the hamming distance is not defined between such vectors"
    );
    let mut search = Search::new(Metric::Cosine, &floats, 1).unwrap();
    let longer = block(Rows::dense(3, vec![0.0, 1.0, 2.0]), 0);
    assert_eq!(
        search.add(&longer).unwrap_err(),
        Mismatch::Dimensions {
            expected: 2,
            actual: 3
        }
    );
    search
        .add(&block(Rows::dense(2, vec![0.0, 0.0, 1.0, 1.0]), 0))
        .unwrap();
    assert_eq!(search.without_distance(), 1);
    assert_eq!(search.finish()[0].neighbours.len(), 1);
}
