//! What the catalog and plain EXPLAIN say before anything is measured: whether the index is used at all, and from which
//! `ef_search` on the planner prefers to read the whole table.

use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use crate::catalog::Target;
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Plan};
use crate::vector::ElementType;

/// The largest `hnsw.ef_search`.
const MOST: u16 = 1_000;

/// What is known of the index that is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preflight {
    /// Its name.
    pub index: String,
    /// The links of each element.
    pub m: u32,
    /// How many candidates a row's links were chosen from when it was built.
    pub ef_construction: u32,
    /// Its size.
    pub bytes: i64,
    /// How often it was used since the statistics were reset.
    pub scans: i64,
    /// `hnsw.ef_search` as this role's sessions have it.
    pub ef_search: u16,
    /// The largest `ef_search` with which the planner takes the index; none where it never does.
    pub last_used_ef: Option<u16>,
    /// About how many rows the table has; negative where nobody counted yet.
    pub estimated_rows: f64,
}

/// Looks at the HNSW index that serves the target, inside a read transaction. Nothing is run, only planned.
pub async fn preflight(connection: &mut PgConnection, on: &Target, k: u32) -> Result<Preflight> {
    let index = on
        .index()
        .filter(|index| index.method == "hnsw")
        .ok_or_else(|| {
            Error::precondition(format!(
                "`{}.{}` has no valid HNSW index that serves the {} distance",
                on.table.plain(),
                on.embedding.plain(),
                on.metric
            ))
            .hint("Run `vecops index create`, or let `vecops index tune --level rebuild` say with which parameters.")
        })?;
    sql::run(connection, on.extension.load_library())
        .await
        .context("load pgvector")?;
    let usage = sql::fixed(include_str!("../../sql/tune/usage.sql"))
        .bind(index.schema.as_str())
        .bind(index.name.as_str())
        .fetch_optional(&mut *connection)
        .await
        .context("read how often the index is used")?;
    let (scans, ef_search) = match usage {
        Some(row) => (
            row.try_get("scans")?,
            row.try_get::<Option<String>, _>("ef_search")?,
        ),
        None => (0, None),
    };
    Ok(Preflight {
        m: index.option("m").unwrap_or(16),
        ef_construction: index.option("ef_construction").unwrap_or(64),
        bytes: index.bytes,
        scans,
        ef_search: ef_search.and_then(|text| text.parse().ok()).unwrap_or(40),
        last_used_ef: last_used_ef(connection, on, k).await?,
        estimated_rows: on.estimated_rows,
        index: index.name.clone(),
    })
}

/// The largest `ef_search` with which the planner takes the index, by halving: its costs grow with it.
async fn last_used_ef(connection: &mut PgConnection, on: &Target, k: u32) -> Result<Option<u16>> {
    if is_used(connection, on, k, MOST).await? {
        return Ok(Some(MOST));
    }
    if !is_used(connection, on, k, 1).await? {
        return Ok(None);
    }
    let (mut used, mut unused) = (1, MOST);
    while unused - used > 1 {
        let middle = u16::midpoint(used, unused);
        if is_used(connection, on, k, middle).await? {
            used = middle;
        } else {
            unused = middle;
        }
    }
    Ok(Some(used))
}

async fn is_used(connection: &mut PgConnection, on: &Target, k: u32, ef_search: u16) -> Result<bool> {
    sql::fixed(include_str!("../../sql/tune/set_ef_search.sql"))
        .bind(ef_search.to_string())
        .execute(&mut *connection)
        .await
        .context("set how far the index looks")?;
    let schema = on.extension.schema.to_string();
    let distance = on
        .metric
        .indexed_distance(&schema, &format!("t.{}", on.embedding), &any_vector(on));
    let query = format!(
        "explain (format json) select t.{} from {} t order by {distance} limit {k}",
        on.id.name, on.table
    );
    let row = sql::dynamic(query).fetch_one(connection).await;
    let document: Value = row
        .and_then(|row| row.try_get(0))
        .with_context(|| format!("ask how a query on `{}` would run", on.table.plain()))?;
    let plan = Plan::from_json(&document)
        .ok_or_else(|| Error::bug("EXPLAIN returned a document of another shape"))?;
    Ok(plan.ordering_index().is_some())
}

/// Some vector of the column's type: costs do not depend on which.
fn any_vector(on: &Target) -> String {
    let dimensions = usize::try_from(on.dimensions.unwrap_or(1)).unwrap_or(1);
    let (text, type_name) = match on.element {
        ElementType::Bit => ("1".repeat(dimensions), "pg_catalog.varbit".to_owned()),
        ElementType::Sparsevec => (
            format!("{{1:1}}/{dimensions}"),
            on.extension.type_name(on.element),
        ),
        ElementType::Vector | ElementType::Halfvec => (
            format!("[{}]", vec!["1"; dimensions].join(",")),
            on.extension.type_name(on.element),
        ),
    };
    format!("{}::{type_name}", sql::literal(&text))
}
