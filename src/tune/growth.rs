//! What an index will do on all rows, by what it did on samples of growing size.
//!
//! The samples share one curve of misses ([`Curve`]); how far each lies along it is a line in the logarithm of the rows,
//! which is followed to all of them. Four things make the end unsure, and their variances are added: the queries
//! (bootstrap), the line's bending (a slope that changes from one doubling to the next as it did between the samples: by
//! what the largest one lies off where the others point to), the way beyond what was measured along the curve, and the
//! queries of whoever measures it afterwards. Pure.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;

use super::curve::{Curve, Point};
use super::law::mean_for;
use super::{Observation, real};
use crate::vector::recall::Interval;

/// How often the queries are drawn anew.
const DRAWS: usize = 200;

/// The standard normal deviate of 95 % in the middle.
const DEVIATE: f64 = 1.959_964;

/// The deviate with which a pick has to pass a measurement that comes afterwards: nineteen times in twenty by itself. Of
/// several candidates the one is picked that looks best, which flatters it: that leaves nine times in ten.
const ASSURANCE: f64 = 1.644_854;

/// By how much the growth of the `ef_search` that is needed changes from one doubling to the next, where nothing was seen:
/// from the growth that was measured, less what its few queries make of it.
const USUAL_BEND: f64 = 0.09;

/// How many seen changes that assumption is worth.
const BEND_WEIGHT: f64 = 5.0;

/// How far the curve may be bent otherwise than it seems, beyond what was measured.
const CURVATURE_DOUBT: f64 = 0.15;

/// What was seen of a candidate on the samples, the smallest first.
#[derive(Debug, Clone)]
pub struct Samples {
    /// The rows of each sample with what was seen there.
    pub levels: Vec<(u64, Vec<Observation>)>,
    /// How many neighbours a query asks for.
    pub k: usize,
}

/// The growth of a candidate.
#[derive(Debug, Clone)]
pub struct Growth {
    /// The logarithms of the rows.
    sizes: Vec<f64>,
    curve: Curve,
    /// The curves of drawn queries.
    drawn: Vec<Curve>,
    /// Of each sample: what was measured, as `ef_search` and pages.
    pages: Vec<Vec<(f64, f64)>>,
    milliseconds_per_page: f64,
    /// How many independent rows the queries are worth.
    independent: f64,
    /// How many misses they are worth at most, under the smallest `ef_search` on the largest sample.
    most_misses: f64,
    /// On the largest sample: logarithms of `ef_search`, and the recall that 1 in 100 queries did not reach.
    worst: Vec<(f64, f64)>,
}

/// What an index will do under an `ef_search`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forecast {
    /// `hnsw.ef_search`.
    pub ef_search: u16,
    /// The recall that is expected.
    pub recall: f64,
    /// Where a measurement with as many queries will lie, 95 times in 100.
    pub interval: Interval,
    /// The recall that 1 in 100 queries did not reach on the largest sample, at the `ef_search` nearest to what this one is
    /// there.
    pub worst_percent: f64,
    /// Pages that a query will touch.
    pub pages: f64,
    /// Milliseconds that a query takes in the mean, on the machine that tuned: from, to.
    pub milliseconds: (f64, f64),
    /// Whether a measurement with as many queries will surely meet the target nine times in ten.
    pub is_assured: bool,
}

impl Growth {
    /// Fits what was seen; none without a sample.
    pub fn of(samples: &Samples, seed: u64) -> Option<Self> {
        let (_, last) = samples.levels.last()?;
        let queries = last.first()?.recalls.len();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || -> Vec<usize> {
            let each = u64::try_from(queries.max(1)).unwrap_or(1);
            (0..queries)
                .map(|_| usize::try_from(random.next_u64() % each).unwrap_or_default())
                .collect()
        };
        let drawn = (0..DRAWS)
            .filter_map(|_| samples.curve(Some(draw().as_slice())))
            .collect();
        let k = samples.k;
        let spread = |one: &Observation| one.estimate(k).map(|it| it.design_effect);
        let design_effect = last.iter().filter_map(spread).fold(1.0, f64::max);
        let independent = real(queries) * real(k) / design_effect;
        let misses = |one: &Observation| Some((1.0 - one.estimate(k)?.mean) * independent);
        let levels = samples.levels.iter();
        Some(Self {
            curve: samples.curve(None)?,
            drawn,
            sizes: levels.clone().map(|(rows, _)| ln(*rows)).collect(),
            pages: levels.map(|(_, seen)| pages(seen)).collect(),
            milliseconds_per_page: last
                .iter()
                .map(|one| one.p50_ms / one.pages.max(1.0))
                .sum::<f64>()
                / real(last.len()),
            independent,
            most_misses: last.iter().filter_map(misses).fold(0.0, f64::max),
            worst: last
                .iter()
                .filter_map(|one| Some((f64::from(one.ef_search).ln(), one.seen(k)?.worst_percent)))
                .collect(),
        })
    }

