//! What a benchmark says, so that [`super::compare()`] can read it again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::distribution::{Distribution, count};
use super::load::Throughput;
use super::queries::Origin;
use crate::collection::IterativeScan;
use crate::vector::recall::Recall;
use crate::vector::{ElementType, Metric};

/// What a benchmark measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// The table, as `schema.table`.
    pub table: String,
    /// The vector column.
    pub column: String,
    /// Its element type.
    pub element: ElementType,
    /// Its dimensions, where its type says them.
    pub dimensions: Option<u32>,
    /// How distance is measured.
    pub metric: Metric,
    /// How many neighbours a query asked for.
    pub k: u32,
    /// The filter that rows had to meet.
    pub filter: Option<Value>,
    /// The role that the queries ran as, where it is not the login role.
    pub role: Option<String>,
    /// The queries.
    pub queries: QuerySet,
    /// The exact neighbours that recall is measured against.
    pub exact: Exactness,
    /// What the answers depend on besides.
    pub environment: Environment,
    /// What was measured, configuration by configuration.
    pub configurations: Vec<Measured>,
    /// What several clients at once get.
    pub throughput: Vec<Throughput>,
    /// What makes these figures weaker than they look.
    pub warnings: Vec<String>,
    /// How long all of it took.
    pub seconds: f64,
}

/// The queries of a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuerySet {
    /// Where they come from.
    pub origin: Origin,
    /// How many there are.
    pub count: usize,
    /// The SHA-256 of their vectors, so that two benchmarks can tell whether they asked the same.
    pub sha256: String,
}

/// How the exact neighbours were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exactness {
    /// How many vectors every query was compared with.
    pub rows: u64,
    /// How many rows have no embedding.
    pub without_embedding: u64,
    /// How many vectors have no distance to anything: zero vectors under cosine.
    pub without_distance: u64,
    /// The bytes that travelled for it.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many queries have more rows exactly as far away as the last neighbour than were kept.
    pub ties_cut: usize,
}

/// What the answers depend on besides the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The server's version.
    pub server_version: String,
    /// pgvector's version.
    pub vector_version: String,
    /// The server's settings that matter.
    pub settings: BTreeMap<String, String>,
    /// The size of the table.
    pub table_bytes: i64,
    /// The vector index that serves the metric, where there is one.
    pub index: Option<IndexFacts>,
}

/// A vector index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexFacts {
    /// Its name.
    pub name: String,
    /// Its access method.
    pub method: String,
    /// Its storage parameters, each as `name=value`.
    pub options: Vec<String>,
    /// Its size.
    pub bytes: i64,
}

/// How a query is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// `hnsw.ef_search`.
    pub ef_search: u16,
    /// `hnsw.iterative_scan`.
    pub iterative_scan: IterativeScan,
    /// `ivfflat.probes`.
    pub probes: u16,
}

/// What one configuration gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The configuration.
    pub configuration: Configuration,
    /// How much of what is there was found.
    pub recall: Option<Recall>,
    /// The recall of each query, in the order of the queries; `null` where there was nothing to find.
    pub recalls: Vec<Option<f64>>,
    /// Milliseconds from sending a query to its last row, the network included.
    pub latency_ms: Distribution,
    /// The same in the first pass, which is not part of `latency_ms`: caches were colder.
    pub first_pass_ms: Distribution,
    /// The server's own time for a query, by EXPLAIN.
    pub server_ms: f64,
    /// Pages that a query touched.
    pub buffers: Buffers,
    /// Rows that came, in the mean.
    pub returned: f64,
    /// Rows that came to the query that got the fewest.
    pub fewest_returned: f64,
    /// How many queries got fewer rows than they asked for although there were more.
    pub short: usize,
    /// Which plans the queries had.
    pub plans: Vec<PlanCount>,
}

/// Pages that a query touched, by EXPLAIN: 8 KiB each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Buffers {
    /// In the server's cache, in the mean.
    pub hit: f64,
    /// From outside of it, in the mean.
    pub read: f64,
}

/// A plan's shape and how often it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCount {
    /// The index that gave the order; none where rows were sorted.
    pub index: Option<String>,
    /// Its nodes from the top down.
    pub shape: String,
    /// How many queries had it.
    pub queries: usize,
}

impl Configuration {
    /// As a person says it, given the access method of the index.
    pub fn label(&self, method: Option<&str>) -> String {
        let iterative = match self.iterative_scan {
            IterativeScan::Off => String::new(),
            on => format!(", iterative {}", on.setting()),
        };
        match method {
            Some("hnsw") => format!("ef_search {}{iterative}", self.ef_search),
            Some("ivfflat") => format!("probes {}", self.probes),
            _ => "no index".to_owned(),
        }
    }
}

impl Measured {
    /// The share of queries that went through a vector index.
    pub fn indexed_share(&self) -> f64 {
        let queries = |some: &dyn Fn(&&PlanCount) -> bool| -> usize {
            self.plans.iter().filter(some).map(|plan| plan.queries).sum()
        };
        count(queries(&|plan| plan.index.is_some())) / count(queries(&|_| true).max(1))
    }

    /// What weakens these figures.
    pub(super) fn warnings(&self, method: Option<&str>) -> Vec<String> {
        let mut warnings = Vec::new();
        let label = self.configuration.label(method);
        let sorted: usize = self
            .plans
            .iter()
            .filter(|plan| plan.index.is_none())
            .map(|plan| plan.queries)
            .sum();
        if method.is_some() && sorted > 0 {
            warnings.push(format!(
                "under {label} the planner sorted all rows for {sorted} of the queries instead of asking the index"
            ));
        }
        if self.short > 0 {
            warnings.push(format!(
                "under {label} {} of the queries got fewer rows than they asked for although there were more",
                self.short
            ));
        }
        warnings
    }
}
