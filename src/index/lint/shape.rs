//! What a plan does with vectors: which tables it scans, and where their distances stand.

use super::distance::{distances, names_column};
use super::facts::Facts;
use super::order::{SortKey, grows, is_bare, sort_key};
use super::token::Words;
use crate::sql::{Node, Plan};
use crate::vector::Metric;

/// A plan, read for its vectors.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) scans: Vec<Scan>,
    pub(super) uses: Vec<Use>,
    /// Functions that return rows, as `(schema, name)`: what they do is not in the plan.
    pub(super) functions: Vec<(String, String)>,
    /// Whether rows are sorted by something that is not seen to be a distance.
    pub(super) sorts_something: Option<String>,
    /// Whether rows are grouped, numbered or made distinct.
    pub(super) groups: bool,
}

/// A scan of a table that has vectors.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) alias: String,
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) kind: String,
    pub(super) index: Option<String>,
    /// Whether a vector index gives the order.
    pub(super) is_ordered: bool,
    pub(super) index_condition: Option<String>,
    pub(super) filter: Option<String>,
    pub(super) rows: f64,
    /// What the statement calls the partitioned table that it is a part of.
    pub(super) part_of: Option<String>,
}

/// A distance on a column of a scan.
#[derive(Debug, Clone)]
pub(super) struct Use {
    /// The place of its scan.
    pub(super) scan: usize,
    pub(super) column: String,
    pub(super) metric: Metric,
    pub(super) is_function: bool,
    /// The operand that holds the column.
    pub(super) operand: String,
    /// The other one.
    pub(super) other: String,
    pub(super) place: Place,
}

/// Where a distance stands; the likeliest cause of a scan first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// An index scan's order.
    Index,
    /// A sort's key.
    Sort {
        key: SortKey,
        is_bare: bool,
        /// Whether the nearest rows come first, where that can be told.
        nearest_first: Option<bool>,
        /// Whether nothing is sorted by before it.
        is_first: bool,
        /// Whether a LIMIT stops the sort.
        is_limited: bool,
        /// Whether the rows of a join are sorted.
        is_over_join: bool,
    },
    /// A condition that rows must meet.
    Condition(String),
    /// A column of the result.
    Output,
}

impl Shape {
    /// Reads a plan.
    pub(super) fn read(plan: &Plan, facts: &Facts) -> Self {
        let mut shape = Self::default();
        shape.find_scans(&plan.root, false, facts);
        shape.find_uses(&plan.root, false, facts);
        shape
    }

