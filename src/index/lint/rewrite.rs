//! A query in words that an index serves. What comes out is a candidate: it is shown only once its plan uses an index.

use std::ops::Range;

use super::cause::Cause;
use super::clause::{Clause, Limit, Query, edited, items, queries};
use super::distance::{Distance, distances, names_column, replaced_column};
use super::facts::{Fit, key};
use super::token::{Kind, Words, folded};
use crate::catalog::{VectorColumn, VectorExtension};
use crate::index_build::Found;
use crate::vector::{ElementType, Metric};

/// What to make of a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal<'f> {
    /// The index that is to serve it.
    pub(super) index: &'f Found,
    pub(super) metric: Metric,
    /// Whether the query compares what the index holds.
    pub(super) is_key: bool,
    pub(super) column: &'f VectorColumn,
    pub(super) extension: &'f VectorExtension,
    /// The LIMIT where it has none.
    pub(super) rows: u32,
}

/// The index that a query could use with the least change; partial ones and those of other metrics last.
pub(super) fn target<'f>(fits: &[Fit<'f>]) -> Option<Fit<'f>> {
    let usable = fits
        .iter()
        .filter(|fit| fit.index.is_valid && !fit.index.is_partitioned);
    usable
        .min_by_key(|fit| (fit.index.predicate.is_some(), !fit.is_metric, !fit.is_key))
        .copied()
}

/// Whether other words for the query do away with a cause.
pub(super) fn helps(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::DescendingOrder
            | Cause::WrappedDistance
            | Cause::DistanceFunction
            | Cause::MetricMismatch
            | Cause::ExpressionMismatch
            | Cause::PartialIndex
            | Cause::MissingLimit
            | Cause::LimitNull
            | Cause::DistanceThreshold
            | Cause::NotOrdered
            | Cause::OrderedOutside
    )
}

