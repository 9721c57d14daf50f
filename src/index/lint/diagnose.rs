//! The causes that a plan shows by itself. Pure: what the server must be asked again for is in `probe`.

use super::cause::{Cause, Finding};
use super::clause::Limit;
use super::facts::{Facts, Fit, key, named};
use super::shape::{Place, Scan, Shape, Use};
use super::token::{Kind, Words};
use crate::catalog::VectorColumn;
use crate::vector::Metric;

/// What a query asks for beside its plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) limit: Limit,
    /// Whether index scans are forbidden.
    pub(super) is_scan_disabled: bool,
}

/// Why a scan does not go through a vector index, as far as its plan shows.
pub(super) fn causes(shape: &Shape, at: usize, facts: &Facts, asked: Asked) -> Vec<Finding> {
    let Some(scan) = shape.scans.get(at) else {
        return Vec::new();
    };
    let Some(main) = shape.uses_of(at).min_by_key(|found| rank(&found.place)) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let fits = facts.fits(
        &scan.schema,
        &scan.table,
        &main.column,
        &main.operand,
        main.metric,
    );
    if asked.is_scan_disabled {
        findings.push(
            Cause::ScanDisabled
                .blocks("`enable_indexscan` is off, so the planner avoids every index scan")
                .fix("reset enable_indexscan"),
        );
    }
    findings.extend(index_causes(scan, main, &fits));
    findings.extend(place_causes(shape, main, asked));
    findings
}

fn rank(place: &Place) -> u8 {
    match place {
        Place::Index => 0,
        Place::Sort { .. } => 1,
        Place::Condition(_) => 2,
        Place::Output => 3,
    }
}