    /// By how much the largest sample lies off where the two before it point to, squared, less what chance alone makes of
    /// it; none below three samples.
    pub fn bend(&self) -> Option<f64> {
        let change = |curve: &Curve| match *curve.shifts.as_slice() {
            [.., first, second, third] => Some(third - 2.0 * second + first),
            _ => None,
        };
        let drawn: Vec<f64> = self.drawn.iter().filter_map(change).collect();
        Some(change(&self.curve)?.powi(2) - variance(&drawn))
    }

    /// What it will do over so many rows, where slopes bend as `bends` say (their squares, over all candidates).
    pub fn forecast(&self, rows: u64, ef_search: u16, target: f64, bends: &[f64]) -> Forecast {
        let ef = f64::from(ef_search);
        let (value, deviation) = self.log_miss(rows, ef, bends);
        let expected = share(value);
        // A measurement afterwards is as unsure as the misses are few that it counts.
        let with_again =
            |misses: f64| (deviation * deviation + 1.0 / (misses * self.independent + 0.5)).sqrt();
        let most = share(value + DEVIATE * with_again(share(value + DEVIATE * deviation)));
        let least = share(value - DEVIATE * with_again(expected));
        let allowed = 1.0 - mean_for(target, self.independent);
        let pages = self.pages_at(ln(rows), ef);
        let milliseconds = pages * self.milliseconds_per_page;
        Forecast {
            ef_search,
            recall: 1.0 - expected,
            interval: Interval {
                low: 1.0 - most,
                high: self.highest(1.0 - least),
            },
            worst_percent: self.worst_near(rows, ef),
            pages,
            milliseconds: (milliseconds * 0.7, milliseconds * 2.0),
            is_assured: value + ASSURANCE * with_again(allowed) <= allowed.max(1e-9).ln(),
        }
    }

    /// Few rows hold less than one expected miss: then none at all is likely.
    fn highest(&self, high: f64) -> f64 {
        if (1.0 - high) * self.independent < 1.0 {
            1.0
        } else {
            high
        }
    }

