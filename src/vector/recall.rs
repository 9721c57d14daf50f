//! Recall against exact neighbours: what it is, how sure it is, and which queries it hides.
//!
//! A row counts as found where it is one of the exact neighbours or exactly as far away as the last of them. The misses
//! of one query come together (a query in a region that the graph reaches badly misses several at once), so that
//! `queries x k` rows say less than as many independent ones: the design effect measures by how much (L. Kish, "Survey
//! Sampling"). The interval is Wilson's score interval over the rows that are left after it. Pure.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::neighbours::Exact;

/// The design effect that is assumed as long as few queries missed anything: the upper end of what was measured for HNSW.
const USUAL_DESIGN_EFFECT: f64 = 2.4;

/// How many queries that missed something the assumption is worth.
const ASSUMPTION_WEIGHT: f64 = 10.0;

/// The standard normal deviate of 95 % in the middle.
const DEVIATE: f64 = 1.959_964;

/// How many of the worst queries are told.
const WORST: usize = 10;

/// The recall of a set of queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recall {
    /// How many neighbours each query asked for.
    pub k: usize,
    /// How many queries there are.
    pub queries: usize,
    /// The share of exact neighbours that were found, over all queries.
    pub mean: f64,
    /// Between these the mean lies in 95 of 100 such sets of queries.
    pub interval: Interval,
    /// How many times as many queries it takes because misses come together.
    pub design_effect: f64,
    /// The lowest recall of a query.
    pub lowest: f64,
    /// The recall that 1 in 100 queries does not reach.
    pub percentile_1: f64,
    /// The recall that 5 in 100 queries do not reach.
    pub percentile_5: f64,
    /// How many queries found all their neighbours.
    pub perfect: usize,
    /// How much farther the rows found are than the exact ones, as the mean of the ratios of summed distances; none
    /// under the inner product, whose distances may be negative.
    pub distance_ratio: Option<f64>,
    /// The queries with the lowest recall.
    pub worst: Vec<WorstQuery>,
}

/// A range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A query that found few of its neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstQuery {
    /// Its place among the queries, counted from 0.
    pub query: usize,
    /// Its recall.
    pub recall: f64,
    /// How many rows it returned.
    pub returned: usize,
}

/// What a query returned: keys with distances, the nearest first.
pub type Found = [(String, f64)];

/// The share of a query's exact neighbours that it found; `None` where there are none to find.
pub fn of_query(exact: &Exact, found: &Found) -> Option<f64> {
    let wanted = exact.count.min(exact.neighbours.len());
    if wanted == 0 {
        return None;
    }
    let keys: HashSet<&str> = exact
        .neighbours
        .iter()
        .map(|neighbour| neighbour.key.as_str())
        .collect();
    let returned: HashSet<&str> = found
        .iter()
        .take(exact.count)
        .map(|(key, _)| key.as_str())
        .collect();
    let hits = returned.intersection(&keys).count().min(wanted);
    Some(number(hits) / number(wanted))
}

/// The recall of queries, given the exact neighbours and what was found, in the same order; `None` where no query has
/// neighbours.
pub fn of_queries<F: AsRef<Found>>(exact: &[Exact], found: &[F], signed_distances: bool) -> Option<Recall> {
    let each = || exact.iter().zip(found).enumerate();
    let mut recalls: Vec<WorstQuery> = each()
        .filter_map(|(query, (exact, found))| {
            Some(WorstQuery {
                query,
                recall: of_query(exact, found.as_ref())?,
                returned: found.as_ref().len(),
            })
        })
        .collect();
    let ratios = || each().filter_map(|(_, (exact, found))| distance_ratio(exact, found.as_ref()));
    let values: Vec<f64> = recalls.iter().map(|query| query.recall).collect();
    let k = exact.iter().map(|exact| exact.count).max()?;
    let estimate = Estimate::of(&values, k)?;
    recalls.sort_by(|one, other| {
        one.recall
            .total_cmp(&other.recall)
            .then(one.query.cmp(&other.query))
    });
    let at = |share: usize| {
        recalls
            .get(recalls.len() * share / 100)
            .map_or(1.0, |query| query.recall)
    };
    Some(Recall {
        k,
        queries: values.len(),
        mean: estimate.mean,
        interval: estimate.interval(),
        design_effect: estimate.design_effect,
        lowest: at(0),
        percentile_1: at(1),
        percentile_5: at(5),
        perfect: values.iter().filter(|recall| **recall >= 1.0).count(),
        distance_ratio: (!signed_distances).then(|| mean(ratios())).flatten(),
        worst: recalls
            .into_iter()
            .filter(|query| query.recall < 1.0)
            .take(WORST)
            .collect(),
    })
}