/// What is wrong with the indexes: there is none, an invalid one, one of another metric, expression or condition.
fn index_causes(scan: &Scan, main: &Use, fits: &[Fit<'_>]) -> Vec<Finding> {
    let column = named(&[&scan.schema, &scan.table, &main.column]);
    let create = format!("vecops index create {column} --metric {}", main.metric);
    let (valid, invalid): (Vec<_>, Vec<_>) = fits.iter().copied().partition(|fit| fit.index.is_valid);
    if valid.is_empty() {
        return vec![match invalid.first() {
            None => Cause::NoIndex
                .blocks(format!("no vector index is on `{column}`"))
                .fix(create),
            Some(fit) => Cause::InvalidIndex
                .blocks(format!(
                    "`{}` is invalid: writes keep it up to date, no query may use it",
                    fit.index.definition.qualified().plain()
                ))
                .fix("vecops index clean")
                .fix(create),
        }];
    }
    let by_key: Vec<Fit<'_>> = valid.iter().copied().filter(|fit| fit.is_key).collect();
    let mut findings = Vec::new();
    if by_key.is_empty() {
        let held: Vec<String> = valid.iter().map(|fit| described(*fit)).collect();
        findings.push(
            Cause::ExpressionMismatch
                .blocks(format!(
                    "the query compares `{}`, and an index serves only the very expression that it holds: {}",
                    main.operand,
                    held.join(", ")
                ))
                .evidence(format!(
                    "{} {} {}",
                    main.operand,
                    main.metric.operator(),
                    main.other
                )),
        );
    }
    let considered = if by_key.is_empty() { &valid } else { &by_key };
    let by_metric: Vec<Fit<'_>> = considered.iter().copied().filter(|fit| fit.is_metric).collect();
    if by_metric.is_empty() {
        findings.push(metric_mismatch(main, considered, create));
    } else if by_metric.iter().all(|fit| fit.index.predicate.is_some()) {
        findings.push(partial(&by_metric));
    }
    findings
}

fn metric_mismatch(main: &Use, considered: &[Fit<'_>], create: String) -> Finding {
    let served: Vec<String> = considered.iter().map(|fit| described(*fit)).collect();
    Cause::MetricMismatch
        .blocks(format!(
            "the query measures {} (`{}`), which no index on it serves: {}",
            main.metric,
            main.metric.operator(),
            served.join(", ")
        ))
        .evidence(format!(
            "{} {} {}",
            main.operand,
            main.metric.operator(),
            main.other
        ))
        .fix(create)
        .fix("or use the operator of the index, if the vectors were made for its metric")
}

fn partial(fits: &[Fit<'_>]) -> Finding {
    let mut finding = Cause::PartialIndex.blocks(
        "the index holds some rows only, and the query does not say that it wants no others; a parameter does not say it",
    );
    for fit in fits {
        let predicate = fit.index.predicate.as_deref().unwrap_or_default();
        let name = fit.index.definition.qualified().plain();
        finding = finding.evidence(format!("{name} where {predicate}")).fix(format!(
            "repeat the condition, with its constants: where {predicate}"
        ));
    }
    finding
}

/// An index as `name (embedding vector_cosine_ops)`.
fn described(fit: Fit<'_>) -> String {
    let index = fit.index;
    let name = index.definition.name.plain();
    format!("`{name}` ({} {})", key(index), index.opclass)
}

/// What is wrong with the way the distance is used.
fn place_causes(shape: &Shape, main: &Use, asked: Asked) -> Vec<Finding> {
    match &main.place {
        Place::Index => Vec::new(),
        Place::Sort { .. } => sort_causes(main, asked),
        Place::Condition(condition) => vec![
            Cause::DistanceThreshold
                .blocks("the query keeps rows by their distance and does not order by it, so every row's distance is computed")
                .evidence(condition)
                .fix("order by the distance and limit the rows; keep the condition to drop those that are too far"),
        ],
        Place::Output => vec![match (&shape.sorts_something, shape.groups) {
            (Some(key), false) => Cause::OrderedOutside
                .blocks("the distance is computed in one query and ordered by in another, which the planner keeps apart")
                .evidence(format!("Sort Key: {key}"))
                .fix("order and limit in the query that computes the distance"),
            (_, true) => Cause::Grouped
                .blocks("rows are grouped, numbered or made distinct, which takes every row's distance")
                .fix("take the nearest rows in an inner query with ORDER BY and LIMIT, and group those"),
            (None, false) => Cause::NotOrdered
                .blocks("the query computes distances and does not order by them")
                .fix("order by the distance and limit the rows"),
        }],
    }
}

fn sort_causes(main: &Use, asked: Asked) -> Vec<Finding> {
    let Place::Sort {
        key,
        is_bare,
        nearest_first,
        is_first,
        is_limited,
        ..
    } = &main.place
    else {
        return Vec::new();
    };
    let direction = if key.descending { " DESC" } else { "" };
    let evidence = format!("Sort Key: {}{direction}", key.expression);
    let mut findings = Vec::new();
    let operator = main.metric.operator();
    if *nearest_first == Some(false) {
        findings.push(
            Cause::DescendingOrder
                .blocks("the farthest rows come first, and an index gives the nearest first only")
                .evidence(&evidence)
                .fix(format!(
                    "order by the distance itself, ascending: order by ... {operator} ..."
                )),
        );
    } else if main.is_function {
        findings.push(
            Cause::DistanceFunction
                .blocks("the distance is a function's call, and an index serves operators only")
                .evidence(&evidence)
                .fix(format!("use the operator `{operator}`")),
        );
    } else if !is_bare || key.descending {
        findings.push(
            Cause::WrappedDistance
                .blocks("the rows are ordered by an expression over the distance, and an index gives the order of the distance itself, ascending")
                .evidence(&evidence)
                .fix("order by the distance itself; compute the similarity in the select list"),
        );
    }
    if !is_first {
        findings.push(
            Cause::OtherKeyFirst
                .blocks("the rows are ordered by something else before the distance")
                .evidence(&evidence)
                .fix("take the nearest rows in an inner query with ORDER BY and LIMIT, and order those anew outside"),
        );
    }
    if is_constant_missing(main) {
        findings.push(
            Cause::NoConstant
                .blocks("both sides of the distance change from row to row")
                .evidence(&evidence)
                .fix("look up the neighbours of each row: cross join lateral (select ... order by ... limit ...)"),
        );
    }
    match asked.limit {
        Limit::All => findings.push(limit_null("the LIMIT is NULL, which asks for every row")),
        Limit::None if !is_limited => findings.push(
            Cause::MissingLimit
                .blocks(
                    "without a LIMIT every row is asked for, and an index scan returns no more than it finds",
                )
                .evidence(&evidence)
                .fix("add a LIMIT"),
        ),
        _ => {}
    }
    findings
}

pub(super) fn limit_null(explanation: &str) -> Finding {
    Cause::LimitNull
        .blocks(explanation)
        .fix("give the parameter a default and a bound: limit least(coalesce(match_count, 10), 200)")
}

/// Whether the other side of the distance is a column, too.
fn is_constant_missing(main: &Use) -> bool {
    let words = Words::of(&main.other);
    let mut columns = (0..words.tokens.len()).filter(|&at| {
        words.is(at, ".") && at >= 1 && words.kind(at - 1) == Some(Kind::Name) && !words.is(at + 2, "(")
    });
    // `(InitPlan 1).col1` is a value.
    columns.next().is_some()
}

/// The query vector's dimensions against the column's, where a constant or a cast says them.
pub(super) fn dimensions(main: &Use, column: &VectorColumn) -> Option<Finding> {
    let expected = column.dimensions?;
    // What is made of the column may have other dimensions.
    if super::distance::normalized(&main.operand) != column.column.as_str() || main.metric == Metric::Hamming
    {
        return None;
    }
    let words = Words::of(&main.other);
    let by_constant = || {
        let text = words.text_of(0).trim_matches('\'');
        let inside = text.strip_prefix('[')?.strip_suffix(']')?;
        u32::try_from(inside.split(',').count()).ok()
    };
    let by_cast = || {
        let last = words.tokens.len().checked_sub(2)?;
        let is_cast = words.is(last + 1, ")") && words.is(last.checked_sub(1)?, "(");
        words
            .text_of(last)
            .parse()
            .ok()
            .filter(|_| is_cast && words.text_of(last - 2) != ",")
    };
    let found: u32 = if words.kind(0) == Some(Kind::Text) {
        by_constant()?
    } else {
        by_cast()?
    };
    (found != expected).then(|| {
        Cause::DimensionsDiffer
            .blocks(format!(
                "the query vector has {found} dimensions and `{}` has {expected}: the query fails as soon as there is a row",
                column.column.plain()
            ))
            .evidence(format!("{} {} {}", main.operand, main.metric.operator(), main.other))
            .fix("embed the question with the model that made the column's vectors, with the same dimensions")
    })
}
