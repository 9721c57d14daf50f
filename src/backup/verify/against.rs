//! Comparing a backup with a live database: the server digests each range of keys, and only digests travel.

use std::time::Instant;

use futures_util::future;
use serde::Serialize;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::super::chunk::Range;
use super::super::digest::{Part, RowsDigest, SETTINGS, SentColumn, Sums, in_parts, on_server, sent_columns};
use super::super::key::{condition, key_of};
use super::super::manifest::{Manifest, Table};
use crate::connection::{Connector, Need, TransactionOptions, Watch};
use crate::error::{Context as _, Error, Result};
use crate::progress::{Progress, Task, Unit};
use crate::sql::{self, QualifiedName, literal};

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
    sql::run(&mut *connection, SETTINGS).await?;
    let comparison = Comparison::begin(connection, manifest, progress).await?;
    comparison.digest(connection).await?;
    comparison.end(connection, manifest).await
}

/// Compares, by several sessions in one snapshot.
pub async fn against_by(
    connector: &Connector,
    jobs: usize,
    manifest: &Manifest,
    progress: &dyn Progress,
) -> Result<AgainstReport> {
    let mut holder = connector.open(Need::Any, progress).await?;
    let watch = Watch::new(connector, &holder);
    let beginning = async {
        let mut transaction = holder.begin(&options()).await?;
        sql::run(
            &mut transaction,
            "set local idle_in_transaction_session_timeout = 0",
        )
        .await?;
        sql::run(&mut transaction, SETTINGS).await?;
        let row = sql::fixed(include_str!("../../../sql/backup/snapshot.sql"))
            .fetch_one(&mut *transaction)
            .await
            .context("export the snapshot")?;
        let comparison = Comparison::begin(&mut transaction, manifest, progress).await?;
        Ok((transaction, row.try_get("id")?, comparison))
    };
    let (mut transaction, snapshot, comparison): (_, String, _) = watch.over(beginning).await?;
    let own = watch.over(comparison.digest(&mut transaction));
    let helpers = 1..jobs.min(comparison.sums.waiting());
    let helping = helpers.map(|_| help(connector, &snapshot, &comparison, progress));
    future::try_join(own, future::try_join_all(helping)).await?;
    let report = watch.over(comparison.end(&mut transaction, manifest)).await?;
    transaction.rollback().await?;
    Ok(report)
}

fn options() -> TransactionOptions {
    TransactionOptions::read().repeatable().long()
}

/// One session more, which digests what waits.
async fn help(
    connector: &Connector,
    snapshot: &str,
    comparison: &Comparison,
    progress: &dyn Progress,
) -> Result<()> {
    let mut session = connector.open(Need::Any, progress).await?;
    let watch = Watch::new(connector, &session);
    let digesting = async {
        let mut transaction = session.begin(&options()).await?;
        let import = format!("set transaction snapshot {}", literal(snapshot));
        sql::run(&mut transaction, import)
            .await
            .context("share the snapshot with another session")?;
        sql::run(&mut transaction, SETTINGS).await?;
        comparison.digest(&mut transaction).await?;
        transaction.rollback().await.map_err(Error::from)
    };
    watch.over(digesting).await?;
    session.close().await
}

/// A comparison under way.
struct Comparison {
    started: Instant,
    tables: Vec<ComparedTable>,
    tasks: Vec<Task>,
    /// The ranges in the order of the parts: each one's table, and what the backup has.
    ranges: Vec<(usize, Range, u64, RowsDigest)>,
    sums: Sums,
}

