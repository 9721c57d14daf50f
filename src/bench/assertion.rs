//! What somebody expects of queries, held against what was measured. Pure.

use serde::Serialize;

use super::report::Measured;

/// A limit that a figure must keep.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "limit", content = "value")]
pub enum Limit {
    /// Every query goes through a vector index (or, where false, none does).
    IndexUsed(bool),
    /// So many rows come to every query.
    RowsAtLeast(f64),
    /// A query touches so many pages at most, in the mean.
    PagesAtMost(f64),
    /// The lower end of recall's interval is at least this.
    RecallAtLeast(f64),
    /// 95 of 100 queries take so many milliseconds at most.
    P95MsAtMost(f64),
}

/// A named set of limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What it is called.
    pub name: String,
    /// What it asks for.
    pub limits: Vec<Limit>,
}

/// A limit, and whether it was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asserted {
    /// The expectation's name.
    pub name: String,
    /// The limit.
    #[serde(flatten)]
    pub limit: Limit,
    /// What was measured: a number, or for the index the share of queries that used it.
    pub measured: f64,
    /// Whether it was kept.
    pub is_met: bool,
}

impl Expectation {
    /// Holds every limit against what was measured.
    pub fn check(&self, measured: &Measured) -> Vec<Asserted> {
        let one = |limit: &Limit| {
            let (value, is_met) = limit.check(measured);
            Asserted {
                name: self.name.clone(),
                limit: *limit,
                measured: value,
                is_met,
            }
        };
        self.limits.iter().map(one).collect()
    }
}

impl Limit {
    /// As a person says it.
    pub fn label(&self) -> String {
        match self {
            Self::IndexUsed(true) => "the index is used".to_owned(),
            Self::IndexUsed(false) => "no index is used".to_owned(),
            Self::RowsAtLeast(rows) => format!("at least {rows} rows"),
            Self::PagesAtMost(pages) => format!("at most {pages} pages"),
            Self::RecallAtLeast(recall) => format!("recall at least {recall}"),
            Self::P95MsAtMost(milliseconds) => format!("p95 at most {milliseconds} ms"),
        }
    }

    fn check(&self, measured: &Measured) -> (f64, bool) {
        match self {
            Self::IndexUsed(wanted) => {
                let share = measured.indexed_share();
                (share, if *wanted { share >= 1.0 } else { share <= 0.0 })
            }
            Self::RowsAtLeast(rows) => (measured.fewest_returned, measured.fewest_returned >= *rows),
            Self::PagesAtMost(pages) => {
                let touched = measured.buffers.touched();
                (touched, touched <= *pages)
            }
            Self::RecallAtLeast(recall) => {
                let low = measured.recall.as_ref().map_or(0.0, |recall| recall.interval.low);
                (low, low >= *recall)
            }
            Self::P95MsAtMost(milliseconds) => {
                let p95 = measured.latency_ms.p95.value;
                (p95, p95 <= *milliseconds)
            }
        }
    }
}