/// Texts to try, the likeliest first.
pub(super) fn candidates(text: &str, goal: Goal<'_>) -> Vec<String> {
    let words = Words::of(text);
    let queries = queries(&words);
    let found = distances(&words);
    let outer = queries.last().map(|query| query.limit(&words));
    let mut candidates = Vec::new();
    for query in &queries {
        if query.clause(Clause::Union).is_some() || query.clause(Clause::GroupBy).is_some() {
            continue;
        }
        let on_column = |distance: &&Distance| {
            query.words.contains(&distance.word)
                && operands(&words, distance, goal.column.column.as_str()).is_some()
        };
        let Some(distance) = found.iter().find(on_column) else {
            continue;
        };
        for qualified in [false, true] {
            let Some(order) = ordering(&words, distance, goal, qualified) else {
                continue;
            };
            let candidate = changed(&words, query, &order, goal, outer);
            if candidate != text && !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
    }
    candidates
}

/// How the result of the rewritten query differs from what the query says.
pub(super) fn differences(causes: &[Cause], fit: Fit<'_>, original: Metric, rows: u32) -> Vec<String> {
    let mut differences = Vec::new();
    let mut say = |difference: String| differences.push(difference);
    if causes.contains(&Cause::DescendingOrder) {
        say("the nearest rows come first instead of the farthest".to_owned());
    }
    if causes.contains(&Cause::WrappedDistance) {
        say("rows without an embedding are not returned; with DESC they came first".to_owned());
    }
    if !fit.is_metric {
        let metric = fit.index.metric().map_or("another metric", Metric::name);
        say(format!("nearness is measured by {metric} instead of {original}"));
    }
    if !fit.is_key {
        say(format!(
            "rows are ordered by `{}`: where it is less exact than the column, take more rows in an inner query and order those by the column's distance",
            key(fit.index)
        ));
    }
    if let Some(predicate) = &fit.index.predicate {
        say(format!("only rows where {predicate} are returned"));
    }
    let unlimited = [
        Cause::MissingLimit,
        Cause::LimitNull,
        Cause::DistanceThreshold,
        Cause::NotOrdered,
    ];
    if causes.iter().any(|cause| unlimited.contains(cause)) {
        say(format!("at most {rows} rows are returned; put your own number"));
    }
    differences
}

/// The distance as the index serves it.
pub(super) fn ordering(
    words: &Words<'_>,
    distance: &Distance,
    goal: Goal<'_>,
    qualified: bool,
) -> Option<String> {
    let (column_side, other) = operands(words, distance, goal.column.column.as_str())?;
    let reference = reference(column_side, goal.column.column.as_str())?;
    let (left, right) = if goal.is_key {
        (column_side.to_owned(), other.to_owned())
    } else {
        let element = goal.column.element;
        let type_name = match (goal.column.dimensions, element) {
            (Some(count), ElementType::Bit) => format!("bit({count})"),
            (_, ElementType::Bit) => "varbit".to_owned(),
            (Some(count), _) => format!("{}({count})", typed(goal, element, qualified)),
            (None, _) => typed(goal, element, qualified),
        };
        let value = format!("({})::{type_name}", without_casts(other));
        match &goal.index.expression {
            None => (reference.to_owned(), value),
            Some(expression) => (
                replaced_column(expression, goal.column.column.as_str(), reference),
                replaced_column(expression, goal.column.column.as_str(), &value),
            ),
        }
    };
    let operator = goal.metric.operator();
    let written = words.text.get(distance.operator.clone()).unwrap_or_default();
    let operator = if qualified || written.len() > operator.len() {
        format!("operator({}.{operator})", goal.extension.schema.plain())
    } else {
        operator.to_owned()
    };
    Some(format!("{left} {operator} {right}"))
}

fn typed(goal: Goal<'_>, element: ElementType, qualified: bool) -> String {
    if qualified {
        format!("{}.{element}", goal.extension.schema.plain())
    } else {
        element.to_string()
    }
}

/// The query with that order, a LIMIT, and the condition of a partial index.
fn changed(words: &Words<'_>, query: &Query, order: &str, goal: Goal<'_>, outer: Option<Limit>) -> String {
    const AFTER_ORDER: [Clause; 4] = [Clause::Limit, Clause::Offset, Clause::Fetch, Clause::Locking];
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    if let Some(predicate) = &goal.index.predicate {
        edits.push(match query.clause(Clause::Where) {
            Some(condition) => {
                let at = words.span(condition);
                let condition = words.text.get(at.clone()).unwrap_or_default();
                (at, format!("({condition}) and {predicate}"))
            }
            None => {
                let later = [Clause::Having, Clause::Window, Clause::OrderBy];
                let at = query.before(words, &[&later[..], &AFTER_ORDER[..]].concat());
                (at..at, spaced(words.text, at, &format!("where {predicate}")))
            }
        });
    }
    let mut added = String::new();
    match query.clause(Clause::OrderBy) {
        Some(clause) => {
            let first = items(words, clause).into_iter().next().unwrap_or(0..0);
            edits.push((words.span(first), order.to_owned()));
        }
        None => added = format!("order by {order} "),
    }
    let rows = match (query.limit(words), outer) {
        (Limit::None, Some(Limit::Rows(rows))) => Some(rows.to_string()),
        (Limit::None, _) => Some(goal.rows.to_string()),
        _ => None,
    };
    match (query.limit(words), query.clause(Clause::Limit)) {
        (Limit::All, Some(clause)) => edits.push((words.span(clause), goal.rows.to_string())),
        _ => added.push_str(&rows.map_or_else(String::new, |rows| format!("limit {rows}"))),
    }
    if !added.is_empty() {
        let at = query.before(words, &AFTER_ORDER);
        edits.push((at..at, spaced(words.text, at, added.trim_end())));
    }
    edited(words.text, edits)
}

/// An insertion with a blank on the sides where the text has none.
fn spaced(text: &str, at: usize, insertion: &str) -> String {
    let blank = |character: Option<char>| character.is_none_or(|c| c.is_whitespace() || c == ')' || c == ';');
    let before = if text[..at].ends_with(char::is_whitespace) {
        ""
    } else {
        " "
    };
    let after = if blank(text[at..].chars().next()) { "" } else { " " };
    format!("{before}{insertion}{after}")
}

/// The operand that names the column, and the other one.
pub(super) fn operands<'t>(
    words: &Words<'t>,
    distance: &Distance,
    column: &str,
) -> Option<(&'t str, &'t str)> {
    let left = words.text.get(distance.left.clone())?;
    let right = words.text.get(distance.right.clone())?;
    if names_column(left, None, column) {
        Some((left, right))
    } else {
        names_column(right, None, column).then_some((right, left))
    }
}

/// The column as the query writes it, with its alias.
pub(super) fn reference<'t>(operand: &'t str, column: &str) -> Option<&'t str> {
    let words = Words::of(operand);
    let mut names = (0..words.tokens.len())
        .filter(|&at| words.kind(at) == Some(Kind::Name) && folded(words.text_of(at)) == column);
    let at = names.next()?;
    let mut start = at;
    while start >= 2 && words.is(start - 1, ".") {
        start -= 2;
    }
    operand.get(words.span(start..at + 1))
}

/// An operand without the casts at its end.
fn without_casts(operand: &str) -> &str {
    let words = Words::of(operand);
    let cast = (0..words.tokens.len()).find(|&at| words.is(at, "::") && words.depth(at) == 0);
    cast.map_or(operand, |at| operand[..words.span(at..at + 1).start].trim_end())
}
