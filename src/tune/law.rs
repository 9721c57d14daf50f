//! The law that misses follow: `miss = C * ef^-a`, a line where both are logarithms.
//!
//! Published and own measurements of HNSW follow it within a tenth of a point of recall from two values on. Pure.

use crate::vector::recall;

/// The natural logarithm of a share of misses, with how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogMiss {
    /// Its value.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
}

impl LogMiss {
    /// From a recall over as many independent rows. Half a miss is added, so that none at all is a number, too (as F.
    /// Anscombe does with counts).
    pub fn of(recall: f64, rows: f64) -> Self {
        let misses = (1.0 - recall).max(0.0) * rows + 0.5;
        Self {
            value: (misses / (rows + 1.0)).ln(),
            variance: 1.0 / misses,
        }
    }
}

/// The law of one index over some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// The logarithm of `C`.
    pub intercept: f64,
    /// `a`: by what power of `ef_search` the misses fall.
    pub exponent: f64,
}

/// What is assumed of the exponent where the measurements say nothing: between those that were measured (0.76, 1.11).
const USUAL_EXPONENT: f64 = 1.0;

/// The exponents that are believed.
const EXPONENTS: (f64, f64) = (0.2, 4.0);

impl Law {
    /// The line through measurements of `ef_search` and misses, each weighted by how sure it is.
    pub fn fit(points: &[(f64, LogMiss)]) -> Option<Self> {
        let weight = |miss: &LogMiss| 1.0 / miss.variance.max(1e-9);
        let total: f64 = points.iter().map(|(_, miss)| weight(miss)).sum();
        if points.is_empty() || total <= 0.0 {
            return None;
        }
        let mean = |of: &dyn Fn(&(f64, LogMiss)) -> f64| -> f64 {
            points
                .iter()
                .map(|point| weight(&point.1) * of(point))
                .sum::<f64>()
                / total
        };
        let x = mean(&|point| point.0.ln());
        let y = mean(&|point| point.1.value);
        let spread = mean(&|point| (point.0.ln() - x).powi(2));
        let both = mean(&|point| (point.0.ln() - x) * (point.1.value - y));
        let exponent = if spread > 1e-9 {
            (-both / spread).clamp(EXPONENTS.0, EXPONENTS.1)
        } else {
            USUAL_EXPONENT
        };
        Some(Self {
            intercept: y + exponent * x,
            exponent,
        })
    }

    /// The logarithm of the share of misses under an `ef_search`.
    pub fn log_miss(self, ef_search: f64) -> f64 {
        (self.intercept - self.exponent * ef_search.ln()).min(0.0)
    }

    /// The share of misses under an `ef_search`.
    pub fn miss(self, ef_search: f64) -> f64 {
        self.log_miss(ef_search).exp()
    }

    /// The `ef_search` that has this share of misses.
    pub fn ef_for(self, miss: f64) -> f64 {
        ((self.intercept - miss.ln()) / self.exponent).exp()
    }
}

/// The mean recall over as many independent rows whose 95 % interval begins at the target.
pub fn mean_for(target: f64, rows: f64) -> f64 {
    let (mut low, mut high) = (target, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if recall::lower_end(middle, rows) >= target {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The deviate with which a pick has to pass a measurement that comes afterwards: for nine times in ten, with room for how
/// much misses come together, which is only estimated (simulated: 88 to 93 of 100 with 1.28, 97 with 1.64).
const ASSURANCE: f64 = 1.45;

/// Whether another measurement of as many independent rows will show the target by the lower end of its interval, nine
/// times in ten: that end is as far from its own mean as this one's, and that mean lies anywhere around this one.
pub fn is_assured(mean: f64, target: f64, rows: f64) -> bool {
    let allowed = (1.0 - mean_for(target, rows)).max(1e-9);
    let seen = LogMiss::of(mean, rows);
    let again = 1.0 / (allowed * rows + 0.5);
    seen.value + ASSURANCE * (seen.variance + again).sqrt() <= allowed.ln()
}

/// The least mean recall over as many independent rows that is assured; 1 where even that is not.
pub fn assured_mean(target: f64, rows: f64) -> f64 {
    let (mut low, mut high) = (target, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if is_assured(middle, target, rows) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// dbpedia, a million rows of 1,536 dimensions, m = 16, ef_construction = 200, k = 10 (pgvector issue 409).
    const PUBLISHED: [(f64, f64); 8] = [
        (10.0, 0.846),
        (20.0, 0.922),
        (40.0, 0.966),
        (80.0, 0.986),
        (120.0, 0.991),
        (200.0, 0.995),
        (400.0, 0.9975),
        (800.0, 0.9987),
    ];

    fn point((ef_search, recall): (f64, f64)) -> (f64, LogMiss) {
        (ef_search, LogMiss::of(recall, 1e6))
    }

    #[test]
    fn two_measurements_give_the_whole_curve() {
        let law = Law::fit(&[point(PUBLISHED[1]), point(PUBLISHED[3])]).unwrap();
        for (ef_search, recall) in &PUBLISHED[2..7] {
            let predicted = 1.0 - law.miss(*ef_search);
            assert!(
                (predicted - recall).abs() < 0.0015,
                "{ef_search}: {predicted} for {recall}"
            );
        }
        let law = Law::fit(&PUBLISHED.map(point)).unwrap();
        for (recall, ef_search) in [(0.95, 27.0), (0.98, 63.0), (0.99, 117.0), (0.995, 218.0)] {
            let needed = law.ef_for(1.0 - recall);
            assert!(
                (needed / ef_search - 1.0).abs() < 0.12,
                "{recall}: {needed} for {ef_search}"
            );
        }
    }

    #[test]
    fn one_measurement_and_none_at_all() {
        assert_eq!(Law::fit(&[]), None);
        let law = Law::fit(&[point((40.0, 0.96))]).unwrap();
        assert!((law.exponent - USUAL_EXPONENT).abs() < 1e-12);
        assert!((law.ef_for(0.02) - 80.0).abs() < 0.1);
        let perfect = Law::fit(&[(40.0, LogMiss::of(1.0, 400.0)), (80.0, LogMiss::of(1.0, 400.0))]);
        assert!(perfect.unwrap().miss(40.0) < 0.01);
    }

    #[test]
    fn surer_measurements_weigh_more() {
        let unsure = (80.0, LogMiss::of(0.5, 10.0));
        let law = Law::fit(&[point((20.0, 0.92)), point((40.0, 0.96)), unsure]).unwrap();
        assert!((law.miss(30.0) - 0.053).abs() < 0.003, "{}", law.miss(30.0));
    }

    #[test]
    fn more_queries_make_an_assured_target_cheaper() {
        for target in [0.9, 0.95, 0.98] {
            let [few, more, many] = [400.0, 1_600.0, 6_400.0].map(|rows| assured_mean(target, rows));
            assert!(many > target && more > many && few > more, "{few} {more} {many}");
            assert!(few > mean_for(target, 400.0));
            assert!(is_assured(more + 1e-6, target, 1_600.0) && !is_assured(more - 1e-3, target, 1_600.0));
        }
    }
}