    /// The uses of a scan.
    pub(super) fn uses_of(&self, scan: usize) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(move |found| found.scan == scan)
    }

    /// Whether the rows of a scan are those whose neighbours an index gives, one row after the other.
    pub(super) fn is_looked_up_for(&self, scan: usize) -> bool {
        let Some(own) = self.scans.get(scan).filter(|own| !own.is_ordered) else {
            return false;
        };
        let by_index = self
            .uses
            .iter()
            .filter(|found| found.place == Place::Index && found.scan != scan);
        by_index.into_iter().any(|found| {
            self.uses_of(scan)
                .any(|mine| names_column(&found.other, Some(&own.alias), &mine.column))
        })
    }

    /// The scans whose distances are used; of a partitioned table's one stands for all, one without an index first.
    pub(super) fn compared(&self) -> impl Iterator<Item = (usize, &Scan)> {
        let uses = |at: usize, scan: &Scan| scan.is_ordered || self.uses_of(at).next().is_some();
        self.scans.iter().enumerate().filter(move |&(at, scan)| {
            let stands_for = |other: &(usize, &Scan)| {
                other.1.part_of == scan.part_of
                    && uses(other.0, other.1)
                    && (other.1.is_ordered, other.0) < (scan.is_ordered, at)
            };
            uses(at, scan)
                && (scan.part_of.is_none() || !self.scans.iter().enumerate().any(|other| stands_for(&other)))
        })
    }

    fn find_scans(&mut self, node: &Node, is_part: bool, facts: &Facts) {
        let verbose = &node.verbose;
        if let (Some(schema), Some(table)) = (&verbose.schema, &node.relation)
            && facts.has_vectors(schema, table)
        {
            let alias = verbose.alias.as_ref().unwrap_or(table);
            self.scans.push(Scan {
                alias: alias.clone(),
                part_of: is_part.then(|| numberless(alias).to_owned()),
                schema: schema.clone(),
                table: table.clone(),
                kind: node.kind.clone(),
                // The index of a bitmap scan is named by the node below.
                index: node.index.clone().or_else(|| bitmap_index(node)),
                is_ordered: node.order_by.is_some() && node.index.is_some(),
                index_condition: verbose.index_condition.clone().or_else(|| bitmap_condition(node)),
                filter: node.filter.clone(),
                rows: verbose.estimated_rows.unwrap_or(0.0),
            });
        }
        if let (Some(schema), Some(function)) = (&verbose.schema, &verbose.function) {
            self.functions.push((schema.clone(), function.clone()));
        }
        self.groups |= ["Aggregate", "WindowAgg", "Unique", "Group"].contains(&node.kind.as_str());
        let has_parts = node.kind.ends_with("Append");
        for child in &node.children {
            self.find_scans(child, has_parts, facts);
        }
    }

    fn find_uses(&mut self, node: &Node, is_limited: bool, facts: &Facts) {
        let verbose = &node.verbose;
        let is_limited = is_limited && !verbose.is_apart;
        if let Some(order) = &node.order_by {
            self.add(order, &Place::Index, facts);
        }
        for (place, text) in verbose.sort_key.iter().enumerate() {
            let key = sort_key(text);
            let found = self.add(
                &key.expression,
                &Place::Sort {
                    is_bare: is_bare(&key.expression),
                    nearest_first: grows(&key.expression).map(|grows| grows != key.descending),
                    is_first: place == 0,
                    is_limited,
                    is_over_join: joins(node),
                    key: key.clone(),
                },
                facts,
            );
            if !found {
                self.sorts_something = Some(text.clone());
            }
        }
        if let Some(filter) = &node.filter {
            self.add(filter, &Place::Condition(filter.clone()), facts);
        }
        for output in &verbose.output {
            self.add(output, &Place::Output, facts);
        }
        let stops = [
            "Sort",
            "Incremental Sort",
            "Aggregate",
            "WindowAgg",
            "Unique",
            "Group",
            "Hash",
            "Materialize",
        ];
        let below = match node.kind.as_str() {
            "Limit" => true,
            kind if stops.contains(&kind) => false,
            _ => is_limited,
        };
        for child in &node.children {
            self.find_uses(child, below, facts);
        }
    }

    /// Enters the distances of an expression that are on columns of scans.
    fn add(&mut self, expression: &str, place: &Place, facts: &Facts) -> bool {
        let words = Words::of(expression);
        let mut found_any = false;
        for distance in distances(&words) {
            let (left, right) = (
                expression.get(distance.left.clone()).unwrap_or_default(),
                expression.get(distance.right.clone()).unwrap_or_default(),
            );
            for (operand, other) in [(left, right), (right, left)] {
                let scans = self.scans_of(operand, facts);
                if scans.is_empty() {
                    continue;
                }
                found_any = true;
                self.uses.extend(scans.into_iter().map(|(scan, column)| Use {
                    scan,
                    column,
                    metric: distance.metric,
                    is_function: distance.is_function,
                    operand: operand.to_owned(),
                    other: other.to_owned(),
                    place: place.clone(),
                }));
                break;
            }
        }
        found_any
    }

    /// The scans whose column an operand names: one, or every part of a partitioned table.
    fn scans_of(&self, operand: &str, facts: &Facts) -> Vec<(usize, String)> {
        let named = |alias: fn(&Scan) -> Option<&str>| -> Vec<(usize, String)> {
            let column = |(at, scan): (usize, &Scan)| {
                let alias = alias(scan)?;
                let columns = facts.columns(&scan.schema, &scan.table);
                let mut columns = columns.into_iter();
                let column = columns.find(|column| names_column(operand, Some(alias), column))?;
                Some((at, column.to_owned()))
            };
            self.scans.iter().enumerate().filter_map(column).collect()
        };
        let mut found = named(|scan| Some(&scan.alias));
        found.truncate(1);
        if found.is_empty() {
            found = named(|scan| scan.part_of.as_deref());
        }
        found
    }
}

/// An alias without the number by which the server tells the parts of a table apart.
fn numberless(alias: &str) -> &str {
    match alias.rsplit_once('_') {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            name
        }
        _ => alias,
    }
}

fn joins(node: &Node) -> bool {
    let is_join = |kind: &str| kind.ends_with("Join") || kind == "Nested Loop";
    node.children
        .iter()
        .any(|child| !child.verbose.is_apart && (is_join(&child.kind) || joins(child)))
}

fn bitmap_index(node: &Node) -> Option<String> {
    let mut below = node
        .children
        .iter()
        .filter(|child| child.kind.starts_with("Bitmap"));
    below.find_map(|child| child.index.clone().or_else(|| bitmap_index(child)))
}

fn bitmap_condition(node: &Node) -> Option<String> {
    let mut below = node
        .children
        .iter()
        .filter(|child| child.kind.starts_with("Bitmap"));
    below.find_map(|child| {
        child
            .verbose
            .index_condition
            .clone()
            .or_else(|| bitmap_condition(child))
    })
}
