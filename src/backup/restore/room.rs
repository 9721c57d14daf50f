//! What a restore takes on the server's disk. How much of it is free, SQL does not say.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::plan::{PlannedIndex, PlannedTable};
use crate::error::{Context as _, Result};
use crate::sql::fixed;

/// The bytes that a row takes besides its values: head, pointer, and what pages leave over.
const ROW: u64 = 36;
/// The bytes of an entry in an index that is none of pgvector's.
const ENTRY: u64 = 32;

/// What a restore takes on the server's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskNeed {
    /// The rows, about.
    pub rows_bytes: u64,
    /// The vector indexes, to half a percent where their sizes can be told.
    pub vector_index_bytes: u64,
    /// Keys and the other indexes, roughly.
    pub other_index_bytes: u64,
    /// The server's log until it is written away (`max_wal_size`).
    pub log_bytes: u64,
    /// All of it.
    pub needed_bytes: u64,
    /// What the database takes now.
    pub database_bytes: u64,
    /// What is free, where that is known; no server says it in SQL.
    pub free_bytes: Option<u64>,
}

/// The server as it says itself.
pub(super) struct Disk {
    pub(super) server_version: String,
    database_bytes: u64,
    log_bytes: u64,
}

pub(super) async fn disk(connection: &mut PgConnection) -> Result<Disk> {
    let row = fixed(include_str!("../../../sql/backup/restore/disk.sql"))
        .fetch_one(connection)
        .await
        .context("ask how large the database is")?;
    let size = |name: &str| -> Result<u64> {
        let bytes: i64 = row.try_get(name)?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    };
    Ok(Disk {
        server_version: row.try_get("server_version")?,
        database_bytes: size("database_bytes")?,
        log_bytes: size("log_bytes")?,
    })
}

/// `entries` is how many entries keys and other indexes will have, over all tables.
pub(super) fn needed(
    disk: &Disk,
    tables: &[PlannedTable],
    indexes: &[PlannedIndex],
    entries: u64,
) -> DiskNeed {
    let rows_bytes = tables
        .iter()
        .map(|table| table.raw_bytes + table.rows * ROW)
        .sum();
    let vector_index_bytes = indexes.iter().filter_map(|index| index.bytes).sum();
    let other_index_bytes = entries * ENTRY;
    DiskNeed {
        rows_bytes,
        vector_index_bytes,
        other_index_bytes,
        log_bytes: disk.log_bytes,
        needed_bytes: rows_bytes + vector_index_bytes + other_index_bytes + disk.log_bytes,
        database_bytes: disk.database_bytes,
        free_bytes: None,
    }
}
