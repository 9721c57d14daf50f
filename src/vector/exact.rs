//! Exact neighbours by comparing with every vector: the ground truth for tests and recall.
//!
//! Sums are kept in 64 bits, where the server keeps 32: distances agree to about seven digits, so an order may
//! differ where two distances agree in more.

use super::Metric;

/// One neighbour: where it stands among the vectors given, and how far away it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The vector's index.
    pub index: usize,
    /// Its distance.
    pub distance: f64,
}

/// The distance of two vectors as pgvector defines it; elements that one of them lacks are taken as zero.
/// Under the metrics of bits an element counts as set where it is not zero.
pub fn distance(metric: Metric, left: &[f32], right: &[f32]) -> f64 {
    fn padded(side: &[f32]) -> impl Iterator<Item = f64> {
        let elements = side.iter().map(|element| f64::from(*element));
        elements.chain(std::iter::repeat(0.0))
    }
    let pairs = || {
        let longest = left.len().max(right.len());
        padded(left).zip(padded(right)).take(longest)
    };
    let product = || pairs().map(|(a, b)| a * b).sum::<f64>();
    let squares = |side: &[f32]| side.iter().map(|a| f64::from(*a).powi(2)).sum::<f64>();
    let bits = |counts: fn(bool, bool) -> bool| -> f64 {
        pairs()
            .map(|(a, b)| f64::from(u8::from(counts(a != 0.0, b != 0.0))))
            .sum()
    };
    match metric {
        Metric::L2 => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        Metric::InnerProduct => 0.0 - product(),
        Metric::Cosine => {
            let similarity = product() / (squares(left) * squares(right)).sqrt();
            // As the server does, against rounding beyond the ends. NaN stays NaN.
            1.0 - similarity.clamp(-1.0, 1.0)
        }
        Metric::L1 => pairs().map(|(a, b)| (a - b).abs()).sum(),
        Metric::Hamming => bits(|a, b| a != b),
        Metric::Jaccard => match bits(|a, b| a && b) {
            0.0 => 1.0,
            both => 1.0 - both / bits(|a, b| a || b),
        },
    }
}

/// The `count` nearest of `vectors`, the nearest first, the earlier one first where distances are equal, and those
/// without a distance (a zero vector under cosine) last.
pub fn nearest<V: AsRef<[f32]>>(
    metric: Metric,
    query: &[f32],
    vectors: &[V],
    count: usize,
) -> Vec<Neighbour> {
    let mut neighbours: Vec<Neighbour> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| Neighbour {
            index,
            distance: distance(metric, query, vector.as_ref()),
        })
        .collect();
    // A stable sort keeps the earlier one of equals in front. The sign of a NaN must not move it to the front.
    let key = |neighbour: &Neighbour| (neighbour.distance.is_nan(), neighbour.distance);
    neighbours.sort_by(|one, other| {
        let (one, other) = (key(one), key(other));
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
    });
    neighbours.truncate(count);
    neighbours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_pgvector() {
        let (a, b) = ([1.0, 2.0, 3.0], [4.0, 0.0, 8.0]);
        let close = |metric, expected: f64| (distance(metric, &a, &b) - expected).abs() < 1e-12;
        assert!(close(Metric::L2, 38_f64.sqrt()));
        assert!(close(Metric::InnerProduct, -28.0));
        assert!(close(Metric::Cosine, 1.0 - 28.0 / (14_f64 * 80.0).sqrt()));
        assert!(close(Metric::L1, 10.0));
        assert!(close(Metric::Hamming, 1.0));
        assert!(close(Metric::Jaccard, 1.0 - 2.0 / 3.0));
        assert!((distance(Metric::Jaccard, &[0.0], &[0.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn ties_keep_their_order_and_what_has_no_distance_comes_last() {
        let vectors = [vec![0.0, 0.0], vec![0.0, 2.0], vec![1.0, 0.0], vec![0.0, 1.0]];
        let order = |count| -> Vec<usize> {
            nearest(Metric::Cosine, &[0.0, 1.0], &vectors, count)
                .iter()
                .map(|neighbour| neighbour.index)
                .collect()
        };
        assert_eq!(order(9), [1, 3, 2, 0]);
        assert_eq!(order(2), [1, 3]);
    }
}
