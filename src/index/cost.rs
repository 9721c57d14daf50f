//! What building a table's indexes again would take, once a load has made it larger.

use serde::Serialize;
use sqlx::PgConnection;

use super::held::held_anew;
use crate::error::Result;
use crate::index_build::{Settings, Wishes, facts, vector_indexes};
use crate::sql::QualifiedName;

/// What building one index again would take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RebuildCost {
    /// The index.
    pub index: QualifiedName,
    /// Its access method.
    pub method: String,
    /// How many rows the table would have.
    pub rows: u64,
    /// How many it has now.
    pub rows_now: u64,
    /// The size that the index would have, where that can be said.
    pub bytes: Option<u64>,
    /// Memory and workers.
    pub settings: Settings,
}

/// What building each valid vector index of a table again would take with so many rows more.
pub async fn rebuild_costs(
    connection: &mut PgConnection,
    table: &QualifiedName,
    more_rows: u64,
) -> Result<Vec<RebuildCost>> {
    let facts = facts::table(connection, table).await?;
    let server = facts::server(connection).await?;
    let found = vector_indexes(connection, Some(facts.oid)).await?;
    let mut costs = Vec::new();
    for index in found.into_iter().filter(|index| index.is_valid) {
        let layout = index.definition.layout;
        let rows_now = held_anew(connection, &facts, &index).await?;
        // Of the rows that come, an index with a condition takes a part that nobody knows; all is the most.
        let rows = rows_now + more_rows;
        costs.push(RebuildCost {
            index: index.definition.qualified(),
            method: index.method,
            rows,
            rows_now,
            bytes: layout.map(|layout| layout.bytes(rows)),
            settings: Settings::choose(server, layout, rows, Wishes::default()),
        });
    }
    Ok(costs)
}
