//! Parquet: the mapped columns only, a few rows at a time, so that the memory stays the same however large the file
//! and its row groups are. Format: <https://parquet.apache.org/docs/file-format>.
//!
//! The library gives values and levels; rows are made of them here, without Arrow's arrays between, whose every type
//! with every other would be megabytes of program.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};

use self::columns::{Column, columns, expect_keys};
use self::dense::DenseColumn;
use self::leaf::Leaf;
use self::node::Node;
use self::walk::Walk;
use super::destination::Destination;
use super::reader::{Flow, Input, Place, TakeRow};
use super::rest::Rest;
use super::row::{Parsed, Rejection};
use super::source::{Source, open_file};
use super::value::Value;
use crate::error::{Error, Result, contained};

mod columns;
mod dense;
mod leaf;
mod node;
mod pages;
mod scalar;
#[cfg(test)]
mod tests;
mod walk;

/// About how many bytes are decoded at once; more would not stay in the processor's cache.
const BATCH_BYTES: usize = 1 << 18;

/// Reads all rows.
pub(super) fn read(input: &Input<'_>, to: &mut dyn TakeRow) -> Result<Flow> {
    let Source::File(path) = input.source else {
        return Err(from_a_pipe());
    };
    let opened = Opened::open(path)?;
    let columns = columns(&opened.roots, input.destination);
    expect_keys(path, &opened.roots, input.destination, &columns)?;
    expect_compression(path, &opened.metadata, &columns)?;
    let mut reading = Reading::start(&opened, columns, input.destination);
    let rows = opened.rows();
    let batch = opened.batch_rows();
    let size = input.source.size().unwrap_or_default();
    let mut done = 0;
    while done < rows {
        let number = |row: usize| u64::try_from(row + 1).unwrap_or(u64::MAX);
        let length = batch.min(rows - done);
        let read = reading.read(length);
        read.map_err(|trouble| trouble.of(path, number(done)))?;
        let mut walks = reading.walks();
        for row in 0..length {
            let number = number(done + row);
            let consumed = size.saturating_mul(number) / u64::try_from(rows).unwrap_or(u64::MAX);
            let parsed = parse(&reading.columns, &mut walks, input.destination)
                .and_then(|parsed| reading.with_vectors(parsed, row, input.destination));
            let place = Place {
                number,
                consumed,
                raw: b"",
            };
            if input.give(to, place, parsed)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        done += length;
    }
    Ok(Flow::Continue)
}

/// A file whose foot was read.
struct Opened {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    roots: Vec<Node>,
}

impl Opened {
    fn open(path: &Path) -> Result<Self> {
        // A pipe would wait for a writer.
        if fs_err::metadata(path).is_ok_and(|facts| !facts.is_file()) {
            return Err(from_a_pipe());
        }
        let (file, _) = open_file(path)?.into_parts();
        decoded(|| {
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
            Ok(Self {
                roots: node::roots(metadata.file_metadata().schema_descr())?,
                file: Arc::new(file),
                metadata: Arc::new(metadata),
            })
        })
        .map_err(|error| unreadable(path, "").caused_by(&error))
    }

    fn rows(&self) -> usize {
        let groups = self.metadata.row_groups().iter();
        let rows = groups.map(|group| usize::try_from(group.num_rows()).unwrap_or_default());
        rows.fold(0, usize::saturating_add)
    }

    /// How many rows are decoded at once, where rows are largest.
    fn batch_rows(&self) -> usize {
        let of = |number: i64| usize::try_from(number).unwrap_or_default();
        let groups = self.metadata.row_groups().iter();
        let row_bytes = groups.map(|group| of(group.total_byte_size()) / of(group.num_rows()).max(1));
        (BATCH_BYTES / row_bytes.max().unwrap_or_default().max(1)).clamp(1, 8192)
    }
}

/// A file while it is read.
struct Reading {
    columns: Vec<Column>,
    /// The columns that are vectors, with the places of their fields.
    vectors: Vec<(usize, DenseColumn)>,
    /// Those of all leaves of the file that are read.
    leaves: Vec<Option<Leaf>>,
}

impl Reading {
    fn start(opened: &Opened, columns: Vec<Column>, destination: &Destination) -> Self {
        let schema = opened.metadata.file_metadata().schema_descr();
        let mut leaves: Vec<Option<Leaf>> = (0..schema.num_columns()).map(|_| None).collect();
        for column in &columns {
            let range = column.node.leaves.clone();
            for (index, leaf) in leaves.iter_mut().enumerate().take(range.end).skip(range.start) {
                leaf.get_or_insert_with(|| Leaf::open(&opened.file, &opened.metadata, index));
            }
        }
        let mut vectors = Vec::new();
        let mut others = Vec::new();
        for column in columns {
            let place = column.place.filter(|place| {
                let field = destination.fields.get(*place);
                column.path.len() == 1 && field.is_some_and(|field| field.kind.is_dense())
            });
            let leaf = leaves.get(column.node.leaves.start).and_then(Option::as_ref);
            let dense = leaf.and_then(|leaf| DenseColumn::of(&column.node, leaf));
            match (place, dense) {
                (Some(place), Some(dense)) => vectors.push((place, dense)),
                _ => others.push(column),
            }
        }
        Self {
            columns: others,
            vectors,
            leaves,
        }
    }

    /// Reads the next rows in place of those read before.
    fn read(&mut self, rows: usize) -> Result<(), Trouble> {
        for leaf in self.leaves.iter_mut().flatten() {
            let read = decoded(|| leaf.read(rows));
            read.map_err(|cause| Trouble::new(leaf, cause))?;
        }
        for (_, column) in &mut self.vectors {
            if let Some(Some(leaf)) = self.leaves.get(column.leaf) {
                let found = column.find_rows(leaf, rows);
                found.map_err(|cause| Trouble::new(leaf, cause))?;
            }
        }
        Ok(())
    }

    fn walks(&self) -> Vec<Walk<'_>> {
        let columns = self.columns.iter();
        columns
            .map(|column| Walk::new(&self.leaves, &column.node))
            .collect()
    }

    fn with_vectors<'b>(
        &'b self,
        mut parsed: Parsed<'b>,
        row: usize,
        destination: &Destination,
    ) -> Result<Parsed<'b>, Rejection> {
        for (place, column) in &self.vectors {
            let Some(Some(leaf)) = self.leaves.get(column.leaf) else {
                continue;
            };
            let value = column.value(leaf, row).map_err(|why| {
                let key = destination.fields.get(*place).map_or("", |field| &field.key);
                Rejection::new(format!("`{key}` {why}"))
            })?;
            parsed.set(*place, value);
        }
        Ok(parsed)
    }
}

