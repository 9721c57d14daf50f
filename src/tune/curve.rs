//! One curve of misses for all samples of an index, moved along `ef_search` as the rows grow.
//!
//! More rows need a larger `ef_search` for the same recall: where the intrinsic dimension is about 18, by the power 0.27
//! to 0.31 of the rows (measured from 4,000 to 64,000 rows, R² 0.99), where it is 9 by none. Misses at a fixed `ef_search`
//! do not grow as evenly: the curve is steeper where misses are few, so a line through them promises too little. So the
//! samples share one curve over the logarithm of `ef_search`, and each has its own shift along it; what is extrapolated is
//! the shift. The curve is a parabola that hardly bends (published and own measurements), fitted by Gauss and Newton with
//! weak expectations for what the measurements leave open. Pure.

use super::law::LogMiss;
use super::real;

/// What is seen under an `ef_search`: its logarithm, and the misses.
pub(super) type Point = (f64, LogMiss);

/// An expectation: the value, and its deviation.
type Expected = (f64, f64);

/// By what power of `ef_search` misses fall: 0.76 to 1.11 on published millions of rows, about 2 on few thousands.
const EXPONENT: Expected = (1.2, 0.6);

/// Half of what is added to that power from one factor e of `ef_search` to the next; misses fall faster and faster.
const CURVATURE: Expected = (-0.15, 0.25);

/// What a doubling of the rows adds to the logarithm of the `ef_search` that is needed: 0 to 0.21 were measured, on few data
/// sets, so the expectation is weak.
const SHIFT: Expected = (0.15, 0.3);

/// The powers that are believed.
const EXPONENTS: (f64, f64) = (0.2, 4.0);

/// So far from the middle, as a logarithm of `ef_search`, the parabola goes; farther out it is straight.
const REACH: f64 = 1.2;

/// More rounds are never needed.
const ROUNDS: usize = 8;

/// A round that changes less is the last.
const SMALL: f64 = 1e-3;

/// A curve, and where each sample lies on it.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// The logarithm of misses in the middle.
    height: f64,
    exponent: f64,
    curvature: f64,
    /// The middle, as a logarithm of `ef_search` on the largest sample.
    middle: f64,
    /// By how much each sample needs a larger `ef_search` than the largest one, as a logarithm; 0 for that one.
    pub(super) shifts: Vec<f64>,
    /// The least and the greatest place that was measured, as a logarithm of `ef_search` on the largest sample.
    pub(super) measured: (f64, f64),
}

impl Curve {
    /// Fits samples, each with the logarithm of its rows, the smallest first; none without a point on the last one.
    pub(super) fn fit(samples: &[(f64, Vec<Point>)]) -> Option<Self> {
        let (last_size, last) = samples.last()?;
        if last.is_empty() {
            return None;
        }
        let doublings: Vec<f64> = samples
            .iter()
            .map(|(size, _)| (size - last_size) / std::f64::consts::LN_2)
            .collect();
        let points: Vec<(usize, Point)> = samples
            .iter()
            .enumerate()
            .flat_map(|(sample, (_, points))| points.iter().map(move |point| (sample, *point)))
            .collect();
        let mut curve = Self {
            height: last.iter().map(|(_, miss)| miss.value).sum::<f64>() / real(last.len()),
            exponent: EXPONENT.0,
            curvature: CURVATURE.0,
            middle: last.iter().map(|(ef, _)| ef).sum::<f64>() / real(last.len()),
            shifts: doublings.iter().map(|count| count * SHIFT.0).collect(),
            measured: (f64::INFINITY, f64::NEG_INFINITY),
        };
        for _ in 0..ROUNDS {
            if curve.step(&points, &doublings) < SMALL {
                break;
            }
        }
        let places = points
            .iter()
            .map(|(sample, (ef, _))| ef - curve.shifts.get(*sample).copied().unwrap_or_default());
        curve.measured = places.fold(curve.measured, |(least, most), place| {
            (least.min(place), most.max(place))
        });
        Some(curve)
    }

    /// The logarithm of misses where the logarithm of `ef_search`, less the shift, is `place`.
    pub(super) fn log_miss(&self, place: f64) -> f64 {
        self.unbounded(place).min(0.0)
    }

