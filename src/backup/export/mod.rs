//! A backup's rows and definitions in forms that other programs read, without a database.
//!
//! Plain SQL, which `psql` alone restores, and streams of binary COPY, which a caller turns into other formats. Every
//! chunk is held against the manifest while it is read. This module must not write to the repository.

mod plain;
mod stream;

use serde::Serialize;

pub use plain::to_sql;
pub use stream::{ExportedColumn, columns, stream};

use super::chunk::ChunkReader;
use super::manifest::{Manifest, Table};
use super::repository::Repository;
use crate::error::{Error, Result};
use crate::sql::QualifiedName;
use crate::vector::copy::RowView;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenFile {
    /// Its path; `-` is stdout.
    pub path: String,
    /// The tables in it.
    pub tables: Vec<QualifiedName>,
    /// How many rows it has.
    pub rows: u64,
    /// Its bytes, before any compression.
    pub bytes: u64,
}

/// The tables that are asked for with their rows, all of them where none is named; partitions come with their parents.
pub fn tables<'m>(manifest: &'m Manifest, names: &[QualifiedName]) -> Result<Vec<&'m Table>> {
    let definition = super::selection::selected(manifest, names)?;
    let wanted = |table: &&Table| definition.table(&table.name).is_some();
    Ok(manifest.tables.iter().filter(wanted).collect())
}

/// Shows the rows of a table in the order of its chunks.
fn each_row(
    repository: &Repository,
    table: &Table,
    visit: &mut dyn FnMut(RowView<'_>) -> Result<()>,
) -> Result<()> {
    for chunk in &table.chunks {
        ChunkReader::open(repository, chunk)?.each_row(visit)?;
    }
    Ok(())
}

fn unknown_form(table: &Table, column: &super::manifest::Column) -> Error {
    let message = format!(
        "only a server knows the binary form of `{}`, the type of `{}.{}`",
        column.type_text,
        table.name.plain(),
        column.name.plain()
    );
    Error::precondition(message)
        .hint("Export with `--format pgcopy`, or restore the backup and export from the database.")
}

fn unreadable(error: crate::vector::copy::DecodeError) -> Error {
    Error::new(
        crate::error::Kind::Archive,
        "a value has another form than its type",
    )
    .cause(error)
}
