//! Measuring one index alone, or one that holds an expression.
//!
//! No setting of PostgreSQL names the index that a query is to use, and nobody but a superuser hides one. But the planner
//! looks at a table's indexes from the newest to the oldest and keeps the first of equal cost (`get_relation_info`,
//! `add_path`), so where everything costs nothing, the newest index that serves the order is used. Settings of costs end
//! with the transaction and change nothing for others; EXPLAIN of every query proves which index it was.
//!
//! The older of two is used where it is the cheaper one: pgvector's cost of a scan (`hnswcostestimate`) grows with m, so
//! with the usual costs of work and none of pages a graph with the smaller m is taken, whichever is the newer. Of two with
//! the same m, or of a newer one with a smaller m, nothing makes the planner take the older one.

use crate::vector::Metric;

/// How queries come to their rows, where it is not as they do by themselves.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// By an expression of the column.
    pub detour: Option<Detour>,
    /// By which of the indexes that serve the order.
    pub choice: Choice,
    /// Only among the rows of this condition, as SQL: those that a partial index holds.
    pub condition: Option<String>,
}

/// Which of several indexes that serve the same order is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one that the planner takes by itself.
    #[default]
    Usual,
    /// The newest.
    Newest,
    /// The one whose scan costs least.
    Cheapest,
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
        let of_work = match self.choice {
            Choice::Usual => return None,
            Choice::Newest => ["0", "0", "0"],
            Choice::Cheapest => ["0.01", "0.005", "0.0025"],
        };
        let [tuple, index_tuple, operator] = of_work;
        let settings = [
            ("random_page_cost", "0"),
            ("seq_page_cost", "0"),
            ("cpu_tuple_cost", tuple),
            ("cpu_index_tuple_cost", index_tuple),
            ("cpu_operator_cost", operator),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
            ("enable_sort", "off"),
            ("max_parallel_workers_per_gather", "0"),
        ];
        Some(
            settings
                .map(|(name, value)| format!("set local {name} = {value}"))
                .join("; "),
        )
    }
}