    /// What is added to the logarithm of misses along the logarithm of `ef_search`; below nought.
    pub(super) fn slope(&self, place: f64) -> f64 {
        2.0 * self.curvature * (place - self.middle).clamp(-REACH, REACH) - self.exponent
    }

    /// A round of Gauss and Newton: the normal equations of all points and expectations, for the change of each number.
    /// Returns the largest.
    fn step(&mut self, points: &[(usize, Point)], doublings: &[f64]) -> f64 {
        // Height, exponent, curvature, then the shift of each sample but the last.
        let free = self.shifts.len() - 1;
        let mut equations = Equations::new(3 + free);
        for (sample, (ef, miss)) in points {
            let shift = self.shifts.get(*sample).copied().unwrap_or_default();
            let place = ef - shift;
            let offset = (place - self.middle).clamp(-REACH, REACH);
            let mut gradient = vec![0.0; 3 + free];
            for (slot, value) in gradient.iter_mut().zip([1.0, -offset, offset * offset]) {
                *slot = value;
            }
            if let Some(slot) = gradient.get_mut(3 + sample).filter(|_| *sample < free) {
                *slot = -self.slope(place);
            }
            let rest = miss.value - self.unbounded(place);
            equations.add(&gradient, rest, miss.variance.max(1e-9));
        }
        equations.expect(1, EXPONENT.0 - self.exponent, EXPONENT.1);
        equations.expect(2, CURVATURE.0 - self.curvature, CURVATURE.1);
        for (sample, (count, shift)) in doublings.iter().zip(&self.shifts).take(free).enumerate() {
            let deviation = SHIFT.1 * count.abs().max(0.1);
            equations.expect(3 + sample, count * SHIFT.0 - shift, deviation);
        }
        let change = equations.solve();
        let at = |place: usize| change.get(place).copied().unwrap_or_default();
        self.height += at(0);
        self.exponent = (self.exponent + at(1)).clamp(EXPONENTS.0, EXPONENTS.1);
        // The curve falls everywhere.
        let most = self.exponent / (4.0 * REACH);
        self.curvature = (self.curvature + at(2)).clamp(-most, most);
        for (sample, shift) in self.shifts.iter_mut().take(free).enumerate() {
            // No farther than the expectation can reach, or a round may overshoot where hardly anything is missed.
            *shift += at(3 + sample).clamp(-1.0, 1.0);
        }
        change.iter().fold(0.0, |most, one| one.abs().max(most))
    }

    /// The same, more than everything, too, so that a fit can find its way back.
    fn unbounded(&self, place: f64) -> f64 {
        let offset = place - self.middle;
        let inside = offset.clamp(-REACH, REACH);
        self.height - self.exponent * inside
            + self.curvature * inside * inside
            + self.slope(place) * (offset - inside)
    }
}

/// Normal equations of weighted least squares.
struct Equations {
    matrix: Vec<Vec<f64>>,
    right: Vec<f64>,
}

impl Equations {
    fn new(size: usize) -> Self {
        Self {
            matrix: vec![vec![0.0; size]; size],
            right: vec![0.0; size],
        }
    }

    /// A measurement: what each number does to it, how far off it is, and its variance.
    fn add(&mut self, gradient: &[f64], rest: f64, variance: f64) {
        for ((row, right), one) in self.matrix.iter_mut().zip(&mut self.right).zip(gradient) {
            for (cell, other) in row.iter_mut().zip(gradient) {
                *cell += one * other / variance;
            }
            *right += one * rest / variance;
        }
    }

    /// What one number is expected to change by, and the deviation of that.
    fn expect(&mut self, place: usize, change: f64, deviation: f64) {
        let weight = 1.0 / (deviation * deviation);
        if let Some(cell) = self.matrix.get_mut(place).and_then(|row| row.get_mut(place)) {
            *cell += weight;
        }
        if let Some(right) = self.right.get_mut(place) {
            *right += change * weight;
        }
    }

