//! The smallest `ef_search` that surely meets a target, from few measurements.
//!
//! The law says where to look next; what decides is what was measured there. It has to leave room for whoever measures
//! it afterwards with other queries, whose interval begins as far below its own mean: a pick whose own interval just
//! meets the target would fail there every other time.

use super::law::{Law, assured_mean, is_assured};
use super::{Observation, real};
use crate::error::Result;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// The recall.
    pub recall: f64,
    /// Over so many neighbours.
    pub k: u32,
    /// The largest `ef_search` that may be tried: 1,000, or the last one with which the planner takes the index.
    pub most: u16,
}

/// What a search saw and found.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// What was measured, the smallest `ef_search` first.
    pub observations: Vec<Observation>,
    /// The smallest `ef_search` that meets the target; none where none does.
    pub found: Option<u16>,
    /// The law through all of it.
    pub law: Option<Law>,
}

/// How often is measured after the first time.
const ROUNDS: usize = 7;

/// An interval of `ef_search` that is as narrow as a twentieth is narrow enough.
const NARROW: u16 = 20;

/// Searches. The measurements of `first` come together, so that they can be interleaved; each later one alone.
pub async fn smallest_ef(
    goal: Goal,
    first: &[u16],
    mut measure: impl AsyncFnMut(&[u16]) -> Result<Vec<Observation>>,
) -> Result<Search> {
    let least = u16::try_from(goal.k).unwrap_or(goal.most).min(goal.most);
    let mut wanted: Vec<u16> = first.iter().map(|ef| *ef.clamp(&least, &goal.most)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut seen = measure(&wanted).await?;
    for _ in 0..ROUNDS {
        let Some(next) = next(goal, least, &seen) else {
            break;
        };
        seen.extend(measure(&[next]).await?);
    }
    seen.sort_by_key(|one| one.ef_search);
    let bounds = Bounds::of(goal, &seen);
    Ok(Search {
        found: bounds.passing,
        law: law(goal, &seen),
        observations: seen,
    })
}

/// Between which values the answer lies.
struct Bounds {
    /// The largest that does not meet the target.
    failing: Option<u16>,
    /// The smallest above it that does.
    passing: Option<u16>,
}

impl Bounds {
    fn of(goal: Goal, seen: &[Observation]) -> Self {
        let failing = seen
            .iter()
            .filter(|one| !meets(goal, one))
            .map(|one| one.ef_search)
            .max();
        let passing = seen
            .iter()
            .filter(|one| meets(goal, one) && failing.is_none_or(|failing| one.ef_search > failing))
            .map(|one| one.ef_search)
            .min();
        Self { failing, passing }
    }
}

/// Whether a measurement afterwards will show the target by the lower end of its interval.
fn meets(goal: Goal, seen: &Observation) -> bool {
    let k = usize::try_from(goal.k).unwrap_or(usize::MAX);
    seen.estimate(k).is_some_and(|estimate| {
        let rows = real(seen.recalls.len()) * real(k) / estimate.design_effect;
        is_assured(estimate.mean, goal.recall, rows)
    })
}

fn law(goal: Goal, seen: &[Observation]) -> Option<Law> {
    let k = usize::try_from(goal.k).unwrap_or(usize::MAX);
    let points: Vec<_> = seen
        .iter()
        .filter_map(|one| Some((f64::from(one.ef_search), one.log_miss(k)?)))
        .collect();
    Law::fit(&points)
}

/// What to measure next; none where the answer is known well enough.
fn next(goal: Goal, least: u16, seen: &[Observation]) -> Option<u16> {
    let Bounds { failing, passing } = Bounds::of(goal, seen);
    let low = failing.map_or(least, |failing| failing.saturating_add(1));
    let high = match passing {
        Some(passing) => passing.checked_sub(1)?,
        None => goal.most,
    };
    let is_narrow = passing.is_some_and(|passing| passing - low <= passing / NARROW);
    if low > high || is_narrow {
        return None;
    }
    // Below the first value that fails a jump of at least a tenth, so that a flat curve comes to its end.
    let low = match (passing, failing) {
        (None, Some(failing)) => failing.saturating_add(failing / 10 + 1).min(high),
        _ => low,
    };
    let guess = law(goal, seen).map_or(high, |law| predicted(goal, law, seen));
    let guess = if passing.is_some() && !(low..=high).contains(&guess) {
        // The law points to an end that was measured already: halve.
        low + (high - low) / 2
    } else {
        guess
    };
    Some(guess.clamp(low, high))
}

/// The smallest value that the law expects to be assured.
fn predicted(goal: Goal, law: Law, seen: &[Observation]) -> u16 {
    let k = usize::try_from(goal.k).unwrap_or(usize::MAX);
    let nearest = seen.iter().min_by(|one, other| {
        let off = |of: &Observation| {
            of.estimate(k)
                .map_or(f64::MAX, |it| (it.mean - goal.recall).abs())
        };
        off(one).total_cmp(&off(other))
    });
    let rows = nearest
        .and_then(|one| Some(real(one.recalls.len()) * real(k) / one.estimate(k)?.design_effect))
        .unwrap_or(1.0);
    let needed = assured_mean(goal.recall, rows);
    let ef = law.ef_for((1.0 - needed).max(1e-6)).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let ef = ef.clamp(1.0, f64::from(goal.most)) as u16;
    ef
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::recall::Estimate;

    /// Queries of which each misses as the law says, the misses spread evenly.
    fn observation(ef_search: u16, law: Law, queries: usize) -> Observation {
        let misses = law.miss(f64::from(ef_search)) * real(queries) * 10.0;
        let mut left = misses.round();
        let recalls = (0..queries)
            .map(|_| {
                let missed = left.min(2.0);
                left -= missed;
                1.0 - missed / 10.0
            })
            .collect();
        Observation {
            ef_search,
            recalls,
            pages: f64::from(ef_search) * 20.0,
            p50_ms: 1.0,
            p95_ms: 2.0,
            indexed_share: 1.0,
        }
    }

    async fn search(law: Law, recall: f64, first: &[u16], most: u16) -> (Search, usize) {
        let goal = Goal { recall, k: 10, most };
        let mut measured = 0;
        let found = smallest_ef(goal, first, async |efs| {
            measured += efs.len();
            Ok(efs.iter().map(|ef| observation(*ef, law, 400)).collect())
        })
        .await
        .unwrap();
        (found, measured)
    }

    /// What trying every value finds.
    fn by_trying(law: Law, recall: f64) -> Option<u16> {
        (10..=1_000).find(|ef| {
            let goal = Goal {
                recall,
                k: 10,
                most: 1_000,
            };
            meets(goal, &observation(*ef, law, 400))
        })
    }

    #[tokio::test]
    async fn the_smallest_is_found_within_a_twentieth_by_few_measurements() {
        for (intercept, exponent) in [(0.68, 1.11), (1.5, 1.4), (0.0, 0.76), (-1.0, 1.0)] {
            let law = Law { intercept, exponent };
            for recall in [0.9, 0.95, 0.98, 0.99] {
                let (found, measured) = search(law, recall, &[20, 80], 1_000).await;
                let true_one = by_trying(law, recall);
                match (found.found, true_one) {
                    (Some(found), Some(true_one)) => assert!(
                        found >= true_one && found <= true_one + true_one / 15 + 1,
                        "{law:?} {recall}: {found} for {true_one}"
                    ),
                    (found, true_one) => assert_eq!(found, true_one, "{law:?} {recall}"),
                }
                assert!(measured <= 9, "{measured} measurements");
            }
        }
    }

    #[tokio::test]
    async fn what_cannot_be_reached_is_said_and_the_least_is_k() {
        let hard = Law {
            intercept: 0.5,
            exponent: 0.3,
        };
        let (found, _) = search(hard, 0.99, &[40], 1_000).await;
        assert_eq!(found.found, None);
        assert_eq!(
            found.observations.last().unwrap().ef_search,
            1_000,
            "the largest was tried"
        );
        let easy = Law {
            intercept: -3.0,
            exponent: 2.0,
        };
        let (found, _) = search(easy, 0.9, &[40], 1_000).await;
        assert_eq!(found.found, Some(10));
        let (found, _) = search(hard, 0.99, &[40], 200).await;
        assert!(found.observations.iter().all(|one| one.ef_search <= 200));
    }

    /// Queries of a world whose hardness differs, as many to tune as to measure afterwards.
    #[tokio::test]
    async fn a_pick_passes_a_measurement_with_other_queries_nine_times_in_ten() {
        use rand_chacha::ChaCha8Rng;
        use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
        let mut random = ChaCha8Rng::seed_from_u64(23);
        let mut uniform = move || (f64::from(random.next_u32()) + 0.5) / 4_294_967_296.0;
        for (queries, recall) in [(150, 0.95), (400, 0.95), (250, 0.98)] {
            let (mut picked, mut passed) = (0, 0);
            for _ in 0..100 {
                let law = Law {
                    intercept: 0.4 + 0.6 * uniform(),
                    exponent: 0.9 + 0.4 * uniform(),
                };
                let mut hardness = || -> Vec<f64> {
                    let normal = |one: f64, other: f64| {
                        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
                    };
                    // In the mean 1, as a lognormal with this deviation is.
                    (0..queries)
                        .map(|_| (0.9 * normal(uniform(), uniform()) - 0.405).exp())
                        .collect()
                };
                let (tuning, measuring) = (hardness(), hardness());
                // What a query finds under one value it finds under a larger one: its luck stays.
                let mut luck =
                    || -> Vec<[f64; 10]> { (0..queries).map(|_| [(); 10].map(|()| uniform())).collect() };
                let (tuning_luck, measuring_luck) = (luck(), luck());
                let seen = |ef_search: u16, hardness: &[f64], luck: &[[f64; 10]]| {
                    let miss = law.miss(f64::from(ef_search));
                    let mut one = observation(ef_search, law, 1);
                    let found = |(hard, luck): (&f64, &[f64; 10])| {
                        real(luck.iter().filter(|it| **it > (miss * hard).min(1.0)).count()) / 10.0
                    };
                    one.recalls = hardness.iter().zip(luck).map(found).collect();
                    one
                };
                let goal = Goal {
                    recall,
                    k: 10,
                    most: 1_000,
                };
                let found = smallest_ef(goal, &[40, 20, 80], async |efs| {
                    Ok(efs.iter().map(|ef| seen(*ef, &tuning, &tuning_luck)).collect())
                })
                .await
                .unwrap();
                if let Some(pick) = found.found {
                    let again = seen(pick, &measuring, &measuring_luck);
                    let low = Estimate::of(&again.recalls, 10).unwrap().interval().low;
                    picked += 1;
                    passed += u32::from(low >= recall);
                }
            }
            assert!(picked > 80, "{picked} picks at {recall}");
            assert!(
                passed * 100 >= picked * 90,
                "{passed} of {picked} pass with {queries} queries at {recall}"
            );
        }
    }
}
