//! Percentiles of measured times, each with the range that it may as well have had.
//!
//! The range comes from order statistics (binomial, normal approximation), which assumes nothing about the shape of the
//! distribution. Values of one queue are alike when they follow each other; how much less such values say is seen by how
//! much batches of them differ (the method of batch means). Pure.

use serde::{Deserialize, Serialize};

/// The standard normal deviate of 95 % in the middle.
pub(super) const DEVIATE: f64 = 1.959_964;

/// Into how many batches values that follow each other are put.
pub(super) const BATCHES: usize = 20;

/// A batch has at least so many values, or nothing is said of how batches differ.
const BATCH: usize = 5;

/// How measured values are spread.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Distribution {
    /// How many there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Half are below.
    pub p50: Percentile,
    /// 95 of 100 are below.
    pub p95: Percentile,
    /// 99 of 100 are below.
    pub p99: Percentile,
    /// The greatest.
    pub max: f64,
    /// How many fall where.
    pub histogram: Histogram,
}

/// Counts of values between edges that are the same for all distributions: four to each doubling.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// The edges, one more than counts.
    pub edges: Vec<f64>,
    /// How many values lie from each edge to the next.
    pub counts: Vec<u64>,
}

/// A percentile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Percentile {
    /// Its value.
    pub value: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end; the maximum where there are too few values to tell.
    pub high: f64,
}

impl Distribution {
    /// Of values that have nothing to do with each other.
    pub fn of(values: Vec<f64>) -> Self {
        Self::with_effects(values, |_| 1.0)
    }

    /// Of values in the order in which they came, of which neighbours may be alike, as queries behind a stall are: the
    /// ranges are as much wider.
    pub fn of_series(values: Vec<f64>) -> Self {
        let series = values.clone();
        Self::with_effects(values, |threshold| design_effect(&series, threshold))
    }

    /// `effect` says of a threshold how many times as many values it takes to know the share above it as it would if
    /// they had nothing to do with each other.
    fn with_effects(mut values: Vec<f64>, effect: impl Fn(f64) -> f64) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let Some(max) = values.last().copied() else {
            return Self::default();
        };
        let count = count(values.len());
        let percentile = |share: f64| percentile(&values, count, share, &effect);
        Self {
            count: values.len(),
            mean: values.iter().sum::<f64>() / count,
            p50: percentile(0.50),
            p95: percentile(0.95),
            p99: percentile(0.99),
            max,
            histogram: Histogram::of(&values),
        }
    }
}

impl Histogram {
    /// Of values in their order.
    fn of(sorted: &[f64]) -> Self {
        const TO_A_DOUBLING: f64 = 4.0;
        let step = |value: f64| (value.max(1e-3).log2() * TO_A_DOUBLING).floor();
        let (Some(first), Some(last)) = (
            sorted.first().map(|it| step(*it)),
            sorted.last().map(|it| step(*it)),
        ) else {
            return Self::default();
        };
        let edge = |number: u32| ((first + f64::from(number)) / TO_A_DOUBLING).exp2();
        let steps = (0..400_u32).take_while(|number| first + f64::from(*number) <= last);
        let in_step = |number: u32| {
            sorted
                .iter()
                .filter(|it| step(**it).total_cmp(&(first + f64::from(number))).is_eq())
                .count()
        };
        let counts: Vec<u64> = steps.map(|number| in_step(number) as u64).collect();
        let edges = (0..=u32::try_from(counts.len()).unwrap_or_default())
            .map(edge)
            .collect();
        Self { edges, counts }
    }
}

/// The mean, 0 where there is nothing.
pub(super) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let number = count(values.len().max(1));
    values.sum::<f64>() / number
}

/// A count as a number to calculate with.
pub(super) fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