    /// The changes, by Gauss' elimination; expectations keep every pivot away from nought.
    fn solve(self) -> Vec<f64> {
        let size = self.right.len();
        let mut solved: Vec<(Vec<f64>, f64)> = Vec::with_capacity(size);
        for (place, (mut row, mut right)) in self.matrix.into_iter().zip(self.right).enumerate() {
            for (before, (pivot_row, pivot_right)) in solved.iter().enumerate() {
                let factor = row.get(before).copied().unwrap_or_default();
                for (cell, pivot) in row.iter_mut().zip(pivot_row) {
                    *cell -= factor * pivot;
                }
                right -= factor * pivot_right;
            }
            let pivot = row.get(place).copied().unwrap_or(1.0).max(1e-12);
            for cell in &mut row {
                *cell /= pivot;
            }
            solved.push((row, right / pivot));
        }
        let mut answer = vec![0.0; size];
        for (place, (row, right)) in solved.iter().enumerate().rev() {
            let known: f64 = row
                .iter()
                .zip(&answer)
                .skip(place + 1)
                .map(|(factor, value)| factor * value)
                .sum();
            if let Some(slot) = answer.get_mut(place) {
                *slot = right - known;
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misses(value: f64) -> LogMiss {
        LogMiss {
            value,
            variance: 1e-4,
        }
    }

    /// Samples that need `ef_search` by a power of the rows, under a curve that bends.
    fn samples(power: f64, curvature: f64) -> Vec<(f64, Vec<Point>)> {
        [16_000.0_f64, 32_000.0, 64_000.0]
            .map(|rows| {
                let shift = power * (rows / 64_000.0).ln();
                let point = |ef: f64| {
                    let offset = ef.ln() - shift - 60.0_f64.ln();
                    (ef.ln(), misses(-3.5 - 1.3 * offset + curvature * offset * offset))
                };
                // Each sample is measured around what it needs.
                let efs = [0.6, 1.0, 1.7].map(|factor: f64| factor * 60.0 * shift.exp());
                (rows.ln(), efs.map(point).to_vec())
            })
            .to_vec()
    }

    #[test]
    fn shifts_and_shape_are_found() {
        for (power, curvature) in [(0.3, -0.15), (0.0, 0.0), (0.28, -0.05)] {
            let curve = Curve::fit(&samples(power, curvature)).unwrap();
            for (shift, doublings) in curve.shifts.iter().zip([-2.0, -1.0, 0.0]) {
                let truth = power * doublings * std::f64::consts::LN_2;
                assert!((shift - truth).abs() < 0.02, "{shift} for {truth}");
            }
            for ef in [40.0_f64, 60.0, 100.0] {
                let offset = ef.ln() - 60.0_f64.ln();
                let truth = -3.5 - 1.3 * offset + curvature * offset * offset;
                assert!((curve.log_miss(ef.ln()) - truth).abs() < 0.02, "{ef}");
            }
            let (least, most) = curve.measured;
            assert!((least - 36.0_f64.ln()).abs() < 0.05 && (most - 102.0_f64.ln()).abs() < 0.05);
        }
    }

    #[test]
    fn few_points_leave_the_expectations_and_the_curve_always_falls() {
        assert!(Curve::fit(&[]).is_none());
        let one = Curve::fit(&[(10.0, vec![(4.0, misses(-3.0))])]).unwrap();
        assert!((one.exponent - EXPONENT.0).abs() < 0.01 && (one.log_miss(4.0) + 3.0).abs() < 0.01);
        let rising: Vec<Point> = [(3.0, -4.0), (4.0, -3.0), (5.0, -2.5)]
            .map(|(ef, value)| (ef, misses(value)))
            .to_vec();
        let curve = Curve::fit(&[(9.0, rising.clone()), (10.0, rising)]).unwrap();
        let mut before = f64::INFINITY;
        for step in 0..60 {
            let now = curve.log_miss(f64::from(step) / 8.0);
            assert!(now <= before && now <= 0.0);
            before = now;
        }
    }

    #[test]
    fn equations_are_solved() {
        let mut equations = Equations::new(3);
        // Three unknowns, seen by four measurements that agree on (1, -2, 3).
        for gradient in [
            [1.0, 0.0, 2.0],
            [0.0, 1.0, 1.0],
            [1.0, 1.0, 0.0],
            [3.0, -1.0, 1.0],
        ] {
            let seen: f64 = gradient
                .iter()
                .zip([1.0, -2.0, 3.0])
                .map(|(one, value)| one * value)
                .sum();
            equations.add(&gradient, seen, 0.5);
        }
        for (found, truth) in equations.solve().iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - truth).abs() < 1e-9);
        }
    }
}
