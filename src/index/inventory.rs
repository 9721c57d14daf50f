//! Every vector index of the database with its size against a fresh one's, and every vector column without one.

use serde::Serialize;
use sqlx::{FromRow, PgConnection};

use super::deferred::deferred;
use super::held::held_now;
use super::lint::holds_column;
use super::reindex::bloat_percent;
use super::replace::{Replacement, replacements};
use crate::catalog::vector_columns;
use crate::error::{Context as _, Result};
use crate::index_build::{Definition, Found, facts, vector_indexes};
use crate::sql::{QualifiedName, fixed};

/// What there is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inventory {
    /// The vector indexes.
    pub indexes: Vec<Listed>,
    /// The vector columns that no valid index serves.
    pub without_index: Vec<Unserved>,
    /// The indexes that a load dropped and that wait to be built again.
    pub deferred: Vec<QualifiedName>,
    /// The indexes that are being replaced, and those whose old one is still kept.
    pub replacements: Vec<Replacement>,
}

/// A vector index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// The index.
    pub index: QualifiedName,
    /// What the catalog says of it.
    #[serde(flatten)]
    pub found: Found,
    /// Whether it serves queries, and if not, why.
    pub state: State,
    /// The rows that it holds, about.
    pub rows: Option<u64>,
    /// The size that a fresh one would have; none where that cannot be said.
    pub fresh_bytes: Option<u64>,
    /// How much larger it is, in percent.
    pub bloat_percent: Option<i64>,
    /// How often it was scanned since the statistics were reset.
    pub scans: i64,
    /// Its pages that were read, for scans, writes and builds together.
    pub blocks: i64,
    /// Those pages for each scan; too many where rows were written.
    pub blocks_per_scan: Option<i64>,
    /// How many of these the server had in memory, in percent.
    pub cached_percent: Option<i64>,
    /// When its table was last analysed.
    pub analyzed_at: Option<String>,
}

/// Whether an index serves queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It does.
    Valid,
    /// It is being built.
    Building,
    /// A build that failed has left it.
    Leftover,
    /// Some partitions have none yet.
    Incomplete,
}

/// A vector column that no index serves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unserved {
    /// The table.
    pub table: QualifiedName,
    /// The column.
    pub column: String,
    /// Its type.
    pub element: crate::vector::ElementType,
    /// Its dimensions, where its type says them.
    pub dimensions: Option<u32>,
    /// The rows of the table, about; none where nobody counted yet.
    pub rows: Option<u64>,
}

#[derive(FromRow)]
struct UseRow {
    oid: i64,
    scans: i64,
    hit: i64,
    read: i64,
    analyzed_at: Option<String>,
}

/// Looks at everything.
pub async fn inventory(connection: &mut PgConnection) -> Result<Inventory> {
    let found = vector_indexes(connection, None).await?;
    let usage = fixed(include_str!("../../sql/index/usage.sql"))
        .fetch_all(&mut *connection)
        .await
        .context("read the indexes' statistics")?;
    let usage = usage
        .iter()
        .map(UseRow::from_row)
        .collect::<Result<Vec<_>, _>>()?;
    let mut indexes = Vec::new();
    for index in found {
        let usage = usage.iter().find(|row| row.oid == index.oid);
        indexes.push(listed(connection, index, usage).await?);
    }
    let without_index = unserved(connection, &indexes).await?;
    let deferred = deferred(connection, None).await?;
    Ok(Inventory {
        indexes,
        without_index,
        deferred: deferred.iter().map(Definition::qualified).collect(),
        replacements: replacements(connection, None).await?,
    })
}

async fn listed(connection: &mut PgConnection, found: Found, usage: Option<&UseRow>) -> Result<Listed> {
    let table = facts::table(connection, &found.definition.table).await?;
    let rows = held_now(&table, &found);
    let fresh_bytes = found
        .definition
        .layout
        .filter(|_| found.is_valid && !found.is_partitioned)
        .zip(rows)
        .map(|(layout, rows)| layout.bytes(rows));
    let (hit, read) = usage.map_or((0, 0), |row| (row.hit, row.read));
    Ok(Listed {
        index: found.definition.qualified(),
        state: state(&found),
        rows,
        bloat_percent: fresh_bytes.and_then(|fresh| bloat_percent(found.bytes, fresh)),
        fresh_bytes,
        scans: usage.map_or(0, |row| row.scans),
        blocks: hit + read,
        blocks_per_scan: usage
            .filter(|row| row.scans > 0)
            .map(|row| (hit + read) / row.scans),
        cached_percent: (hit + read > 0).then(|| hit * 100 / (hit + read)),
        analyzed_at: usage.and_then(|row| row.analyzed_at.clone()),
        found,
    })
}

fn state(found: &Found) -> State {
    match found {
        found if found.is_valid => State::Valid,
        found if found.is_partitioned => State::Incomplete,
        found if found.is_busy => State::Building,
        _ => State::Leftover,
    }
}

/// The columns that no valid index holds, by themselves or in an expression.
async fn unserved(connection: &mut PgConnection, indexes: &[Listed]) -> Result<Vec<Unserved>> {
    let columns = vector_columns(connection).await?;
    let served = |table: &QualifiedName, column: &str| {
        indexes.iter().any(|index| {
            let found = &index.found;
            found.is_valid
                && found.definition.table == *table
                && (found.column == column
                    || found
                        .expression
                        .as_ref()
                        .is_some_and(|expression| holds_column(expression, column)))
        })
    };
    Ok(columns
        .into_iter()
        .filter(|column| !served(&column.table, column.column.as_str()))
        .map(|column| Unserved {
            rows: rows_of(column.estimated_rows),
            table: column.table,
            column: column.column.as_str().to_owned(),
            element: column.element,
            dimensions: column.dimensions,
        })
        .collect())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates"
)]
fn rows_of(counted: f64) -> Option<u64> {
    (counted >= 0.0).then_some(counted as u64)
}
