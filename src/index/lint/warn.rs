//! What can go wrong with a query that uses its index: too few rows, an index that a setting would turn off, statistics.

use super::cause::{Cause, Finding};
use super::clause::Limit;
use super::distance::distances;
use super::facts::{Facts, TableRow, named};
use super::probe::{Flip, LimitFlip, ScanSettings};
use super::shape::Scan;
use super::token::Words;

/// How much smaller than its table the planner takes what passes a condition that it knows nothing of.
const UNKNOWN_CONDITION: f64 = 3.0;

/// Warnings about the rows that an index scan returns.
pub(super) fn about_rows(scan: &Scan, facts: &Facts, settings: &ScanSettings, limit: Limit) -> Vec<Finding> {
    let index = scan
        .index
        .as_ref()
        .and_then(|name| facts.index(&scan.schema, name));
    if index.is_none_or(|index| index.method != "hnsw") || !settings.ends_early() {
        return Vec::new();
    }
    let ef = settings.ef_search();
    let Limit::Rows(asked) = limit else {
        return Vec::new();
    };
    let iterative = if settings.hnsw_iterative.is_some() {
        "set hnsw.iterative_scan = strict_order"
    } else {
        "update pgvector to 0.8 and set hnsw.iterative_scan = strict_order"
    };
    let mut findings = Vec::new();
    if asked > u64::from(ef) {
        findings.push(
            Cause::EfBelowLimit
                .warns(format!(
                    "the query asks for {asked} rows and an index scan finds {ef} candidates (hnsw.ef_search), so it returns about {ef}"
                ))
                .evidence(format!("LIMIT {asked}, hnsw.ef_search {ef}, hnsw.iterative_scan off"))
                .fix(format!("set hnsw.ef_search = {}", asked.clamp(1, 1_000)))
                .fix(iterative),
        );
    }
    let table = facts.table(&scan.schema, &scan.table);
    if let (Some(filter), Some(table)) = (&scan.filter, table)
        && let Some(kept) = kept_share(scan, filter, table)
    {
        let expected = kept * f64::from(ef);
        #[expect(clippy::cast_precision_loss, reason = "a LIMIT is small")]
        let asked_rows = asked as f64;
        if expected < asked_rows {
            findings.push(
                Cause::FilterStarvation
                    .warns(format!(
                        "the filter is applied to the {ef} candidates of the index scan (hnsw.ef_search); it keeps about {:.1} % of the rows, so about {expected:.1} of the {asked} rows come",
                        kept * 100.0
                    ))
                    .evidence(format!("Filter: {filter}"))
                    .fix(iterative)
                    .fix("or build a partial index for the filter: vecops index create ... --where 'CONDITION' --name NAME"),
            );
        }
    }
    findings
}

/// The share of the rows that pass a scan's filter, as the planner thinks; none for a distance's bound alone, which it
/// guesses blindly.
fn kept_share(scan: &Scan, filter: &str, table: &TableRow) -> Option<f64> {
    if table.rows <= 0.0 {
        return None;
    }
    let words = Words::of(filter);
    let share = (scan.rows / table.rows).min(1.0);
    if distances(&words).is_empty() {
        return Some(share);
    }
    let is_alone = !(0..words.tokens.len()).any(|at| words.is(at, "and") && words.depth(at) <= 1);
    (!is_alone).then(|| (share * UNKNOWN_CONDITION).min(1.0))
}

/// A warning where a somewhat larger `ef_search` turns the index off.
pub(super) fn about_flip(flip: Flip, settings: &ScanSettings) -> Option<Finding> {
    let ef = settings.ef_search();
    let up_to = flip.index_up_to?;
    (up_to < flip.asked_up_to && up_to < ef.saturating_mul(2)).then(|| {
        Cause::FlipNear
            .warns(format!(
                "hnsw.ef_search is {ef}; above {up_to} the planner reads every row instead"
            ))
            .fix("lower random_page_cost towards 1.1 where the data is on SSD, so that the planner keeps to the index")
    })
}

/// A warning where asking for somewhat more rows turns the index off.
pub(super) fn about_limit(flip: LimitFlip) -> Option<Finding> {
    let up_to = flip.index_up_to.filter(|&up_to| up_to >= flip.limit)?;
    Some(
        Cause::FlipNear
            .warns(format!(
                "the LIMIT is {}; above {up_to} the planner reads every row instead",
                flip.limit
            ))
            .fix("lower random_page_cost towards 1.1 where the data is on SSD, so that the planner keeps to the index"),
    )
}

/// A warning where the planner does not know the table.
pub(super) fn about_statistics(scan: &Scan, facts: &Facts) -> Option<Finding> {
    let table = facts.table(&scan.schema, &scan.table)?;
    let name = named(&[&scan.schema, &scan.table]);
    let never = !table.is_analyzed && table.bytes > 0;
    let stale = table.index_rows == 0.0 && (table.rows > 0.0 || table.bytes > 0);
    let explanation = if never {
        format!("`{name}` was never analysed: the planner guesses how many rows it has")
    } else if stale {
        format!(
            "a vector index of `{name}` was empty when it was last looked at: the planner takes a scan of it to read all of it"
        )
    } else {
        return None;
    };
    Some(
        Cause::StatisticsMissing
            .warns(explanation)
            .fix(format!("analyze {name}")),
    )
}