/// What a column could not be read for.
#[derive(Debug)]
struct Trouble {
    column: String,
    cause: ParquetError,
}

impl Trouble {
    fn new(leaf: &Leaf, cause: ParquetError) -> Self {
        Self {
            column: leaf.column.clone(),
            cause,
        }
    }

    fn of(self, path: &Path, row: u64) -> Error {
        let place = format!(" from row {row} on, in column `{}`", self.column);
        unreadable(path, &place).caused_by(&self.cause)
    }
}

/// Does what the library may fail at: with an error, or with a panic where a file is damaged in a way that it does not
/// expect.
fn decoded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    contained(work).unwrap_or_else(|panic| Err(ParquetError::General(panic)))
}

fn from_a_pipe() -> Error {
    Error::usage("Parquet is read from its end, so it cannot come from stdin or a pipe")
        .hint("Write it to a file, and name that with `--from`.")
}

fn unreadable(path: &Path, place: &str) -> Error {
    Error::failed(format!("`{}` cannot be read as Parquet{place}", path.display()))
}

/// What the columns are compressed with must be known, before a row is read.
fn expect_compression(path: &Path, metadata: &ParquetMetaData, columns: &[Column]) -> Result<()> {
    for group in metadata.row_groups() {
        for column in columns {
            let chunks = group.columns().get(column.node.leaves.clone());
            let unknown = chunks.unwrap_or_default().iter().find_map(unknown_compression);
            let Some(compression) = unknown else { continue };
            let (path, name) = (path.display(), column.path.join("."));
            let error =
                format!("{path}: column `{name}` is compressed with {compression}, which is not read");
            return Err(Error::failed(error)
                .hint("Write the file again with zstd, Snappy or gzip, or without compression."));
        }
    }
    Ok(())
}

fn unknown_compression(chunk: &ColumnChunkMetaData) -> Option<&'static str> {
    match chunk.compression() {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_) => None,
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZ4 | Compression::LZ4_RAW => Some("LZ4"),
        Compression::LZO => Some("LZO"),
    }
}

/// The names of the columns that fill no field.
pub(super) fn left_out(path: &Path, destination: &Destination) -> Result<Vec<String>> {
    let opened = Opened::open(path)?;
    let columns = columns(&opened.roots, destination);
    expect_keys(path, &opened.roots, destination, &columns)?;
    expect_compression(path, &opened.metadata, &columns)?;
    let names = opened.roots.iter().map(|root| root.name.clone());
    let is_used = |name: &String| columns.iter().any(|column| column.path.first() == Some(name));
    Ok(names.filter(|name| !is_used(name)).collect())
}

/// The next row; every walk goes on by one, whatever is wrong with another.
fn parse<'b>(
    columns: &[Column],
    walks: &mut [Walk<'b>],
    destination: &Destination,
) -> Result<Parsed<'b>, Rejection> {
    let mut parsed = Parsed::new(destination);
    let mut rest = Rest::default();
    let mut trouble = None;
    for (column, walk) in columns.iter().zip(walks) {
        let value = walk.next_row(&column.node);
        if trouble.is_some() {
            continue;
        }
        let taken = value
            .map_err(|why| Rejection::new(format!("`{}` {why}", column.path.join("."))))
            .and_then(|value| match (column.place, column.path.first()) {
                (Some(place), _) => {
                    parsed.set(place, value);
                    Ok(())
                }
                (None, Some(name)) => add_rest(&mut rest, name, &value, columns),
                (None, None) => Ok(()),
            });
        trouble = taken.err();
    }
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    rest.merge(&mut parsed, destination)?;
    Ok(parsed)
}

/// Adds a column that no field takes; what paths take out of it stays with them.
fn add_rest(rest: &mut Rest, name: &str, value: &Value<'_>, columns: &[Column]) -> Result<(), Rejection> {
    let names: Vec<Vec<&str>> = columns
        .iter()
        .filter(|column| column.path.len() > 1 && column.path.first().is_some_and(|root| root == name))
        .map(|column| column.path.iter().skip(1).map(String::as_str).collect())
        .collect();
    let paths: Vec<&[&str]> = names.iter().map(Vec::as_slice).collect();
    match value {
        Value::Json(json) if !paths.is_empty() => {
            rest.add_without(name, json, &paths);
            Ok(())
        }
        value => rest.add_value(name, value),
    }
}
