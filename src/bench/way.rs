//! Measuring one index alone, or one that holds an expression.
//!
//! No setting of PostgreSQL names the index that a query is to use, and nobody but a superuser hides one. But the planner
//! looks at a table's indexes from the newest to the oldest and keeps the first of equal cost (`get_relation_info`,
//! `add_path`), so where everything costs nothing, the newest index that serves the order is used. Settings of costs end
//! with the transaction and change nothing for others; EXPLAIN of every query proves which index it was.

use crate::vector::Metric;

/// How queries come to their rows, where it is not as they do by themselves.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// By an expression of the column.
    pub detour: Option<Detour>,
    /// By the newest index that serves the order.
    pub by_newest: bool,
}

/// An order by an expression.
#[derive(Debug, Clone)]
pub struct Detour {
    /// The expression, as SQL.
    pub key: String,
    /// The same of the query's vector, which is `$1`, a text.
    pub argument: String,
    /// How distance is measured there.
    pub metric: Metric,
    /// How many rows are ordered again by the distance itself; without it, as many as are asked for.
    pub candidates: Option<u32>,
}

impl Way {
    /// The settings that make the planner go it.
    pub(super) fn statements(&self) -> Option<String> {
        let costs = [
            "random_page_cost",
            "seq_page_cost",
            "cpu_tuple_cost",
            "cpu_index_tuple_cost",
            "cpu_operator_cost",
        ];
        let settings = costs.map(|name| format!("set local {name} = 0"));
        self.by_newest.then(|| {
            format!(
                "{}; set local enable_seqscan = off; set local enable_bitmapscan = off; set local max_parallel_workers_per_gather = 0",
                settings.join("; ")
            )
        })
    }
}
