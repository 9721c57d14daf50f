//! The interval of a forecast, by simulation: worlds in which the truth is known.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;

const QUERIES: usize = 200;
const SETS: usize = 15;
const K: u32 = 10;
const LEVELS: [u64; 3] = [16_000, 32_000, 64_000];

/// A world: misses fall with `ef_search` and grow with the rows, by a slope that changes at each doubling.
struct World {
    /// The logarithm of misses at `ef_search` 40, at each doubling of the rows.
    steps: Vec<f64>,
    exponent: f64,
    /// How hard each query is, 1 in the mean.
    hardness: Vec<f64>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn uniform(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 0.5) / 4_294_967_296.0
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

impl World {
    fn new(dice: &mut Dice, bend: f64) -> Self {
        let mut slope = 0.25 + 0.15 * dice.uniform();
        let mut value = -4.6 + 0.8 * dice.uniform();
        let mut steps = vec![value];
        for _ in 0..6 {
            value += slope;
            steps.push(value);
            slope += bend * dice.normal();
        }
        let raw: Vec<f64> = (0..QUERIES).map(|_| (0.9 * dice.normal()).exp()).collect();
        let mean = raw.iter().sum::<f64>() / real(QUERIES);
        Self {
            steps,
            exponent: 0.8 + 0.5 * dice.uniform(),
            hardness: raw.iter().map(|one| one / mean).collect(),
        }
    }

    fn miss(&self, doublings: usize, ef: u16) -> f64 {
        (self.steps[doublings] - self.exponent * (f64::from(ef) / 40.0).ln()).exp()
    }

    /// The queries asked: each misses by its hardness.
    fn observed(&self, dice: &mut Dice, doublings: usize, ef: u16, hardness: &[f64]) -> Observation {
        let miss = self.miss(doublings, ef);
        let recalls = hardness.iter().map(|hard| {
            let found = (0..K).filter(|_| dice.uniform() > (miss * hard).min(1.0)).count();
            real(found) / f64::from(K)
        });
        Observation {
            ef_search: ef,
            recalls: recalls.collect(),
            pages: f64::from(ef) * 15.0 * (1.0 + 0.1 * real(doublings)),
            p50_ms: 1.0,
            p95_ms: 1.0,
            indexed_share: 1.0,
        }
    }

    fn growth(&self, dice: &mut Dice) -> Growth {
        let seen = |dice: &mut Dice, level: usize| {
            [30, 60, 120]
                .map(|ef| self.observed(dice, level, ef, &self.hardness))
                .to_vec()
        };
        let levels = LEVELS.iter().enumerate();
        let samples = Samples {
            levels: levels.map(|(level, rows)| (*rows, seen(dice, level))).collect(),
            k: 10,
        };
        Growth::of(&samples, 7).unwrap()
    }
}

#[test]
fn a_measurement_on_all_rows_lies_inside_the_interval_as_often_as_it_says() {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(5));
    // The third is rougher than any growth that was measured, the last farther than is advised.
    for (bend, doublings, least) in [
        (0.0, 2, 90),
        (0.1, 2, 88),
        (0.15, 2, 82),
        (0.1, 0, 88),
        (0.08, 4, 80),
    ] {
        let (mut inside, mut assured, mut kept) = (0, 0, 0);
        for _ in 0..SETS {
            let worlds: Vec<World> = (0..4).map(|_| World::new(&mut dice, bend)).collect();
            let growths: Vec<Growth> = worlds.iter().map(|world| world.growth(&mut dice)).collect();
            let bends: Vec<f64> = growths.iter().filter_map(Growth::bend).collect();
            let rows = LEVELS[2] << doublings;
            for (world, growth) in worlds.iter().zip(&growths) {
                // Other queries of the same kind measure it afterwards.
                let others = World::new(&mut dice, 0.0).hardness;
                let forecast = growth.forecast(rows, 80, 0.97, &bends);
                let seen = world.observed(&mut dice, 2 + doublings, 80, &others);
                let recall = seen.estimate(10).unwrap().mean;
                inside += usize::from(forecast.interval.low <= recall && recall <= forecast.interval.high);
                if let Some(pick) = growth.smallest(rows, 0.97, (10, 1_000), &bends) {
                    let seen = world.observed(&mut dice, 2 + doublings, pick.ef_search, &others);
                    assured += 1;
                    kept += usize::from(seen.estimate(10).unwrap().interval().low >= 0.97);
                }
            }
        }
        assert!(
            inside * 100 >= SETS * 4 * least,
            "{inside} inside at {bend}, {doublings} doublings"
        );
        // Far beyond the samples, indexes of which too much is expected are those that seem to reach a target at all.
        let least = if doublings > 2 { 75 } else { 88 };
        assert!(
            assured < 20 || kept * 100 >= assured * least,
            "{kept} of {assured} picks pass at {bend}, {doublings} doublings"
        );
    }
}

#[test]
fn the_interval_widens_with_the_way_to_go_and_narrows_with_what_was_built() {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(9));
    let world = World::new(&mut dice, 0.0);
    let growth = world.growth(&mut dice);
    let width = |rows: u64| {
        let interval = growth.forecast(rows, 60, 0.97, &[]).interval;
        interval.high - interval.low
    };
    assert!(width(64_000) < width(128_000) && width(128_000) < width(1_024_000));
    let pages = growth.forecast(128_000, 60, 0.97, &[]).pages;
    assert!((pages / (60.0 * 15.0 * 1.3) - 1.0).abs() < 0.05, "{pages}");
}

#[test]
fn the_published_growth_is_foretold() {
    // 64 dimensions, intrinsic about 18, m = 16: recall over 4,000 to 64,000 rows at ef_search 10, 20, 40.
    let measured = [
        (4_000, [0.945, 0.987, 0.998]),
        (8_000, [0.929, 0.979, 0.996]),
        (16_000, [0.907, 0.968, 0.993]),
    ];
    // The misses of 400 queries, two by two.
    let observation = |ef_search: u16, recall: f64| {
        let missed = (4_000.0 * (1.0 - recall)).round();
        Observation {
            ef_search,
            recalls: (0..400)
                .map(|query| 1.0 - (missed - 2.0 * f64::from(query)).clamp(0.0, 2.0) / 10.0)
                .collect(),
            pages: f64::from(ef_search),
            p50_ms: 1.0,
            p95_ms: 1.0,
            indexed_share: 1.0,
        }
    };
    let levels = measured.map(|(rows, recalls)| {
        let seen = [10, 20, 40].into_iter().zip(recalls);
        (rows, seen.map(|(ef, recall)| observation(ef, recall)).collect())
    });
    let growth = Growth::of(
        &Samples {
            levels: levels.to_vec(),
            k: 10,
        },
        1,
    )
    .unwrap();
    for (ef, truth) in [(10, 0.856), (20, 0.943)] {
        let forecast = growth.forecast(64_000, ef, 0.9, &[]);
        let Interval { low, high } = forecast.interval;
        assert!(low <= truth && truth <= high, "ef {ef}: {truth} in {low}-{high}");
        let said = forecast.recall;
        assert!((said - truth).abs() < 0.015, "ef {ef}: {said} for {truth}");
    }
}

#[test]
fn pages_lie_on_a_line_and_one_measurement_leaves_them_growing() {
    assert!((pages_at(&[(20.0, 480.0), (40.0, 760.0), (80.0, 1_320.0)], 160.0) - 2_440.0).abs() < 1.0);
    let grown = pages_at(&[(10.0, 200.0)], 20.0);
    assert!(grown > 200.0 && grown < 400.0, "{grown}");
}
