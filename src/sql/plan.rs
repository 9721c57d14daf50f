//! What EXPLAIN says, read from its JSON format: which nodes ran, on which index, and what they cost.
//!
//! Fields: PostgreSQL documentation, "Using EXPLAIN"; an absent field means that the server did not measure it.

use serde::Serialize;
use serde_json::Value;

/// A plan as EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) gives it.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The topmost node.
    pub root: Node,
    /// Time to plan, in milliseconds.
    pub planning_ms: Option<f64>,
    /// Time to execute, in milliseconds.
    pub execution_ms: Option<f64>,
}

/// One node of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct Node {
    /// What it does, such as `Index Scan`.
    pub kind: String,
    /// The table it reads.
    pub relation: Option<String>,
    /// The index it uses.
    pub index: Option<String>,
    /// The order it asks an index for.
    pub order_by: Option<String>,
    /// The filter it applies to rows it has read.
    pub filter: Option<String>,
    /// Rows it returned, over all loops.
    pub rows: Option<f64>,
    /// Rows it read and threw away.
    pub rows_removed: Option<f64>,
    /// Time to its last row, in milliseconds.
    pub time_ms: Option<f64>,
    /// Pages found in the server's cache, children included.
    pub buffers_hit: Option<u64>,
    /// Pages read from outside it, children included.
    pub buffers_read: Option<u64>,
    /// What it looks like from outside the plan: names and expressions that EXPLAIN (VERBOSE) adds.
    #[serde(skip)]
    pub verbose: Verbose,
    /// The nodes that feed it.
    pub children: Vec<Node>,
}

/// What a node says of itself under VERBOSE, with every name in full.
#[derive(Debug, Clone, Default)]
pub struct Verbose {
    /// The schema of the table or function that it reads.
    pub schema: Option<String>,
    /// What the statement calls the table.
    pub alias: Option<String>,
    /// The function that it calls for rows.
    pub function: Option<String>,
    /// What it sorts by, each with its direction.
    pub sort_key: Vec<String>,
    /// What it returns.
    pub output: Vec<String>,
    /// The condition that it asks an index for.
    pub index_condition: Option<String>,
    /// Whether it is a plan of its own, such as a CTE's, rather than an input of the node above.
    pub is_apart: bool,
    /// The rows that the planner expects of one loop.
    pub estimated_rows: Option<f64>,
    /// What the planner thinks that it costs, children included.
    pub total_cost: Option<f64>,
}

impl Plan {
    /// Reads the document that EXPLAIN (FORMAT JSON) returns; `None` where it has another shape.
    pub fn from_json(document: &Value) -> Option<Self> {
        let top = document.get(0)?;
        Some(Self {
            root: Node::from_json(top.get("Plan")?)?,
            planning_ms: number(top, "Planning Time"),
            execution_ms: number(top, "Execution Time"),
        })
    }

    /// All nodes, from the top down.
    pub fn nodes(&self) -> Vec<&Node> {
        let mut nodes = vec![&self.root];
        let mut next = 0;
        while let Some(node) = nodes.get(next) {
            nodes.extend(&node.children);
            next += 1;
        }
        nodes
    }

    /// The index that gives the order: the vector index, where one is used.
    pub fn ordering_index(&self) -> Option<&str> {
        self.nodes()
            .into_iter()
            .find(|node| node.order_by.is_some())
            .and_then(|node| node.index.as_deref())
    }

    /// The plan as indented lines, one a node.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.root.write_lines(0, &mut lines);
        lines
    }
}

impl Node {
    fn from_json(node: &Value) -> Option<Self> {
        let text = |name: &str| node.get(name).and_then(Value::as_str).map(str::to_owned);
        let whole = |name: &str| node.get(name).and_then(Value::as_u64);
        let loops = number(node, "Actual Loops").unwrap_or(1.0);
        let children = node.get("Plans").and_then(Value::as_array);
        Some(Self {
            kind: text("Node Type")?,
            relation: text("Relation Name"),
            index: text("Index Name"),
            order_by: text("Order By"),
            filter: text("Filter"),
            rows: number(node, "Actual Rows").map(|rows| rows * loops),
            rows_removed: number(node, "Rows Removed by Filter").map(|rows| rows * loops),
            time_ms: number(node, "Actual Total Time"),
            buffers_hit: whole("Shared Hit Blocks"),
            buffers_read: whole("Shared Read Blocks"),
            verbose: Verbose::from_json(node),
            children: children
                .map(|nodes| nodes.iter().filter_map(Self::from_json).collect())
                .unwrap_or_default(),
        })
    }

    fn write_lines(&self, depth: usize, lines: &mut Vec<String>) {
        let mut line = format!("{}{}", "  ".repeat(depth), self.kind);
        let mut add = |part: Option<String>| line.push_str(&part.unwrap_or_default());
        add(self.index.as_ref().map(|index| format!(" using {index}")));
        add(self.relation.as_ref().map(|relation| format!(" on {relation}")));
        add(self.rows.map(|rows| format!("  rows {rows:.0}")));
        add(self
            .rows_removed
            .filter(|rows| *rows > 0.0)
            .map(|rows| format!("  removed by filter {rows:.0}")));
        add(self.time_ms.map(|time| format!("  {time:.2} ms")));
        add(self
            .buffers_hit
            .zip(self.buffers_read)
            .map(|(hit, read)| format!("  buffers {hit} hit, {read} read")));
        lines.push(line);
        for child in &self.children {
            child.write_lines(depth + 1, lines);
        }
    }
}

impl Verbose {
    fn from_json(node: &Value) -> Self {
        let text = |name: &str| node.get(name).and_then(Value::as_str).map(str::to_owned);
        let texts = |name: &str| {
            let values = node.get(name).and_then(Value::as_array);
            let owned = |values: &Vec<Value>| {
                let text = |value: &Value| value.as_str().map(str::to_owned);
                values.iter().filter_map(text).collect()
            };
            values.map(owned).unwrap_or_default()
        };
        Self {
            schema: text("Schema"),
            alias: text("Alias"),
            function: text("Function Name"),
            sort_key: texts("Sort Key"),
            output: texts("Output"),
            index_condition: text("Index Cond"),
            is_apart: text("Parent Relationship")
                .is_some_and(|relationship| matches!(relationship.as_str(), "InitPlan" | "SubPlan")),
            estimated_rows: number(node, "Plan Rows"),
            total_cost: number(node, "Total Cost"),
        }
    }
}

fn number(value: &Value, name: &str) -> Option<f64> {
    value.get(name).and_then(Value::as_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_ordering_index_is_found_below_other_nodes() {
        let document = json!([{ "Plan": { "Node Type": "Limit", "Plans": [{
            "Node Type": "Index Scan", "Index Name": "items_hnsw", "Relation Name": "items",
            "Order By": "(embedding <=> $1)", "Actual Rows": 5.0, "Actual Loops": 1.0,
            "Rows Removed by Filter": 35, "Actual Total Time": 0.5,
            "Shared Hit Blocks": 120, "Shared Read Blocks": 3 }] },
            "Planning Time": 0.1, "Execution Time": 0.6 }]);
        let plan = Plan::from_json(&document).unwrap();
        assert_eq!(plan.ordering_index(), Some("items_hnsw"));
        insta::assert_snapshot!(plan.lines().join("\n"), @"
        Limit
          Index Scan using items_hnsw on items  rows 5  removed by filter 35  0.50 ms  buffers 120 hit, 3 read
        ");
        assert!(Plan::from_json(&json!({})).is_none());
    }
}