impl Comparison {
    async fn begin(
        connection: &mut PgConnection,
        manifest: &Manifest,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let started = Instant::now();
        let (mut tables, mut tasks) = (Vec::new(), Vec::new());
        let (mut ranges, mut parts) = (Vec::new(), Vec::new());
        for (place, table) in manifest.tables.iter().enumerate() {
            let label = format!("compare {}", table.name.plain());
            tasks.push(progress.task(&label, Unit::Rows, Some(table.rows)));
            let live = live(connection, table)
                .await
                .with_context(|| format!("compare `{}`", table.name.plain()))?;
            let mut compared = ComparedTable {
                table: table.name.clone(),
                equal: false,
                backup_rows: table.rows,
                database_rows: None,
                problem: None,
                ranges: Vec::new(),
            };
            match live {
                Err(problem) => compared.problem = Some(problem),
                Ok((from, columns)) => {
                    let key = key_of(table);
                    for (range, rows, digest) in covering_ranges(table) {
                        parts.push(Part {
                            table: place,
                            name: table.name.clone(),
                            from: from.clone(),
                            columns: columns.clone(),
                            condition: condition(&range, &key),
                        });
                        ranges.push((place, range, rows, digest));
                    }
                }
            }
            tables.push(compared);
        }
        Ok(Self {
            started,
            tables,
            tasks,
            ranges,
            sums: Sums::new(parts),
        })
    }

    async fn digest(&self, connection: &mut PgConnection) -> Result<()> {
        let done = |part: &Part, rows| {
            if let Some(task) = self.tasks.get(part.table) {
                task.advance(rows);
            }
        };
        in_parts(connection, &self.sums, &done).await
    }

    async fn end(self, connection: &mut PgConnection, manifest: &Manifest) -> Result<AgainstReport> {
        let mut tables = self.tables;
        for ((place, range, backup_rows, digest), found) in self.ranges.into_iter().zip(self.sums.found()) {
            let Some(compared) = tables.get_mut(place) else {
                continue;
            };
            *compared.database_rows.get_or_insert(0) += found.0;
            if found != (backup_rows, digest) {
                compared.ranges.push(DifferentRange {
                    range,
                    backup_rows,
                    database_rows: found.0,
                });
            }
        }
        for (compared, table) in tables.iter_mut().zip(&manifest.tables) {
            if !compared.ranges.is_empty() && !has_fixed_order(table) {
                as_a_whole(connection, compared, table)
                    .await
                    .with_context(|| format!("digest `{}`", table.name.plain()))?;
            }
            compared.equal = compared.problem.is_none() && compared.ranges.is_empty();
        }
        self.tasks.into_iter().for_each(Task::finish);
        Ok(AgainstReport {
            name: manifest.name.clone(),
            equal: tables.iter().all(|table| table.equal),
            tables,
            seconds: self.started.elapsed().as_secs_f64(),
        })
    }
}

/// Whether the table's keys have the same order in every database. Texts do not, whose collation may be another, nor do
/// enums.
fn has_fixed_order(table: &Table) -> bool {
    key_of(table).iter().all(|column| {
        let kind = column.type_text.split(['(', ' ']).next().unwrap_or_default();
        matches!(
            kind,
            "smallint" | "integer" | "bigint" | "numeric" | "uuid" | "date" | "timestamp"
        )
    })
}

/// Where keys have another order, ranges hold other rows, or the same ones twice: then the table is one range.
async fn as_a_whole(
    connection: &mut PgConnection,
    compared: &mut ComparedTable,
    table: &Table,
) -> Result<()> {
    let Ok((from, columns)) = live(connection, table).await? else {
        return Ok(());
    };
    let (rows, digest) = on_server(connection, &from, &columns, None).await?;
    if (rows, digest) == (table.rows, table.digest) {
        compared.ranges.clear();
    } else if compared.database_rows != Some(rows) {
        compared.ranges = vec![DifferentRange {
            range: Range::Whole,
            backup_rows: table.rows,
            database_rows: rows,
        }];
    }
    compared.database_rows = Some(rows);
    Ok(())
}

/// The table as FROM names it and its columns, or why it cannot be compared.
async fn live(
    connection: &mut PgConnection,
    table: &Table,
) -> Result<std::result::Result<(String, Vec<SentColumn>), String>> {
    let row = sql::fixed(include_str!("../../../sql/backup/relation.sql"))
        .bind(table.name.schema.as_str().to_owned())
        .bind(table.name.name.as_str().to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(Err("the table does not exist".to_owned()));
    };
    let kind: String = row.try_get("kind")?;
    let from = if kind == "p" {
        table.name.to_string()
    } else {
        format!("only {}", table.name)
    };
    let columns = sent_columns(connection, row.try_get("oid")?).await?;
    if let Some(problem) = different_columns(table, &columns) {
        return Ok(Err(problem));
    }
    Ok(Ok((from, columns)))
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