/// A mean of per-query recalls with what is known of its spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// By how much the misses of a query come together, 1 where they do not.
    pub design_effect: f64,
    /// How many rows the queries asked for in all.
    rows: f64,
}

impl Estimate {
    /// From the recalls of queries that asked for `k` rows each; `None` without queries.
    pub fn of(recalls: &[f64], k: usize) -> Option<Self> {
        let mean = mean(recalls.iter().copied())?;
        let (queries, k) = (number(recalls.len()), number(k.max(1)));
        let spread: f64 = recalls.iter().map(|recall| (recall - mean).powi(2)).sum();
        let independent = mean * (1.0 - mean) / k;
        let observed = if independent > 0.0 && queries > 1.0 {
            spread / (queries - 1.0) / independent
        } else {
            0.0
        };
        let missed = number(recalls.iter().filter(|recall| **recall < 1.0).count());
        let weight = missed + ASSUMPTION_WEIGHT;
        let expected = (missed * observed + ASSUMPTION_WEIGHT * USUAL_DESIGN_EFFECT) / weight;
        Some(Self {
            mean,
            design_effect: expected.max(observed).clamp(1.0, k),
            rows: queries * k,
        })
    }

    /// The 95 % interval of the mean.
    pub fn interval(&self) -> Interval {
        wilson(self.mean, self.rows / self.design_effect)
    }
}

/// The lower end of the 95 % interval of a mean over so many independent rows.
pub fn lower_end(mean: f64, rows: f64) -> f64 {
    wilson(mean, rows).low
}

fn wilson(mean: f64, rows: f64) -> Interval {
    let square = DEVIATE * DEVIATE;
    let middle = (mean + square / (2.0 * rows)) / (1.0 + square / rows);
    let spread = (mean * (1.0 - mean) / rows + square / (4.0 * rows * rows)).sqrt();
    let half = DEVIATE * spread / (1.0 + square / rows);
    Interval {
        // Rounding may leave a mean of 0 or 1 outside.
        low: (middle - half).max(0.0).min(mean),
        high: (middle + half).min(1.0).max(mean),
    }
}

