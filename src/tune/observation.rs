//! What was seen of an index under one `ef_search`.

use serde::Serialize;

use super::law::LogMiss;
use super::real;
use crate::vector::recall::{Estimate, Interval};

/// What was seen: the recall of each query, and what a query costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// `hnsw.ef_search`, which is also how many candidates a quantized index hands on to be ordered again.
    pub ef_search: u16,
    /// The recall of each query.
    pub recalls: Vec<f64>,
    /// Pages that a query touches, in the mean.
    pub pages: f64,
    /// Milliseconds that half of the queries do not take.
    pub p50_ms: f64,
    /// Milliseconds that 95 of 100 queries do not take.
    pub p95_ms: f64,
    /// The share of queries that the index answered.
    pub indexed_share: f64,
}

/// The same as a report has it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Seen {
    /// `hnsw.ef_search`.
    pub ef_search: u16,
    /// The share of exact neighbours that were found.
    pub recall: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// The recall that 1 in 100 queries does not reach.
    pub worst_percent: f64,
    /// Pages that a query touches, in the mean.
    pub pages: f64,
    /// Milliseconds that half of the queries do not take.
    pub p50_ms: f64,
    /// Milliseconds that 95 of 100 queries do not take.
    pub p95_ms: f64,
    /// Whether the index answered every query.
    pub is_indexed: bool,
}

impl Observation {
    /// The mean with what is known of its spread; none without queries.
    pub fn estimate(&self, k: usize) -> Option<Estimate> {
        Estimate::of(&self.recalls, k)
    }

    /// The misses as the laws see them.
    pub fn log_miss(&self, k: usize) -> Option<LogMiss> {
        let estimate = self.estimate(k)?;
        let rows = real(self.recalls.len()) * real(k);
        Some(LogMiss::of(estimate.mean, rows / estimate.design_effect))
    }

    /// The same with only the queries at these places, each as often as it is named; all of them without.
    #[must_use]
    pub fn drawn(&self, places: Option<&[usize]>) -> Self {
        let Some(places) = places else { return self.clone() };
        let recalls = places
            .iter()
            .filter_map(|place| self.recalls.get(*place).copied());
        Self {
            recalls: recalls.collect(),
            ..*self
        }
    }

    /// As a report has it.
    pub fn seen(&self, k: usize) -> Option<Seen> {
        let estimate = self.estimate(k)?;
        let mut sorted = self.recalls.clone();
        sorted.sort_by(f64::total_cmp);
        Some(Seen {
            ef_search: self.ef_search,
            recall: estimate.mean,
            interval: estimate.interval(),
            worst_percent: sorted.get(sorted.len() / 100).copied().unwrap_or(1.0),
            pages: self.pages,
            p50_ms: self.p50_ms,
            p95_ms: self.p95_ms,
            is_indexed: self.indexed_share >= 1.0,
        })
    }
}
