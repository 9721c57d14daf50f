//! How fast this server takes the backup's rows and builds its indexes: measured on the first rows of each table in a
//! temporary table, which is rolled back.

use std::time::Instant;

use serde::Serialize;
use sqlx::postgres::PgConnection;

use super::super::chunk::ChunkReader;
use super::super::definition::Index;
use super::super::manifest::{self, Transport};
use super::wanted::WantedTable;
use super::{Part, Prepared, begin};
use crate::connection::{Session, TransactionOptions};
use crate::error::{Context as _, Error, Result};
use crate::sql::{self, Ident, QualifiedName};

/// The most rows that are loaded.
const MOST_ROWS: u64 = 3_000;
/// The most bytes of them.
const MOST_BYTES: usize = 16 << 20;
/// How many tables are measured, the largest first.
const MOST_TABLES: usize = 3;
/// The temporary table.
const NAME: &str = "vecops_probe";

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Probe {
    /// The rows that were loaded.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long that took.
    pub seconds: f64,
    /// The builds of indexes on them.
    pub indexes: Vec<ProbedIndex>,
    /// Why some could not be measured.
    pub not_measured: Vec<String>,
}

/// A build that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbedIndex {
    /// The index, as the plan names it.
    pub index: String,
    /// The rows that it was built on.
    pub rows: u64,
    /// How long that took.
    pub seconds: f64,
}

/// How long the restore should take, by what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// What was measured.
    pub probe: Probe,
    /// Seconds until the rows are in, the least and the most.
    pub data: Option<(f64, f64)>,
    /// Seconds for each index, the least and the most.
    pub indexes: Vec<ForecastIndex>,
}

/// How long the build of an index should take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastIndex {
    /// The index, as the plan names it.
    pub index: String,
    /// Seconds, the least.
    pub at_least: f64,
    /// Seconds, the most.
    pub at_most: f64,
}

/// Measures. Nothing of it stays; what cannot be measured, such as for types that are not here yet, is said.
pub async fn probe(session: &mut Session, prepared: &Prepared) -> Result<Probe> {
    let mut probe = Probe::default();
    if prepared.request.part == Part::OnlySchema {
        return Ok(probe);
    }
    let mut tables: Vec<(&WantedTable, &manifest::Table)> = Vec::new();
    for table in &prepared.wanted.tables {
        let entry = table.entry(&prepared.manifest)?;
        if entry.rows > 0 {
            tables.push((table, entry));
        }
    }
    tables.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.raw_bytes));
    for (table, entry) in tables.into_iter().take(MOST_TABLES) {
        let (rows, bytes) = first_rows(prepared, entry).await?;
        let mut transaction = begin(session, TransactionOptions::write()).await?;
        let measured = Measuring {
            prepared,
            table,
            entry,
        }
        .run(&mut transaction, rows, &bytes, &mut probe)
        .await;
        transaction.rollback().await?;
        if let Err(error) = measured {
            let why = error.causes().first().cloned();
            let why = why.unwrap_or_else(|| error.message().to_owned());
            probe.not_measured.push(format!("{}: {why}", table.from.plain()));
        }
    }
    Ok(probe)
}

async fn first_rows(prepared: &Prepared, entry: &manifest::Table) -> Result<(u64, Vec<u8>)> {
    let Some(chunk) = entry.chunks.first().cloned() else {
        return Ok((0, Vec::new()));
    };
    let repository = prepared.repository.clone();
    let reading = tokio::task::spawn_blocking(move || {
        ChunkReader::open(&repository, &chunk)?.first_rows(MOST_ROWS, MOST_BYTES)
    });
    reading
        .await
        .map_err(|error| Error::bug("the reading thread broke").cause(error))?
}

struct Measuring<'a> {
    prepared: &'a Prepared,
    table: &'a WantedTable,
    entry: &'a manifest::Table,
}

impl Measuring<'_> {
    async fn run(
        &self,
        connection: &mut PgConnection,
        rows: u64,
        bytes: &[u8],
        probe: &mut Probe,
    ) -> Result<()> {
        let name = QualifiedName::new(Ident::constant("pg_temp"), Ident::constant(NAME));
        sql::run(connection, self.made())
            .await
            .context("make a temporary table")?;
        let columns: Vec<&Ident> = self.entry.columns.iter().map(|column| &column.name).collect();
        let started = Instant::now();
        let mut copy = sql::copy_in(connection, &name, &columns)
            .await
            .context("load some rows")?;
        for piece in bytes.chunks(256 * 1024) {
            copy.send(piece).await.context("load some rows")?;
        }
        copy.finish().await.context("load some rows")?;
        probe.seconds += started.elapsed().as_secs_f64();
        probe.rows += rows;
        probe.bytes += u64::try_from(bytes.len()).unwrap_or_default();
        if self.prepared.request.part == Part::OnlyData {
            return Ok(());
        }
        let defined = self.prepared.wanted.made.table(&self.table.at);
        for index in defined.into_iter().flat_map(|table| &table.indexes) {
            if index.is_vector_index() {
                self.build(connection, &name, index, rows, probe).await?;
            }
        }
        Ok(())
    }

    /// The table with the columns that travel; texts stay texts.
    fn made(&self) -> String {
        let defined = self.prepared.wanted.made.table(&self.table.at);
        let columns = self.entry.columns.iter().map(|column| {
            let here = defined.and_then(|table| table.column(column.name.as_str()));
            let kind = match column.transport {
                Transport::Text => "pg_catalog.text",
                Transport::Binary => here.map_or(column.type_text.as_str(), |here| here.type_text.as_str()),
            };
            format!("{} {kind}", column.name)
        });
        let columns: Vec<String> = columns.collect();
        format!(
            "create temporary table {NAME} ({}) on commit drop",
            columns.join(", ")
        )
    }

    async fn build(
        &self,
        connection: &mut PgConnection,
        name: &QualifiedName,
        index: &Index,
        rows: u64,
        probe: &mut Probe,
    ) -> Result<()> {
        let planned = QualifiedName::new(self.table.at.schema.clone(), index.name.clone()).plain();
        sql::run(
            connection,
            "set local max_parallel_maintenance_workers = 0; set local maintenance_work_mem = '512MB'",
        )
        .await?;
        let started = Instant::now();
        sql::run(connection, format!("create index on {name} {}", index.definition))
            .await
            .with_context(|| format!("build `{planned}` on some rows"))?;
        probe.indexes.push(ProbedIndex {
            index: planned,
            rows,
            seconds: started.elapsed().as_secs_f64(),
        });
        Ok(())
    }
}
