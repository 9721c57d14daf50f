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
    /// The queries.
    pub queries: QuerySet,
    /// What was asked for under which filter and role.
    pub cases: Vec<Case>,
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

/// What queries ask for, and what they may find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// How many neighbours a query asks for.
    pub k: u32,
    /// The filter that rows have to meet.
    pub filter: Option<Value>,
    /// The role that the queries run as, where it is not the login role.
    pub role: Option<String>,
    /// The share of the table's rows that filter and role leave, estimated by the server's statistics.
    pub share_of_table: Option<f64>,
    /// The exact neighbours that recall is measured against.
    pub exact: Exactness,
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
    /// How many queries are vectors that the table holds, to the last bit.
    pub queries_in_table: usize,
}

/// What the answers depend on besides the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The server's version.
    pub server_version: String,
    /// pgvector's version.
    pub vector_version: String,
    /// For how many seconds the server has been running: its cache fills from then on.
    pub server_uptime_seconds: f64,
    /// The server's settings that matter.
    pub settings: BTreeMap<String, String>,
    /// The size of the table.
    pub table_bytes: i64,
    /// How many rows the statistics say it has; negative where nobody counted yet.
    pub estimated_rows: f64,
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
    /// The place of the case, counted from 0.
    pub case: usize,
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
    /// How many further passes are not part of it, because their times were still above those that came later.
    pub warmup_passes: usize,
    /// Whether times still fell when the last pass began.
    pub still_warming: bool,
    /// What the first query of a new connection cost, where that was asked for.
    pub cold: Option<Cold>,
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

/// Queries that were each the first one of a new connection: pgvector's library, the catalog's entries and the index's
/// are read anew. Whether the server's own cache was cold, too, is told by the pages that came from outside of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cold {
    /// Milliseconds from sending a query under EXPLAIN to its answer.
    pub latency_ms: Distribution,
    /// Pages that a query touched.
    pub buffers: Buffers,
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

impl Case {
    /// As a person says it.
    pub fn label(&self) -> String {
        let filter = self
            .filter
            .as_ref()
            .map_or_else(String::new, |filter| format!(", where {filter}"));
        let role = self
            .role
            .as_ref()
            .map_or_else(String::new, |role| format!(", as {role}"));
        format!("k {}{filter}{role}", self.k)
    }

    /// Whether another one asks for the same.
    pub fn asks_like(&self, other: &Self) -> bool {
        (self.k, &self.filter, &self.role) == (other.k, &other.filter, &other.role)
    }
}

impl BenchReport {
    /// The access method of the index.
    pub fn method(&self) -> Option<&str> {
        self.environment.index.as_ref().map(|index| index.method.as_str())
    }

    /// What a configuration was asked for.
    pub fn case_of(&self, place: usize) -> Option<&Case> {
        self.cases.get(place)
    }

    /// As a person tells what was measured from the rest: with its case, where there are several.
    pub fn label(&self, case: usize, configuration: Configuration) -> String {
        let label = configuration.label(self.method());
        match self.cases.get(case) {
            Some(case) if self.cases.len() > 1 => format!("{label}, {}", case.label()),
            _ => label,
        }
    }
}

impl Buffers {
    /// Pages of either kind.
    pub fn touched(&self) -> f64 {
        self.hit + self.read
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
    pub(super) fn warnings(&self, has_index: bool, label: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let sorted: usize = self
            .plans
            .iter()
            .filter(|plan| plan.index.is_none())
            .map(|plan| plan.queries)
            .sum();
        if has_index && sorted > 0 {
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
        if self.still_warming {
            warnings.push(format!(
                "under {label} times still fell when the last pass began: measure more of them with `--passes`"
            ));
        }
        warnings
    }
}
