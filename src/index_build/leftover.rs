//! What builds that failed have left: indexes that cost every write and serve no query.
//!
//! `CREATE INDEX CONCURRENTLY` leaves one under its own name, `REINDEX CONCURRENTLY` one with `_ccnew` or `_ccold`
//! behind it. An index that is being built right now looks the same, but its table is locked by the builder.

use sqlx::{FromRow, PgConnection};

use super::build::Place;
use super::definition::drop_statement;
use super::found::{Found, name, vector_indexes};
use crate::error::{Context as _, Error, Result};
use crate::sql::{QualifiedName, fixed, run};

impl Found {
    /// Whether a build that failed has left it, and nobody is building it now.
    pub fn is_leftover(&self) -> bool {
        !self.is_valid && !self.is_busy && !self.is_partitioned
    }
}

/// The vector indexes that failed builds left, on a table or in the whole database.
pub async fn leftovers(connection: &mut PgConnection, table_oid: Option<i64>) -> Result<Vec<Found>> {
    let mut found = vector_indexes(connection, table_oid).await?;
    found.retain(Found::is_leftover);
    Ok(found)
}

/// Drops an index outside a transaction, without stopping readers or writers.
pub async fn drop_concurrently(connection: &mut PgConnection, index: &QualifiedName) -> Result<()> {
    run(connection, drop_statement(index, true))
        .await
        .with_context(|| format!("drop the index `{}`", index.plain()))
}

/// The oids of the invalid indexes of a table that a build of this index may leave.
pub(super) async fn invalid(connection: &mut PgConnection, place: &Place) -> Result<Vec<i64>> {
    let invalid = read_invalid(connection, place).await?;
    Ok(invalid.into_iter().map(|index| index.oid).collect())
}

/// Drops what failed builds left on a table, apart from what was there before; returns the names of what remains.
pub(super) async fn drop_new(
    connection: &mut PgConnection,
    place: &Place,
    before: &[i64],
) -> Result<Vec<QualifiedName>> {
    let mut remaining = Vec::new();
    for index in read_invalid(connection, place).await? {
        if before.contains(&index.oid) {
            continue;
        }
        let name = QualifiedName::new(name(&index.schema)?, name(&index.name)?);
        if index.is_busy || drop_concurrently(connection, &name).await.is_err() {
            remaining.push(name);
        }
    }
    Ok(remaining)
}

#[derive(FromRow)]
struct Invalid {
    oid: i64,
    schema: String,
    name: String,
    is_busy: bool,
}

async fn read_invalid(connection: &mut PgConnection, place: &Place) -> Result<Vec<Invalid>> {
    let rows = fixed(include_str!("../../sql/index_build/invalid.sql"))
        .bind(place.table_oid)
        .bind(place.index.name.as_str())
        .fetch_all(connection)
        .await
        .context("look for invalid indexes")?;
    rows.iter().map(|row| Ok(Invalid::from_row(row)?)).collect()
}

/// Names what could not be dropped.
pub(super) fn name_remaining(error: Error, remaining: &[QualifiedName]) -> Error {
    remaining.iter().fold(error, |error, index| {
        error.hint(format!(
            "The invalid index `{}` is still there: run `vecops index clean`.",
            index.plain()
        ))
    })
}
