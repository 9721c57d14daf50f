//! What has changed between two backups, without a database: tables, definitions, rows by their keys.
//!
//! Equal digests end the work for a table, and chunks that both backups hold are not read. The rows of the others are
//! brought together by their keys, in parts that fit into memory. This module must not write to a repository.

mod rows;
mod spill;

use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

pub use rows::{ChangedColumn, Examples, RowChanges};

use super::definition::Difference;
use super::manifest::{Manifest, State, Table};
use super::repository::{Repository, SetName};
use crate::error::{Error, Result};
use crate::progress::{Progress, Unit};
use crate::sql::QualifiedName;

/// One of the two backups.
#[derive(Debug, Clone)]
pub struct Side {
    /// Its repository.
    pub repository: Repository,
    /// Its place in it.
    pub set: SetName,
}

/// How far the rows are looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether chunks are read; without it only digests are compared.
    pub reads_rows: bool,
    /// How many keys of each kind are named for a table.
    pub keys: usize,
}

/// What has changed from one backup to another.
#[derive(Debug, Clone, Serialize)]
pub struct BackupDifference {
    /// The earlier one, as the caller says.
    pub before: Summary,
    /// The later one.
    pub after: Summary,
    /// Whether nothing has changed.
    pub equal: bool,
    /// The tables of both.
    pub tables: Vec<TableDifference>,
    /// What is defined otherwise; new and dropped tables are in the list of tables.
    pub definitions: Vec<Difference>,
    /// Sequences that have gone on.
    pub sequences: Vec<Difference>,
    /// The bytes of objects that both name.
    pub shared_bytes: u64,
    /// The bytes of objects that were read.
    pub read_bytes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// A backup in short.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Its folder.
    pub path: String,
    /// The database.
    pub database: String,
    /// The moment that it shows.
    pub snapshot_time: String,
    /// The server's version.
    pub server_version: String,
    /// Whether all was there.
    pub state: State,
    /// Its rows and sizes.
    #[serde(flatten)]
    pub size: Size,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Rows.
    pub rows: u64,
    /// The bytes of binary COPY.
    pub raw_bytes: u64,
    /// The bytes of the objects.
    pub stored_bytes: u64,
}

/// What has become of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Only the later backup has it.
    Added,
    /// Only the earlier backup has it.
    Removed,
    /// Both have it, with the same rows.
    Equal,
    /// Both have it, with other rows.
    Changed,
}

/// A table of either backup.
#[derive(Debug, Clone, Serialize)]
pub struct TableDifference {
    /// Its name.
    pub table: QualifiedName,
    /// What has become of it.
    pub fate: Fate,
    /// How large it was.
    pub before: Option<Size>,
    /// How large it is.
    pub after: Option<Size>,
    /// Which rows are others, where chunks were read.
    pub rows: Option<RowChanges>,
}

/// Compares two backups.
pub async fn compare(
    before: &Side,
    after: &Side,
    options: Options,
    progress: &dyn Progress,
) -> Result<BackupDifference> {
    let started = Instant::now();
    let old = before.repository.manifest(&before.set)?;
    let new = after.repository.manifest(&after.set)?;
    let mut tables = Vec::new();
    let mut read_bytes = 0;
    for table in &old.tables {
        let difference = match new.table(&table.name) {
            None => lone(table, Fate::Removed),
            Some(other) => {
                let comparing =
                    rows::Comparing::new((before, &old, table), (after, &new, other), options.keys);
                let rows = if comparing.is_equal() || !options.reads_rows {
                    None
                } else {
                    read_bytes += comparing.bytes();
                    Some(compared(comparing.clone(), progress).await?)
                };
                both(table, other, comparing.is_equal(), rows)
            }
        };
        tables.push(difference);
    }
    let added = new.tables.iter().filter(|table| old.table(&table.name).is_none());
    tables.extend(added.map(|table| lone(table, Fate::Added)));
    let (sequences, definitions) = definitions(&old, &new)?;
    Ok(BackupDifference {
        equal: definitions.is_empty()
            && sequences.is_empty()
            && tables.iter().all(|table| table.fate == Fate::Equal),
        before: summary(before, &old),
        after: summary(after, &new),
        tables,
        definitions,
        sequences,
        shared_bytes: shared_bytes(&old, &new),
        read_bytes,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Reading chunks keeps a thread busy.
async fn compared(comparing: rows::Comparing, progress: &dyn Progress) -> Result<RowChanges> {
    let label = format!("compare {}", comparing.name().plain());
    let task = progress.task(&label, Unit::Bytes, Some(comparing.bytes()));
    let work = tokio::task::spawn_blocking(move || {
        let changes = comparing.run(&task)?;
        task.finish();
        Ok(changes)
    });
    work.await
        .map_err(|error| Error::bug("the comparing thread ended early").cause(error))?
}

fn lone(table: &Table, fate: Fate) -> TableDifference {
    let size = Some(size(std::slice::from_ref(table)));
    TableDifference {
        table: table.name.clone(),
        fate,
        before: size.filter(|_| fate == Fate::Removed),
        after: size.filter(|_| fate == Fate::Added),
        rows: None,
    }
}

fn both(table: &Table, other: &Table, equal: bool, rows: Option<RowChanges>) -> TableDifference {
    let same_rows = rows.as_ref().is_some_and(RowChanges::is_none);
    TableDifference {
        table: table.name.clone(),
        fate: if equal || same_rows {
            Fate::Equal
        } else {
            Fate::Changed
        },
        before: Some(size(std::slice::from_ref(table))),
        after: Some(size(std::slice::from_ref(other))),
        rows,
    }
}

/// Changes of definitions: sequences that went on apart, and without the tables that are new or gone.
fn definitions(old: &Manifest, new: &Manifest) -> Result<(Vec<Difference>, Vec<Difference>)> {
    let changes = old.definition.changes(&new.definition)?;
    let is_whole_table = |change: &Difference| {
        change.object.starts_with("table ")
            && (change.expected.is_null() || change.found.is_null())
            && [&change.expected, &change.found].into_iter().any(has_columns)
    };
    let is_value = |change: &Difference| {
        change.object.starts_with("sequence ")
            && (change.object.ends_with(".last_value") || change.object.ends_with(".is_called"))
    };
    Ok(changes
        .into_iter()
        .filter(|change| !is_whole_table(change))
        .partition(is_value))
}

fn has_columns(value: &Value) -> bool {
    value.get("columns").is_some() && value.get("row_security").is_some()
}

fn summary(side: &Side, manifest: &Manifest) -> Summary {
    Summary {
        path: side.repository.set_path(&side.set).display().to_string(),
        database: manifest.source.database.clone(),
        snapshot_time: manifest.snapshot.time.clone(),
        server_version: manifest.source.server_version.clone(),
        state: manifest.state,
        size: size(&manifest.tables),
    }
}

fn size(tables: &[Table]) -> Size {
    tables.iter().fold(Size::default(), |sum, table| Size {
        rows: sum.rows + table.rows,
        raw_bytes: sum.raw_bytes + table.raw_bytes,
        stored_bytes: sum.stored_bytes + table.stored_bytes,
    })
}

fn shared_bytes(old: &Manifest, new: &Manifest) -> u64 {
    let objects = |manifest: &Manifest| {
        let chunks = manifest.tables.iter().flat_map(|table| table.chunks.clone());
        chunks
            .map(|chunk| (chunk.object, chunk.stored_bytes))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let new = objects(new);
    let shared = objects(old)
        .into_iter()
        .filter(|(object, _)| new.contains_key(object));
    shared.map(|(_, bytes)| bytes).sum()
}