    /// The smallest `ef_search` that is assured, up to `most`.
    pub fn smallest(
        &self,
        rows: u64,
        target: f64,
        (least, most): (u16, u16),
        bends: &[f64],
    ) -> Option<Forecast> {
        let at = |ef: u16| self.forecast(rows, ef, target, bends);
        if !at(most).is_assured {
            return None;
        }
        let (mut low, mut high) = (least.min(most), most);
        while low < high {
            let middle = u16::midpoint(low, high);
            if at(middle).is_assured {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(at(high))
    }

    /// The logarithm of misses over so many rows, and its deviation.
    fn log_miss(&self, rows: u64, ef: f64, bends: &[f64]) -> (f64, f64) {
        let at = ln(rows);
        let place = |curve: &Curve| ef.ln() - line(&self.sizes, &curve.shifts, at);
        let here = place(&self.curve);
        let drawn = self.drawn.iter().map(|curve| curve.log_miss(place(curve)));
        let by_queries = variance(&drawn.collect::<Vec<f64>>());
        // Where hardly a miss was seen, drawing the same queries again shows less than there is.
        let least = 1.0 / (self.most_misses + 0.5);
        let bend = (bends.iter().sum::<f64>().max(0.0) + BEND_WEIGHT * USUAL_BEND * USUAL_BEND)
            / (real(bends.len()) + BEND_WEIGHT);
        let by_bending = bend * self.leverage(at) * self.curve.slope(here).powi(2);
        let (least_place, most_place) = self.curve.measured;
        let beyond = (least_place - here).max(here - most_place).max(0.0);
        let by_curvature = (CURVATURE_DOUBT * beyond * (beyond + most_place - least_place)).powi(2);
        let variance = by_queries.max(least) + by_bending + by_curvature;
        (self.curve.log_miss(here), variance.sqrt())
    }

    /// The worst queries of the largest sample, where it was measured nearest.
    fn worst_near(&self, rows: u64, ef: f64) -> f64 {
        let place = ef.ln() - line(&self.sizes, &self.curve.shifts, ln(rows));
        let nearest = self.worst.iter().min_by(|(one, _), (other, _)| {
            let off = |of: f64| (of - place).abs();
            off(*one).total_cmp(&off(*other))
        });
        nearest.map_or(f64::NAN, |(_, recall)| *recall)
    }

    /// How a slope's changes add up beyond the last sample. With steps of one doubling, a line through three points whose
    /// slope changed by `e2` misses `((1 + t) / 2 - 1 / 3) e2` after `t` doublings, and later changes add up.
    fn leverage(&self, at: f64) -> f64 {
        let last = self.sizes.last().copied().unwrap_or(at);
        let t = ((at - last) / std::f64::consts::LN_2).max(0.0);
        let of_line = f64::midpoint(1.0, t) - 1.0 / 3.0;
        if t <= 0.0 {
            return 0.0;
        }
        of_line * of_line + t * (t + 1.0) * (2.0 * t + 1.0) / 6.0
    }

    /// Pages: on each sample what its line says, then their logarithms a line over that of the rows.
    fn pages_at(&self, size: f64, ef: f64) -> f64 {
        let logarithms: Vec<f64> = self.pages.iter().map(|seen| pages_at(seen, ef).ln()).collect();
        line(&self.sizes, &logarithms, size).exp()
    }
}

impl Samples {
    /// The curve that they share; of the queries at these places, where some are named.
    fn curve(&self, drawn: Option<&[usize]>) -> Option<Curve> {
        let points = |observations: &[Observation]| -> Vec<Point> {
            observations
                .iter()
                .filter_map(|one| Some((f64::from(one.ef_search).ln(), one.drawn(drawn).log_miss(self.k)?)))
                .collect()
        };
        let levels = self.levels.iter();
        let each: Vec<(f64, Vec<Point>)> = levels.map(|(rows, seen)| (ln(*rows), points(seen))).collect();
        Curve::fit(&each)
    }
}

/// What was measured of pages, each with its `ef_search`.
pub(super) fn pages(seen: &[Observation]) -> Vec<(f64, f64)> {
    seen.iter()
        .map(|one| (f64::from(one.ef_search), one.pages))
        .collect()
}

/// Pages under an `ef_search`, by the line through what was measured: each candidate more costs about as many.
pub(super) fn pages_at(seen: &[(f64, f64)], ef: f64) -> f64 {
    if let [(at, pages)] = *seen {
        // Part of them are the way down to the lowest layer, which does not grow.
        return pages * f64::midpoint(1.0, ef / at);
    }
    let (efs, pages): (Vec<f64>, Vec<f64>) = seen.iter().copied().unzip();
    line(&efs, &pages, ef).max(1.0)
}

/// The value at `at` of the line through points; their mean where they have no spread.
fn line(x: &[f64], y: &[f64], at: f64) -> f64 {
    let count = real(x.len().max(1));
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let spread: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let both: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    if spread < 1e-9 {
        return mean_y;
    }
    // What was seen at the end itself is not smoothed away.
    if let (Some(last_x), Some(last_y)) = (x.last(), y.last())
        && (at - last_x).abs() < 1e-9
    {
        return *last_y;
    }
    mean_y + both / spread * (at - mean_x)
}

fn variance(of: &[f64]) -> f64 {
    let count = real(of.len().max(2));
    let mean = of.iter().sum::<f64>() / count;
    of.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

fn share(log_miss: f64) -> f64 {
    log_miss.exp().min(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn ln(rows: u64) -> f64 {
    (rows.max(1) as f64).ln()
}

#[cfg(test)]
mod tests;