/// How much farther the rows found are than as many exact ones.
fn distance_ratio(exact: &Exact, found: &Found) -> Option<f64> {
    let count = found.len().min(exact.count).min(exact.neighbours.len());
    let nearest: f64 = exact
        .neighbours
        .iter()
        .take(count)
        .map(|neighbour| neighbour.distance)
        .sum();
    let returned: f64 = found.iter().take(count).map(|(_, distance)| distance).sum();
    (count > 0 && nearest > 0.0).then(|| (returned / nearest).max(1.0))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    use super::*;
    use crate::vector::neighbours::Neighbour;

    fn exact(count: usize, neighbours: &[(&str, f64)]) -> Exact {
        let neighbour = |(key, distance): &(&str, f64)| Neighbour {
            key: (*key).to_owned(),
            distance: *distance,
        };
        Exact {
            neighbours: neighbours.iter().map(neighbour).collect(),
            count,
            ties_cut: false,
        }
    }

    fn found(rows: &[(&str, f64)]) -> Vec<(String, f64)> {
        rows.iter()
            .map(|(key, distance)| ((*key).to_owned(), *distance))
            .collect()
    }

    #[test]
    fn a_row_as_far_away_as_the_last_counts_and_counts_once() {
        let exact = exact(2, &[("a", 1.0), ("b", 2.0), ("c", 2.0)]);
        let recall = |rows: &[(&str, f64)]| of_query(&exact, &found(rows));
        assert_eq!(recall(&[("a", 1.0), ("c", 2.0)]), Some(1.0));
        assert_eq!(recall(&[("b", 2.0), ("c", 2.0)]), Some(1.0));
        assert_eq!(recall(&[("a", 1.0), ("a", 1.0)]), Some(0.5));
        assert_eq!(recall(&[("a", 1.0), ("d", 3.0), ("b", 2.0)]), Some(0.5));
        assert_eq!(recall(&[]), Some(0.0));
    }

    #[test]
    fn a_table_with_fewer_rows_than_asked_for_can_be_found_whole() {
        let few = exact(10, &[("a", 1.0)]);
        assert_eq!(of_query(&few, &found(&[("a", 1.0)])), Some(1.0));
        assert_eq!(of_query(&exact(10, &[]), &[]), None);
        assert_eq!(of_queries::<Vec<(String, f64)>>(&[], &[], false), None);
    }

    #[test]
    fn the_worst_queries_and_the_distances_are_told() {
        let truth = vec![exact(2, &[("a", 1.0), ("b", 3.0)]); 3];
        let answers = [
            found(&[("a", 1.0), ("b", 3.0)]),
            found(&[("a", 1.0), ("x", 7.0)]),
            found(&[]),
        ];
        let recall = of_queries(&truth, &answers, false).unwrap();
        assert!((recall.mean - 0.5).abs() < 1e-12);
        assert_eq!(recall.perfect, 1);
        let worst: Vec<(usize, f64, usize)> = recall
            .worst
            .iter()
            .map(|query| (query.query, query.recall, query.returned))
            .collect();
        assert_eq!(worst, [(2, 0.0, 0), (1, 0.5, 2)]);
        assert_eq!(recall.distance_ratio, Some(1.5));
        assert_eq!(of_queries(&truth, &answers, true).unwrap().distance_ratio, None);
    }

    #[test]
    fn without_a_miss_the_interval_still_leaves_room_for_some() {
        let interval = Estimate::of(&[1.0; 50], 10).unwrap().interval();
        assert!(interval.low < 0.985 && interval.low > 0.95, "{interval:?}");
        for queries in 1..200 {
            let all_found = Estimate::of(&vec![1.0; queries], 10).unwrap();
            assert!(all_found.interval().high >= 1.0, "{queries}");
        }
    }

    /// Queries whose difficulty differs: each has its own probability to find a neighbour, high or low, such that the
    /// mean and the design effect are as given.
    fn simulated(random: &mut ChaCha8Rng, queries: usize, mean: f64, design_effect: f64) -> Vec<f64> {
        const K: u32 = 10;
        let correlation = (design_effect - 1.0) / f64::from(K - 1);
        let mut uniform = || f64::from(random.next_u32()) / f64::from(u32::MAX);
        (0..queries)
            .map(|_| {
                // With this chance a query's neighbours are all found or all missed, else each for itself.
                let together = uniform() < correlation;
                let first = uniform() < mean;
                let hits = (0..K)
                    .filter(|_| if together { first } else { uniform() < mean })
                    .count();
                number(hits) / f64::from(K)
            })
            .collect()
    }

    #[test]
    fn the_interval_holds_the_true_recall_as_often_as_it_says() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        // The last is rougher than any graph that was measured, and few queries tell little about it.
        for (mean, design_effect, least) in [
            (0.8, 1.2, 925),
            (0.9, 2.4, 925),
            (0.95, 2.4, 925),
            (0.98, 1.5, 925),
            (0.99, 2.4, 925),
            (0.95, 3.5, 880),
        ] {
            for queries in [100, 400] {
                let covers = |_: &u32| {
                    let recalls = simulated(&mut random, queries, mean, design_effect);
                    let interval = Estimate::of(&recalls, 10).unwrap().interval();
                    interval.low <= mean && mean <= interval.high
                };
                let covered = (0..1_000_u32).filter(covers).count();
                assert!(
                    covered >= least,
                    "{covered} of 1000 at {mean}, {design_effect}, {queries}"
                );
            }
        }
    }
}
