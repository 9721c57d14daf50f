//! Parquet: the mapped columns only, a few rows at a time, so that the memory stays the same however large the file
//! and its row groups are. Format: <https://parquet.apache.org/docs/file-format>.

use std::fs::File;
use std::path::Path;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::errors::ParquetError;
use arrow_array::cast::AsArray as _;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};

use self::dense::DenseColumn;
use super::destination::Destination;
use super::reader::{Flow, Input, Place, TakeRow};
use super::rest::Rest;
use super::row::{Keys, Parsed, Rejection};
use super::source::{Source, open_file};
use super::value::Value;
use crate::error::{Error, Result, contained};

mod cell;
mod dense;

/// About how many bytes are decoded at once; more would not stay in the processor's cache.
const BATCH_BYTES: usize = 1 << 18;

/// Reads all rows.
pub(super) fn read(input: &Input<'_>, to: &mut dyn TakeRow) -> Result<Flow> {
    let Source::File(path) = input.source else {
        return Err(from_a_pipe());
    };
    let builder = open(path)?;
    let mut columns = columns(builder.schema(), input.destination);
    expect_keys(path, builder.schema(), input.destination, &columns)?;
    let mut vectors = dense_columns(path, &builder, &mut columns, input.destination)?;
    let leaves = builder.parquet_schema().columns().iter().enumerate();
    let leaves: Vec<usize> = leaves
        .filter(|(_, leaf)| {
            columns
                .iter()
                .any(|column| leaf.path().parts().starts_with(&column.path))
        })
        .map(|(index, _)| index)
        .collect();
    let mask = ProjectionMask::leaves(builder.parquet_schema(), leaves);
    let metadata = builder.metadata();
    let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    let stored: i64 = metadata
        .row_groups()
        .iter()
        .map(parquet::file::metadata::RowGroupMetaData::total_byte_size)
        .fold(0, i64::saturating_add);
    let row_bytes = usize::try_from(stored).unwrap_or_default() / rows.max(1);
    let batch = (BATCH_BYTES / row_bytes.max(1)).clamp(16, 8192);
    let size = input.source.size().unwrap_or_default();
    let builder = builder.with_projection(mask).with_batch_size(batch);
    let mut reader = decoded(path, None, || builder.build())?;
    let mut row = 0_u64;
    let next = |reader: &mut ParquetRecordBatchReader| Ok(reader.next().transpose()?);
    while let Some(batch) = decoded(path, Some(row + 1), || next(&mut reader))? {
        for (_, column) in &mut vectors {
            decoded(path, Some(row + 1), || column.read(batch.num_rows()))?;
        }
        let arrays = arrays(&batch, &columns);
        for index in 0..batch.num_rows() {
            row += 1;
            let consumed = size.saturating_mul(row) / u64::try_from(rows.max(1)).unwrap_or(1);
            let parsed = parse(&columns, &arrays, index, input.destination)
                .and_then(|parsed| with_vectors(parsed, &vectors, index, input.destination));
            let place = Place {
                number: row,
                consumed,
                raw: b"",
            };
            if input.give(to, place, parsed)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
    }
    Ok(Flow::Continue)
}

/// A column of the file that fills a field.
struct Column {
    /// The names from the root down.
    path: Vec<String>,
    /// The field's place in the destination; the rest where it has none.
    place: Option<usize>,
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    // A pipe would wait for a writer.
    if fs_err::metadata(path).is_ok_and(|facts| !facts.is_file()) {
        return Err(from_a_pipe());
    }
    let (file, _) = open_file(path)?.into_parts();
    decoded(path, None, || ParquetRecordBatchReaderBuilder::try_new(file))
}

/// Does what the library may fail at: with an error, or with a panic where a file is damaged in a way that it does not
/// expect.
fn decoded<T>(path: &Path, row: Option<u64>, work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T> {
    let done = contained(work).unwrap_or_else(|panic| Err(ParquetError::General(panic)));
    done.map_err(|error| damaged(path, row, &error))
}

fn from_a_pipe() -> Error {
    Error::usage("Parquet is read from its end, so it cannot come from stdin or a pipe")
        .hint("Write it to a file, and name that with `--from`.")
}

fn damaged(path: &Path, row: Option<u64>, error: &ParquetError) -> Error {
    let place = row.map_or_else(String::new, |row| format!(" from row {row} on"));
    Error::failed(format!("`{}` cannot be read as Parquet{place}", path.display())).caused_by(error)
}

/// The columns that fill fields, by their own names or by dotted paths into structs.
fn columns(schema: &Schema, destination: &Destination) -> Vec<Column> {
    let keys = Keys::new(destination);
    let fields = schema.fields();
    let mut columns: Vec<Column> = fields
        .iter()
        .filter_map(|field| {
            let place = keys.place(field.name())?;
            let path = vec![field.name().clone()];
            Some(Column {
                path,
                place: Some(place),
            })
        })
        .collect();
    for (place, field) in destination.fields.iter().enumerate() {
        let path: Vec<String> = field.key.split('.').map(str::to_owned).collect();
        let is_taken = columns.iter().any(|column| column.place == Some(place));
        if field.is_mapped && !is_taken && path.len() > 1 && reaches(schema, &path) {
            columns.push(Column {
                path,
                place: Some(place),
            });
        }
    }
    if destination.rest_to.is_some() {
        let is_filled = |name: &String| columns.iter().any(|column| column.path == [name.clone()]);
        let rest: Vec<String> = fields
            .iter()
            .map(|field| field.name().clone())
            .filter(|name| !is_filled(name))
            .collect();
        columns.extend(rest.into_iter().map(|name| Column {
            path: vec![name],
            place: None,
        }));
    }
    columns
}

/// Takes the columns out that are vectors and read without Arrow; with the places of their fields.
fn dense_columns(
    path: &Path,
    builder: &ParquetRecordBatchReaderBuilder<File>,
    columns: &mut Vec<Column>,
    destination: &Destination,
) -> Result<Vec<(usize, DenseColumn)>> {
    let mut dense = Vec::new();
    let mut others = Vec::new();
    for column in columns.drain(..) {
        let field = column.place.and_then(|place| destination.fields.get(place));
        let opened = match (column.path.as_slice(), column.place) {
            ([name], Some(place)) if field.is_some_and(|field| field.kind.is_dense()) => {
                DenseColumn::open(path, builder, name)?.map(|opened| (place, opened))
            }
            _ => None,
        };
        match opened {
            Some(opened) => dense.push(opened),
            None => others.push(column),
        }
    }
    *columns = others;
    Ok(dense)
}

fn with_vectors<'b>(
    mut parsed: Parsed<'b>,
    vectors: &'b [(usize, DenseColumn)],
    row: usize,
    destination: &Destination,
) -> Result<Parsed<'b>, Rejection> {
    for (place, column) in vectors {
        let value = column.value(row).map_err(|why| {
            let key = destination.fields.get(*place).map_or("", |field| &field.key);
            Rejection::new(format!("`{key}` {why}"))
        })?;
        parsed.set(*place, value);
    }
    Ok(parsed)
}

