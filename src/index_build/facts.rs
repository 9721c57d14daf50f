//! What a build depends on: the server's limits and the table's size.

use serde::Serialize;
use sqlx::{FromRow, PgConnection};

use super::estimate::Layout;
use crate::error::{Context as _, Error, Result};
use crate::sql::{QualifiedName, fixed};

/// What the server gives to a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, FromRow)]
pub struct Server {
    /// `maintenance_work_mem`, in bytes.
    pub maintenance_work_mem: i64,
    /// `shared_buffers`, in bytes.
    pub shared_buffers: i64,
    /// `effective_cache_size`, in bytes.
    pub effective_cache_size: i64,
    /// `max_parallel_maintenance_workers`.
    pub maintenance_workers: i32,
    /// The parallel workers that the whole server has.
    pub parallel_workers: i32,
    /// Whether pgvector builds in parallel without harm; before 0.8.2 such builds may crash or leak rows of other tables
    /// (CVE-2026-3172).
    pub parallel_is_safe: bool,
}

/// A table that an index is built on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableFacts {
    /// Its name.
    pub name: QualifiedName,
    /// Its oid.
    pub oid: i64,
    /// Whether it is partitioned.
    pub is_partitioned: bool,
    /// Its owner.
    pub owner: String,
    /// The role that is connected.
    pub role: String,
    /// Whether that role may do what the owner may.
    pub is_owner: bool,
    /// Whether that role may make an index in the table's schema.
    pub may_create: bool,
    /// How many rows the statistics and its size say it has now; none where nobody counted yet.
    pub rows: Option<u64>,
    /// The size of its rows, long values left out.
    pub heap_bytes: u64,
    /// Its size, long values included.
    pub table_bytes: u64,
    /// The share of its rows that have no vector, for each of its vector columns, as ANALYZE saw it.
    #[serde(skip)]
    pub without_vector: Vec<(String, f64)>,
}

#[derive(FromRow)]
struct TableRow {
    oid: i64,
    kind: String,
    owner: String,
    role: String,
    is_owner: bool,
    may_create: bool,
    rows_counted: f64,
    pages_counted: i64,
    heap_bytes: i64,
    table_bytes: i64,
    rows_live: i64,
    rows_dead: i64,
    vector_columns: Vec<String>,
    null_shares: Vec<f64>,
}

/// What the server gives.
pub async fn server(connection: &mut PgConnection) -> Result<Server> {
    let row = fixed(include_str!("../../sql/index_build/server.sql"))
        .fetch_one(connection)
        .await
        .context("read the server's limits")?;
    Ok(Server::from_row(&row)?)
}

/// The table of this name.
pub async fn table(connection: &mut PgConnection, name: &QualifiedName) -> Result<TableFacts> {
    let row = fixed(include_str!("../../sql/index_build/table.sql"))
        .bind(name.schema.as_str())
        .bind(name.name.as_str())
        .fetch_optional(connection)
        .await
        .with_context(|| format!("look at `{}`", name.plain()))?
        .ok_or_else(|| Error::precondition(format!("the table `{}` does not exist", name.plain())))?;
    let row = TableRow::from_row(&row)?;
    let size = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
    Ok(TableFacts {
        name: name.clone(),
        oid: row.oid,
        is_partitioned: row.kind == "p",
        rows: rows_now(&row),
        owner: row.owner,
        role: row.role,
        is_owner: row.is_owner,
        may_create: row.may_create,
        heap_bytes: size(row.heap_bytes),
        table_bytes: size(row.table_bytes),
        without_vector: row.vector_columns.into_iter().zip(row.null_shares).collect(),
    })
}

/// The rows that a table has, about; none where nobody counted them yet.
pub async fn rows(connection: &mut PgConnection, name: &QualifiedName) -> Result<u64> {
    Ok(table(connection, name).await?.rows.unwrap_or_default())
}

/// The rows counted, scaled to the pages that there are now, as the planner does it; where rows that died since then
/// explain the pages that came, those that live.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
fn rows_now(row: &TableRow) -> Option<u64> {
    if row.heap_bytes == 0 && row.kind != "p" {
        return Some(0);
    }
    if row.rows_counted < 0.0 {
        return None;
    }
    // A partitioned table has -1 pages.
    if row.pages_counted <= 0 {
        return (row.rows_counted > 0.0).then_some(row.rows_counted as u64);
    }
    let pages = (row.heap_bytes / 8_192) as f64;
    let by_pages = (row.rows_counted / row.pages_counted as f64 * pages) as i64;
    // The numbers of living and dead rows come a moment late, and start at nothing after a crash.
    let is_explained =
        by_pages.saturating_sub(row.rows_live) <= row.rows_dead.saturating_add(row.rows_dead / 4);
    let rows = if row.rows_live < by_pages && row.rows_dead > 0 && is_explained {
        row.rows_live
    } else {
        by_pages
    };
    u64::try_from(rows).ok()
}

impl TableFacts {
    /// The rows that a build meets; where nobody counted them, what the table's size says for values of this layout.
    pub fn estimated_rows(&self, layout: Option<Layout>) -> u64 {
        let value = match layout {
            Some(Layout::Hnsw(hnsw)) => hnsw.shape.datum(),
            Some(Layout::Ivfflat(ivfflat)) => ivfflat.shape.datum(),
            None => 1_024,
        };
        self.rows.unwrap_or(self.table_bytes / (value + 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rows_counted: f64, pages_counted: i64, pages: i64, (live, dead): (i64, i64)) -> TableRow {
        TableRow {
            oid: 1,
            kind: "r".to_owned(),
            owner: String::new(),
            role: String::new(),
            is_owner: true,
            may_create: true,
            rows_counted,
            pages_counted,
            heap_bytes: pages * 8_192,
            table_bytes: pages * 8_192,
            rows_live: live,
            rows_dead: dead,
            vector_columns: Vec::new(),
            null_shares: Vec::new(),
        }
    }

    #[test]
    fn rows_grow_with_the_pages_unless_the_dead_fill_them() {
        // Loaded since it was analysed; the statistics have not said so yet, or lost everything in a crash.
        assert_eq!(rows_now(&row(1_000.0, 100, 300, (1_000, 0))), Some(3_000));
        assert_eq!(rows_now(&row(1_000.0, 100, 300, (3_000, 0))), Some(3_000));
        assert_eq!(rows_now(&row(1_000.0, 100, 100, (20, 20))), Some(1_000));
        // Every row was updated, or most were deleted, and nobody has vacuumed yet.
        assert_eq!(rows_now(&row(1_000.0, 100, 200, (1_000, 1_000))), Some(1_000));
        assert_eq!(rows_now(&row(3_000.0, 300, 300, (1_000, 2_000))), Some(1_000));
        // Analysed after that: the rows counted are those that live.
        assert_eq!(rows_now(&row(1_000.0, 300, 300, (1_000, 2_000))), Some(1_000));
        assert_eq!(rows_now(&row(-1.0, 0, 10, (0, 0))), None);
        assert_eq!(rows_now(&row(5.0, 1, 0, (5, 0))), Some(0));
        let partitioned = TableRow {
            kind: "p".to_owned(),
            ..row(5_000.0, -1, 0, (0, 0))
        };
        assert_eq!(rows_now(&partitioned), Some(5_000));
    }
}
