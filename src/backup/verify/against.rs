//! Comparing a backup with a live database: the server digests each range of keys, and only digests travel.

use std::time::Instant;

use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::chunk::Range;
use super::super::digest::{RowsDigest, SETTINGS, SentColumn, on_server, sent_columns};
use super::super::key::{condition, key_of};
use super::super::manifest::{Manifest, Table};
use crate::error::{Context as _, Result};
use crate::progress::{Progress, Task, Unit};
use crate::sql::{self, QualifiedName};

/// What a comparison found.
#[derive(Debug, Clone, Serialize)]
pub struct AgainstReport {
    /// The backup's name.
    pub name: String,
    /// The tables.
    pub tables: Vec<ComparedTable>,
    /// Whether every table holds what the backup holds.
    pub equal: bool,
    /// How long it took.
    pub seconds: f64,
}

/// A table that was compared.
#[derive(Debug, Clone, Serialize)]
pub struct ComparedTable {
    /// The table.
    pub table: QualifiedName,
    /// Whether its rows are those of the backup.
    pub equal: bool,
    /// The rows of the backup.
    pub backup_rows: u64,
    /// The rows of the database, where they could be counted.
    pub database_rows: Option<u64>,
    /// Why it cannot be compared.
    pub problem: Option<String>,
    /// The ranges that differ.
    pub ranges: Vec<DifferentRange>,
}

/// A range whose rows differ.
#[derive(Debug, Clone, Serialize)]
pub struct DifferentRange {
    /// Which rows.
    pub range: Range,
    /// How many the backup has.
    pub backup_rows: u64,
    /// How many the database has.
    pub database_rows: u64,
}

/// Compares, in the caller's transaction, which reads and keeps one snapshot.
pub async fn against(
    connection: &mut PgConnection,
    manifest: &Manifest,
    progress: &dyn Progress,
) -> Result<AgainstReport> {
    let started = Instant::now();
    sql::run(&mut *connection, format!("{SETTINGS}; set local jit = off")).await?;
    let mut tables = Vec::new();
    for table in &manifest.tables {
        let task = progress.task(
            &format!("compare {}", table.name.plain()),
            Unit::Rows,
            Some(table.rows),
        );
        let compared = compare(connection, table, &task)
            .await
            .with_context(|| format!("compare `{}`", table.name.plain()))?;
        task.finish();
        tables.push(compared);
    }
    Ok(AgainstReport {
        name: manifest.name.clone(),
        equal: tables.iter().all(|table| table.equal),
        tables,
        seconds: started.elapsed().as_secs_f64(),
    })
}

async fn compare(connection: &mut PgConnection, table: &Table, task: &Task) -> Result<ComparedTable> {
    let mut compared = ComparedTable {
        table: table.name.clone(),
        equal: false,
        backup_rows: table.rows,
        database_rows: None,
        problem: None,
        ranges: Vec::new(),
    };
    let row = sql::fixed(include_str!("../../../sql/backup/relation.sql"))
        .bind(table.name.schema.as_str().to_owned())
        .bind(table.name.name.as_str().to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        compared.problem = Some("the table does not exist".to_owned());
        return Ok(compared);
    };
    let kind: String = row.try_get("kind")?;
    let from = if kind == "p" {
        table.name.to_string()
    } else {
        format!("only {}", table.name)
    };
    let columns = sent_columns(connection, row.try_get("oid")?).await?;
    if let Some(problem) = different_columns(table, &columns) {
        compared.problem = Some(problem);
        return Ok(compared);
    }
    let key = key_of(table);
    let ranges = covering_ranges(table);
    let mut rows = 0;
    for (range, backup_rows, digest) in ranges {
        let condition = condition(&range, &key);
        let found = on_server(connection, &from, &columns, condition.as_deref()).await?;
        rows += found.0;
        task.advance(found.0);
        if found != (backup_rows, digest) {
            compared.ranges.push(DifferentRange {
                range,
                backup_rows,
                database_rows: found.0,
            });
        }
    }
    compared.database_rows = Some(rows);
    compared.equal = compared.ranges.is_empty();
    Ok(compared)
}

/// Why the columns are not those of the backup.
fn different_columns(table: &Table, live: &[SentColumn]) -> Option<String> {
    let missing = table
        .columns
        .iter()
        .find(|column| !live.iter().any(|other| other.name == column.name));
    if let Some(column) = missing {
        return Some(format!("the table has no column {}", column.name.plain()));
    }
    let more = live
        .iter()
        .find(|column| !table.columns.iter().any(|other| other.name == column.name));
    if let Some(column) = more {
        return Some(format!("the backup has no column {}", column.name.plain()));
    }
    for (column, other) in table.columns.iter().zip(live) {
        if column.name != other.name {
            return Some("the columns have another order".to_owned());
        }
        if column.type_text != other.type_text || column.transport != other.transport {
            return Some(format!(
                "the column {} is {}, and {} in the backup",
                column.name.plain(),
                other.type_text,
                column.type_text
            ));
        }
    }
    None
}

/// The ranges of a table with what the backup has in each; together they are the whole table. Pages are not those of
/// another table, and an empty range has no chunk: then the table is one range.
fn covering_ranges(table: &Table) -> Vec<(Range, u64, RowsDigest)> {
    let mut ranges: Vec<(Range, u64, RowsDigest)> = Vec::new();
    for chunk in &table.chunks {
        match ranges.last_mut().filter(|(range, _, _)| *range == chunk.range) {
            Some((_, rows, digest)) => {
                *rows += chunk.rows;
                digest.add(chunk.digest);
            }
            None => ranges.push((chunk.range.clone(), chunk.rows, chunk.digest)),
        }
    }
    let mut next = Some(None);
    for (range, _, _) in &ranges {
        next = match (range, next) {
            (Range::Key { from, to }, Some(expected)) if *from == expected => to.clone().map(Some),
            _ => return vec![(Range::Whole, table.rows, table.digest)],
        };
    }
    if next.is_some() || ranges.is_empty() {
        return vec![(Range::Whole, table.rows, table.digest)];
    }
    ranges
}
