//! What was seen of one configuration in one case, pass by pass, and what it comes to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::distribution::{Distribution, count, mean};
use super::report::{Buffers, Configuration, Measured, PlanCount};
use crate::error::{Error, Result};
use crate::sql::Plan;
use crate::vector::Metric;
use crate::vector::neighbours::Exact;
use crate::vector::recall;

/// The rows that a query found, with their distances.
pub(super) type Found = Vec<(String, f64)>;

/// What was seen of one configuration.
pub(super) struct Seen {
    pub(super) case: usize,
    pub(super) configuration: Configuration,
    explained: Vec<Explained>,
    first_pass: Vec<f64>,
    passes: Vec<Vec<f64>>,
    found: Vec<Found>,
}

/// What EXPLAIN says of a query.
pub(super) struct Explained {
    pub(super) index: Option<String>,
    shape: String,
    pub(super) buffers: Buffers,
    server_ms: f64,
}

impl Explained {
    pub(super) fn read(document: &Value) -> Result<Self> {
        let plan = Plan::from_json(document)
            .ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape"))?;
        let kinds: Vec<&str> = plan.nodes().iter().map(|node| node.kind.as_str()).collect();
        Ok(Self {
            index: plan.ordering_index().map(str::to_owned),
            shape: kinds.join(" > "),
            buffers: Buffers {
                hit: pages(plan.root.buffers_hit),
                read: pages(plan.root.buffers_read),
            },
            server_ms: plan.execution_ms.unwrap_or_default(),
        })
    }
}

fn pages(of: Option<u64>) -> f64 {
    let pages = of.and_then(|pages| usize::try_from(pages).ok());
    count(pages.unwrap_or_default())
}

impl Seen {
    pub(super) fn nothing(case: usize, configuration: Configuration, queries: usize) -> Self {
        Self {
            case,
            configuration,
            explained: Vec::new(),
            first_pass: Vec::new(),
            passes: Vec::new(),
            found: vec![Vec::new(); queries],
        }
    }

    /// A query of the first pass, whose rows are kept.
    pub(super) fn found(&mut self, query: usize, milliseconds: f64, found: Found) {
        self.first_pass.push(milliseconds);
        if let Some(place) = self.found.get_mut(query) {
            *place = found;
        }
    }

    /// A query under EXPLAIN.
    pub(super) fn explained(&mut self, explained: Explained) {
        self.explained.push(explained);
    }

    /// A query of a counted pass, counted from 0.
    pub(super) fn timed(&mut self, pass: usize, milliseconds: f64) {
        if self.passes.len() <= pass {
            self.passes.resize_with(pass + 1, Vec::new);
        }
        if let Some(times) = self.passes.get_mut(pass) {
            times.push(milliseconds);
        }
    }

    /// All of it, held against the exact neighbours.
    pub(super) fn report(self, metric: Metric, exact: &[Exact], k: u32) -> Measured {
        let explained = |of: fn(&Explained) -> f64| mean(self.explained.iter().map(of));
        let k = usize::try_from(k).unwrap_or(usize::MAX);
        let short = self.found.iter().zip(exact).filter(|(found, exact)| {
            let there = exact.neighbours.len().min(k);
            found.len() < there
        });
        let mut plans: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
        for explained in &self.explained {
            *plans
                .entry((explained.index.clone(), explained.shape.clone()))
                .or_default() += 1;
        }
        let pairs = || exact.iter().zip(&self.found);
        let steady = Steady::of(&self.passes);
        Measured {
            case: self.case,
            configuration: self.configuration,
            recall: recall::of_queries(exact, &self.found, metric == Metric::InnerProduct),
            recalls: pairs()
                .map(|(exact, found)| recall::of_query(exact, found))
                .collect(),
            short: short.count(),
            fewest_returned: count(self.found.iter().map(Vec::len).min().unwrap_or_default()),
            returned: mean(self.found.iter().map(|rows| count(rows.len()))),
            server_ms: explained(|it| it.server_ms),
            buffers: Buffers {
                hit: explained(|it| it.buffers.hit),
                read: explained(|it| it.buffers.read),
            },
            plans: plans
                .into_iter()
                .map(|((index, shape), queries)| PlanCount {
                    index,
                    shape,
                    queries,
                })
                .collect(),
            latency_ms: Distribution::of(steady.times),
            first_pass_ms: Distribution::of(self.first_pass),
            warmup_passes: steady.warmup,
            still_warming: steady.still_warming,
            cold: None,
        }
    }
}

/// The passes whose times no longer fall.
struct Steady {
    times: Vec<f64>,
    warmup: usize,
    still_warming: bool,
}

impl Steady {
    /// Leaves out passes from the front as long as half of their times surely lie above half of the later ones.
    fn of(passes: &[Vec<f64>]) -> Self {
        let median = |passes: &[Vec<f64>]| Distribution::of(passes.concat()).p50;
        let mut warmup = 0;
        let mut rest = passes;
        while let [first, later @ ..] = rest
            && !later.is_empty()
            && median(std::slice::from_ref(first)).low > median(later).high
        {
            warmup += 1;
            rest = later;
        }
        Self {
            times: rest.concat(),
            warmup,
            still_warming: warmup > 0 && rest.len() == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(around: f64) -> Vec<f64> {
        (0..100)
            .map(|query| around + f64::from(query % 10) / 10.0)
            .collect()
    }

    #[test]
    fn passes_that_are_slower_than_all_later_ones_are_warmup() {
        let steady = Steady::of(&[pass(9.0), pass(2.0), pass(2.0)]);
        assert_eq!(
            (steady.warmup, steady.still_warming, steady.times.len()),
            (1, false, 200)
        );
        let even = Steady::of(&[pass(2.0), pass(2.05), pass(1.95)]);
        assert_eq!((even.warmup, even.times.len()), (0, 300));
        let falling = Steady::of(&[pass(9.0), pass(5.0), pass(2.0)]);
        assert_eq!(
            (falling.warmup, falling.still_warming, falling.times.len()),
            (2, true, 100)
        );
        let rising = Steady::of(&[pass(2.0), pass(9.0)]);
        assert_eq!((rising.warmup, rising.times.len()), (0, 200));
        assert_eq!(Steady::of(&[]).times.len(), 0);
    }
}
