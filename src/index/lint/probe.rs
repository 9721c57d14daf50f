//! What only the server can tell: whether the index could be used at all, and where the planner turns away from it.

use sqlx::{FromRow, PgConnection};

use super::clause::with_limit;
use super::desk::Desk;
use super::distance::distances;
use super::examine::Case;
use super::facts::Facts;
use super::shape::Shape;
use super::token::Words;
use crate::error::Result;

/// The settings that decide how an index is scanned, as they are for a query.
#[derive(Debug, Clone, Default, FromRow)]
pub(super) struct ScanSettings {
    pub(super) ef_search: Option<String>,
    pub(super) hnsw_iterative: Option<String>,
    pub(super) index_scan: String,
}

impl ScanSettings {
    /// How many candidates a scan keeps.
    pub(super) fn ef_search(&self) -> u32 {
        self.ef_search
            .as_ref()
            .and_then(|ef| ef.parse().ok())
            .unwrap_or(40)
    }

    /// Whether a scan ends with its first candidates.
    pub(super) fn ends_early(&self) -> bool {
        self.hnsw_iterative.as_ref().is_none_or(|mode| mode == "off")
    }
}

/// Up to where the planner uses the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Flip {
    /// The largest `hnsw.ef_search` with which the planner uses the index; none where it never does.
    pub index_up_to: Option<u32>,
    /// The largest that was asked about.
    pub asked_up_to: u32,
}

/// The largest `hnsw.ef_search`.
pub(super) const MOST_EF: u32 = 1_000;

/// The settings that make every way but an index scan dear.
pub(super) fn forced() -> [(&'static str, String); 4] {
    [
        "enable_seqscan",
        "enable_sort",
        "enable_bitmapscan",
        "enable_incremental_sort",
    ]
    .map(|name| (name, "off".to_owned()))
}

/// Whether a plan takes the order of a table from a vector index; its name.
pub(super) fn serving(shape: &Shape, schema: &str, table: &str) -> Option<String> {
    let scan = shape
        .scans
        .iter()
        .find(|scan| scan.is_ordered && scan.schema == schema && scan.table == table)?;
    scan.index.clone()
}

/// The plan under some settings, read for its vectors.
pub(super) async fn shape(
    desk: &mut Desk<'_>,
    settings: &[(&str, String)],
    facts: &Facts,
) -> Result<Option<Shape>> {
    let plan = desk.explain(settings).await?;
    Ok(plan.ok().map(|plan| Shape::read(&plan, facts)))
}

/// Finds the largest `hnsw.ef_search` with which the planner uses an index on the table, by asking it.
pub(super) async fn flip(desk: &mut Desk<'_>, facts: &Facts, schema: &str, table: &str) -> Result<Flip> {
    let mut uses = async |ef: u32| -> Result<bool> {
        let shape = shape(desk, &[("hnsw.ef_search", ef.to_string())], facts).await?;
        Ok(shape.is_some_and(|shape| serving(&shape, schema, table).is_some()))
    };
    let found = |index_up_to| Flip {
        index_up_to,
        asked_up_to: MOST_EF,
    };
    if uses(MOST_EF).await? {
        return Ok(found(Some(MOST_EF)));
    }
    if !uses(1).await? {
        return Ok(found(None));
    }
    let (mut uses_it, mut does_not) = (1, MOST_EF);
    while does_not - uses_it > 1 {
        let middle = uses_it.midpoint(does_not);
        if uses(middle).await? {
            uses_it = middle;
        } else {
            does_not = middle;
        }
    }
    Ok(found(Some(uses_it)))
}

/// Up to which LIMIT the planner uses the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LimitFlip {
    /// The LIMIT that the query was planned with.
    pub limit: u64,
    /// The largest with which the planner uses the index; none where it does not with any.
    pub index_up_to: Option<u64>,
}

/// Finds the largest LIMIT with which the planner uses an index on the table, by asking it: below the query's own where
/// that is above, else up to twice as large; none where the query has no number there, or twice as many rows change nothing.
pub(super) async fn limit_flip(
    connection: &mut PgConnection,
    case: &Case<'_>,
    (schema, table): (&str, &str),
    limit: u64,
) -> Result<Option<LimitFlip>> {
    let words = Words::of(&case.text);
    let places: Vec<usize> = distances(&words).iter().map(|distance| distance.word).collect();
    let mut uses = async |rows: u64| -> Result<Option<bool>> {
        let Some(text) = with_limit(&case.text, &places, rows) else {
            return Ok(None);
        };
        let statement = case.subject.prepared(&text, &case.types);
        let Ok(mut desk) = Desk::open(&mut *connection, &statement, case.subject.settings()).await? else {
            return Ok(None);
        };
        let shape = shape(&mut desk, &[], case.facts).await?;
        desk.close().await?;
        Ok(Some(
            shape.is_some_and(|shape| serving(&shape, schema, table).is_some()),
        ))
    };
    let found = |index_up_to| Ok(Some(LimitFlip { limit, index_up_to }));
    let Some(is_served) = uses(limit).await? else {
        return Ok(None);
    };
    let (mut uses_it, mut does_not) = if is_served {
        (limit, limit.saturating_mul(2))
    } else {
        (1, limit)
    };
    if is_served && uses(does_not).await? != Some(false) {
        return Ok(None);
    }
    if !is_served && (limit == 1 || uses(uses_it).await? != Some(true)) {
        return found(None);
    }
    while does_not - uses_it > 1 {
        let middle = uses_it.midpoint(does_not);
        if uses(middle).await? == Some(true) {
            uses_it = middle;
        } else {
            does_not = middle;
        }
    }
    found(Some(uses_it))
}