/// How many times as many values it takes because consecutive ones are alike, for the share of those above a threshold.
fn design_effect(series: &[f64], threshold: f64) -> f64 {
    let size = series.len() / BATCHES;
    if size < BATCH {
        return 1.0;
    }
    let above = |batch: &[f64]| count(batch.iter().filter(|value| **value > threshold).count());
    let shares: Vec<f64> = series
        .chunks_exact(size)
        .map(|batch| above(batch) / count(size))
        .collect();
    let mean = mean(shares.iter().copied());
    let independent = mean * (1.0 - mean) / count(size);
    let spread: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
    if independent > 0.0 {
        (spread / (count(shares.len()) - 1.0) / independent).max(1.0)
    } else {
        1.0
    }
}

fn percentile(sorted: &[f64], count: f64, share: f64, effect: &impl Fn(f64) -> f64) -> Percentile {
    let at = |rank: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank between nought and the count"
        )]
        let rank = rank.clamp(1.0, count) as usize;
        sorted.get(rank - 1).copied().unwrap_or_default()
    };
    let value = at((count * share).ceil());
    let spread = DEVIATE * (count * share * (1.0 - share) * effect(value)).sqrt();
    Percentile {
        value,
        low: at((count * share - spread).floor()),
        high: at((count * share + spread).ceil() + 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks_with_their_ranges() {
        let hundred = Distribution::of((1..=100).rev().map(f64::from).collect());
        assert_eq!(
            (hundred.p50.value, hundred.p95.value, hundred.p99.value),
            (50.0, 95.0, 99.0)
        );
        assert_eq!((hundred.p50.low, hundred.p50.high), (40.0, 61.0));
        assert_eq!(
            (hundred.p99.high, hundred.max, hundred.mean),
            (100.0, 100.0, 50.5)
        );
        assert_eq!(
            Distribution::of(vec![3.0]).p95,
            Percentile {
                value: 3.0,
                low: 3.0,
                high: 3.0
            }
        );
        assert_eq!(Distribution::of(Vec::new()).count, 0);
    }

    #[test]
    fn values_that_follow_each_other_say_less_where_they_are_alike() {
        use rand_chacha::ChaCha8Rng;
        use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut draw = || f64::from(random.next_u32()) / f64::from(u32::MAX);
        let alone: Vec<f64> = (0..2_000).map(|_| draw()).collect();
        let width = |of: &Distribution| of.p95.high - of.p95.low;
        let (plain, series) = (
            Distribution::of(alone.clone()),
            Distribution::of_series(alone.clone()),
        );
        assert!(width(&series) >= width(&plain) && width(&series) < 1.8 * width(&plain));
        // A stall of forty queries, once.
        let mut stalled = alone;
        for value in &mut stalled[600..640] {
            *value += 50.0;
        }
        let (plain, series) = (
            Distribution::of(stalled.clone()),
            Distribution::of_series(stalled),
        );
        assert!(series.p95.high > plain.p95.value && width(&series) > 2.0 * width(&plain));
        assert_eq!((series.p95.value, series.max), (plain.p95.value, plain.max));
    }

    #[test]
    fn histograms_of_different_values_have_edges_in_common() {
        let one = Distribution::of(vec![1.0, 1.1, 2.0, 3.9]).histogram;
        assert_eq!(one.counts.iter().sum::<u64>(), 4);
        assert_eq!((one.counts[0], one.edges.len()), (2, one.counts.len() + 1));
        assert!(one.edges.iter().any(|edge| (edge - 2.0).abs() < 1e-12));
        let other = Distribution::of(vec![2.0]).histogram;
        assert_eq!((other.counts.as_slice(), other.edges.len()), (&[1][..], 2));
        assert_eq!(Distribution::of(vec![0.0]).histogram.counts, [1]);
    }

    #[test]
    fn the_range_holds_the_true_median_as_often_as_it_says() {
        use rand_chacha::ChaCha8Rng;
        use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let covered = (0..2_000)
            .filter(|_| {
                let values = (0..60).map(|_| f64::from(random.next_u32())).collect();
                let median = Distribution::of(values).p50;
                let truth = f64::from(u32::MAX) / 2.0;
                median.low <= truth && truth <= median.high
            })
            .count();
        assert!(covered >= 1_890, "{covered} of 2000");
    }
}
