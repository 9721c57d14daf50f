//! What an index will do on all rows, by what it did on samples of growing size.
//!
//! On each sample the law in `ef_search` is fitted; at a given `ef_search` its logarithm of misses is a line in the
//! logarithm of the rows. Three things make the end of that line unsure, and their variances are added: the queries
//! (bootstrap), the line's bending (a slope that changes from one doubling to the next as it did between the samples),
//! and the queries of whoever measures it afterwards. Pure.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;

use super::law::{Law, LogMiss, mean_for};
use super::{Observation, real};
use crate::vector::recall::Interval;

/// How often the queries are drawn anew.
const DRAWS: usize = 200;

/// The standard normal deviate of 95 % in the middle.
const DEVIATE: f64 = 1.959_964;

/// With which chance a pick passes when it is measured anew: nine times in ten.
const ASSURANCE: f64 = 1.281_552;

/// By how much a slope changes from one doubling to the next, where nothing was seen: from the growth that was measured.
const USUAL_BEND: f64 = 0.12;

/// How many seen changes that assumption is worth.
const BEND_WEIGHT: f64 = 3.0;

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
    laws: Vec<Law>,
    /// The laws of drawn queries, draw by draw.
    drawn: Vec<Vec<Law>>,
    pages: Vec<(f64, f64, f64)>,
    milliseconds_per_page: f64,
    /// How many independent rows the queries are worth.
    independent: f64,
    /// How many misses they are worth at most, under the smallest `ef_search` on the largest sample.
    most_misses: f64,
    worst: Vec<f64>,
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
    /// The recall that 1 in 100 queries did not reach on the largest sample, near this `ef_search`.
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
        let fit = |observations: &[Observation], drawn: Option<&[usize]>| {
            let points: Vec<(f64, LogMiss)> = observations
                .iter()
                .filter_map(|one| Some((f64::from(one.ef_search), one.drawn(drawn).log_miss(samples.k)?)))
                .collect();
            Law::fit(&points)
        };
        let all = || samples.levels.iter().map(|(_, observations)| observations);
        let laws: Vec<Law> = all().filter_map(|one| fit(one, None)).collect();
        let last = all().next_back()?;
        let queries = last.first()?.recalls.len();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || -> Vec<usize> {
            let each = u64::try_from(queries.max(1)).unwrap_or(1);
            (0..queries)
                .map(|_| usize::try_from(random.next_u64() % each).unwrap_or_default())
                .collect()
        };
        let drawn = (0..DRAWS)
            .map(|_| {
                let drawn = draw();
                all().filter_map(|one| fit(one, Some(&drawn))).collect()
            })
            .collect();
        let spread = |one: &Observation| one.estimate(samples.k).map(|it| it.design_effect);
        let design_effect = last.iter().filter_map(spread).fold(1.0, f64::max);
        let levels = samples.levels.iter();
        let independent = real(queries) * real(samples.k) / design_effect;
        let misses = |one: &Observation| Some((1.0 - one.estimate(samples.k)?.mean) * independent);
        Some(Self {
            most_misses: last.iter().filter_map(misses).fold(0.0, f64::max),
            sizes: levels.clone().map(|(rows, _)| ln(*rows)).collect(),
            drawn,
            pages: levels
                .flat_map(|(rows, seen)| {
                    seen.iter()
                        .map(|one| (ln(*rows), f64::from(one.ef_search), one.pages))
                })
                .collect(),
            milliseconds_per_page: last
                .iter()
                .map(|one| one.p50_ms / one.pages.max(1.0))
                .sum::<f64>()
                / real(last.len()),
            independent,
            worst: last
                .iter()
                .filter_map(|one| Some(one.seen(samples.k)?.worst_percent))
                .collect(),
            laws,
        })
    }

    /// By how much the slope changed between the samples at an `ef_search`, squared, less what chance alone makes of it;
    /// none below three samples.
    pub fn bend(&self, ef_search: f64) -> Option<f64> {
        let change = |laws: &[Law]| match *values(laws, ef_search).as_slice() {
            [.., first, second, third] => Some(third - 2.0 * second + first),
            _ => None,
        };
        let drawn: Vec<f64> = self.drawn.iter().filter_map(|laws| change(laws)).collect();
        Some(change(&self.laws)?.powi(2) - variance(&drawn))
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
            worst_percent: self.worst.iter().copied().fold(f64::NAN, f64::min),
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
        let value = line(&self.sizes, &values(&self.laws, ef), at);
        let drawn: Vec<f64> = self
            .drawn
            .iter()
            .filter(|laws| laws.len() == self.laws.len())
            .map(|laws| line(&self.sizes, &values(laws, ef), at))
            .collect();
        let by_queries = variance(&drawn);
        // Where hardly a miss was seen, drawing the same queries again shows less than there is.
        let least = 1.0 / (self.most_misses + 0.5);
        let bend = (bends.iter().sum::<f64>().max(0.0) + BEND_WEIGHT * USUAL_BEND * USUAL_BEND)
            / (real(bends.len()) + BEND_WEIGHT);
        let by_bending = bend * self.leverage(at);
        (value, (by_queries.max(least) + by_bending).sqrt())
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

    /// Pages by a plane through their logarithms: over the logarithms of rows and of `ef_search`.
    fn pages_at(&self, size: f64, ef: f64) -> f64 {
        let by_size = |wanted: f64| -> f64 {
            let points: Vec<(f64, f64)> = self
                .pages
                .iter()
                .filter(|(size, ..)| (size - wanted).abs() < 1e-9)
                .map(|(_, ef, pages)| (ef.ln(), pages.max(1.0).ln()))
                .collect();
            let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
            line(&x, &y, ef.ln())
        };
        let logarithms: Vec<f64> = self.sizes.iter().map(|size| by_size(*size)).collect();
        line(&self.sizes, &logarithms, size).exp()
    }
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

fn values(laws: &[Law], ef: f64) -> Vec<f64> {
    laws.iter().map(|law| law.log_miss(ef)).collect()
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