/// Whether a path leads through structs to something.
fn reaches(schema: &Schema, path: &[String]) -> bool {
    let mut fields = schema.fields();
    let mut rest = path;
    while let Some((name, below)) = rest.split_first() {
        match fields.find(name).map(|(_, field)| field.data_type()) {
            Some(_) if below.is_empty() => return true,
            Some(DataType::Struct(inner)) => fields = inner,
            _ => return false,
        }
        rest = below;
    }
    false
}

/// A field that `--map` names must be there, and one that may not be missing, too.
fn expect_keys(path: &Path, schema: &Schema, destination: &Destination, columns: &[Column]) -> Result<()> {
    use super::destination::Absent;
    for (place, field) in destination.fields.iter().enumerate() {
        let is_there = columns.iter().any(|column| column.place == Some(place));
        if is_there || !(field.is_mapped || field.absent == Absent::Refused) {
            continue;
        }
        let names: Vec<String> = schema
            .fields()
            .iter()
            .map(|f| format!("`{}`", f.name()))
            .collect();
        return Err(
            Error::failed(format!("{}: no column `{}`", path.display(), field.key)).hint(format!(
                "It has {}; say with `--map {}=COLUMN` which one it is.",
                names.join(", "),
                field.column.as_str()
            )),
        );
    }
    Ok(())
}

/// The names of the columns that fill no field.
pub(super) fn left_out(path: &Path, destination: &Destination) -> Result<Vec<String>> {
    let builder = open(path)?;
    let columns = columns(builder.schema(), destination);
    expect_keys(path, builder.schema(), destination, &columns)?;
    let names = builder.schema().fields().iter().map(|field| field.name().clone());
    let is_used = |name: &String| columns.iter().any(|column| column.path.first() == Some(name));
    Ok(names.filter(|name| !is_used(name)).collect())
}

/// The values of a column in a batch, with the structs around them, any of which may be null.
struct Values<'b> {
    around: Vec<&'b dyn Array>,
    array: &'b dyn Array,
}

fn arrays<'b>(batch: &'b RecordBatch, columns: &[Column]) -> Vec<Option<Values<'b>>> {
    let find = |column: &Column| {
        let (root, below) = column.path.split_first()?;
        let mut array: &dyn Array = batch.column_by_name(root)?.as_ref();
        let mut around = Vec::new();
        for name in below {
            around.push(array);
            array = array.as_struct_opt()?.column_by_name(name)?.as_ref();
        }
        Some(Values { around, array })
    };
    columns.iter().map(find).collect()
}

fn parse<'b>(
    columns: &[Column],
    arrays: &[Option<Values<'b>>],
    row: usize,
    destination: &Destination,
) -> Result<Parsed<'b>, Rejection> {
    let mut parsed = Parsed::new(destination);
    let mut rest = Rest::default();
    for (column, values) in columns.iter().zip(arrays) {
        let Some(values) = values else { continue };
        let value = if values.around.iter().any(|array| array.is_null(row)) {
            Value::Null
        } else {
            cell::value(values.array, row)
                .map_err(|why| Rejection::new(format!("`{}` {why}", column.path.join("."))))?
        };
        match (column.place, column.path.first()) {
            (Some(place), _) => {
                parsed.set(place, value);
            }
            (None, Some(name)) => add_rest(&mut rest, name, &value, columns)?,
            (None, None) => {}
        }
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
