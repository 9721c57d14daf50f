//! Rows as Parquet: columns with types, row groups of bounded size, so that the memory stays the same.
//!
//! Vectors are lists of 32-bit floats; `halfvec` is widened, because few readers know 16-bit floats, and narrows again
//! without loss. What Parquet has no type for is text. The library gets values with their levels, without Arrow's arrays
//! between, whose every type with every other would be megabytes of program.
//! Format: <https://parquet.apache.org/docs/file-format>.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Stored, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::selection::Column;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::vector::ElementType;
use crate::vector::copy::{ColumnKind, DecodeError, RowView, Scalar, field};

/// How many bytes of rows make a row group, which stays in memory until it is whole.
const ROW_GROUP: usize = 8 * 1024 * 1024;

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;

/// The names of what is around a list's elements, as the format wants them.
const LIST: [&str; 2] = ["list", "element"];

/// The definition levels of a value in a column of its own.
const VALUE: i16 = 1;

/// The definition levels of a list without elements, of an element that is null, and of one that is there.
const EMPTY_LIST: i16 = 1;
const NULL_ELEMENT: i16 = 2;
const ELEMENT: i16 = 3;

/// Writes rows into a file or a pipe.
pub(super) struct ParquetRows {
    columns: Vec<Column>,
    gathered: Vec<Gathered>,
    writer: SerializedFileWriter<Output>,
    rows: usize,
    bytes: usize,
}

impl ParquetRows {
    /// Writes the head.
    pub(super) fn new(columns: Vec<Column>, output: Output) -> Result<Self> {
        let fields: Result<Vec<_>, ParquetError> = columns
            .iter()
            .map(|column| schema(column.name.as_str(), column.kind).map(Arc::new))
            .collect();
        let fields = fields.map_err(not_written)?;
        let root = Type::group_type_builder("rows").with_fields(fields).build();
        let root = Arc::new(root.map_err(not_written)?);
        let properties = Arc::new(properties(&columns)?);
        Ok(Self {
            gathered: columns.iter().map(|column| Gathered::of(column.kind)).collect(),
            writer: SerializedFileWriter::new(output, root, properties).map_err(not_written)?,
            columns,
            rows: 0,
            bytes: 0,
        })
    }

    /// Adds a row.
    pub(super) fn write(&mut self, row: RowView<'_>) -> Result<()> {
        self.rows += 1;
        for ((column, gathered), bytes) in self.columns.iter().zip(&mut self.gathered).zip(row.fields()) {
            self.bytes += bytes.map_or(8, <[u8]>::len);
            gathered
                .add(column.kind, bytes)
                .map_err(|error| error.context(format!("column {}", column.name.plain())))?;
        }
        if self.bytes >= ROW_GROUP {
            self.send()
        } else {
            Ok(())
        }
    }

    /// Writes what is left, and the foot.
    pub(super) fn finish(mut self) -> Result<Output> {
        self.send()?;
        self.writer.into_inner().map_err(not_written)
    }

    fn send(&mut self) -> Result<()> {
        if self.rows == 0 || self.columns.is_empty() {
            return Ok(());
        }
        (self.rows, self.bytes) = (0, 0);
        let mut group = self.writer.next_row_group().map_err(not_written)?;
        for gathered in &mut self.gathered {
            let column = group.next_column().map_err(not_written)?;
            let column = column.ok_or_else(|| Error::bug("a column is not in the schema"))?;
            gathered.send(column).map_err(not_written)?;
        }
        group.close().map_err(not_written)?;
        Ok(())
    }
}

fn properties(columns: &[Column]) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(not_written)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(format!("vecops {}", env!("CARGO_PKG_VERSION")));
    for column in columns.iter().filter(|column| column.kind.is_dense()) {
        // No element of a vector stands for another, and the least of them helps nobody.
        let names = [column.name.as_str()].into_iter().chain(LIST);
        let path = ColumnPath::new(names.map(str::to_owned).collect());
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    Ok(properties.build())
}

/// The type of a column.
fn schema(name: &str, kind: ColumnKind) -> Result<Type, ParquetError> {
    let element = match kind {
        ColumnKind::Array(scalar) => scalar,
        kind if kind.is_dense() => Scalar::Float4,
        kind => return value(name, scalar_of(kind)),
    };
    let [repeated, inner] = LIST;
    let repeated = Type::group_type_builder(repeated)
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(value(inner, element)?)])
        .build()?;
    Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(repeated)])
        .build()
}

/// The type of a value that may be null.
fn value(name: &str, scalar: Scalar) -> Result<Type, ParquetError> {
    let (stored, logical) = stored(scalar);
    Type::primitive_type_builder(name, stored)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// What a column holds that is neither an array nor a vector: what has no type of its own is text.
fn scalar_of(kind: ColumnKind) -> Scalar {
    match kind {
        ColumnKind::Scalar(scalar) => scalar,
        _ => Scalar::Text,
    }
}

fn stored(scalar: Scalar) -> (Stored, Option<LogicalType>) {
    let moment = |is_utc| LogicalType::timestamp(is_utc, TimeUnit::MICROS);
    match scalar {
        Scalar::Bool => (Stored::BOOLEAN, None),
        Scalar::Int2 => (Stored::INT32, Some(LogicalType::integer(16, true))),
        Scalar::Int4 => (Stored::INT32, None),
        Scalar::Int8 => (Stored::INT64, None),
        Scalar::Float4 => (Stored::FLOAT, None),
        Scalar::Float8 => (Stored::DOUBLE, None),
        Scalar::Bytea => (Stored::BYTE_ARRAY, None),
        Scalar::Date => (Stored::INT32, Some(LogicalType::Date)),
        Scalar::Time => (Stored::INT64, Some(LogicalType::time(false, TimeUnit::MICROS))),
        Scalar::Timestamp => (Stored::INT64, Some(moment(false))),
        Scalar::Timestamptz => (Stored::INT64, Some(moment(true))),
        _ => (Stored::BYTE_ARRAY, Some(LogicalType::String)),
    }
}

/// The values of a column since the last row group.
struct Gathered {
    values: Values,
    definitions: Vec<i16>,
    /// Of lists only.
    repetitions: Option<Vec<i16>>,
}

/// Values by what they are stored as.
enum Values {
    Bools(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<ByteArray>),
}

impl Gathered {
    fn of(kind: ColumnKind) -> Self {
        let (scalar, is_list) = match kind {
            ColumnKind::Array(scalar) => (scalar, true),
            kind if kind.is_dense() => (Scalar::Float4, true),
            kind => (scalar_of(kind), false),
        };
        let values = match stored(scalar).0 {
            Stored::BOOLEAN => Values::Bools(Vec::new()),
            Stored::INT32 => Values::Int32(Vec::new()),
            Stored::INT64 => Values::Int64(Vec::new()),
            Stored::FLOAT => Values::Floats(Vec::new()),
            Stored::DOUBLE => Values::Doubles(Vec::new()),
            _ => Values::Bytes(Vec::new()),
        };
        Self {
            values,
            definitions: Vec::new(),
            repetitions: is_list.then(Vec::new),
        }
    }

    /// Adds a value.
    fn add(&mut self, kind: ColumnKind, bytes: Option<&[u8]>) -> Result<()> {
        let Some(bytes) = bytes else {
            self.level(0, 0);
            return Ok(());
        };
        match kind {
            ColumnKind::Array(scalar) => self.array(scalar, bytes),
            ColumnKind::Vector(ElementType::Vector, dimensions) => {
                let elements = field::vector(bytes).map_err(unreadable)?;
                self.vector(elements.iter().copied(), dimensions)
            }
            ColumnKind::Vector(ElementType::Halfvec, dimensions) => {
                let halves = field::halfvec(bytes).map_err(unreadable)?;
                self.vector(halves.into_iter().map(half::f16::to_f32), dimensions)
            }
            kind => {
                self.level(VALUE, 0);
                self.values.add(scalar_of(kind), bytes)
            }
        }
    }

    fn level(&mut self, definition: i16, repetition: i16) {
        self.definitions.push(definition);
        if let Some(repetitions) = &mut self.repetitions {
            repetitions.push(repetition);
        }
    }

    fn array(&mut self, scalar: Scalar, bytes: &[u8]) -> Result<()> {
        let array = field::array(bytes).map_err(unreadable)?;
        if !matches!(
            array.dimensions.as_slice(),
            [] | [crate::vector::copy::array::Dimension { first: 1, .. }]
        ) {
            return Err(Error::failed(
                "an array of several dimensions, or one that begins elsewhere, is no list",
            )
            .hint("Export with `--format jsonl`, or leave the column out."));
        }
        if array.elements.is_empty() {
            self.level(EMPTY_LIST, 0);
        }
        for (place, element) in array.elements.into_iter().enumerate() {
            let repetition = i16::from(place > 0);
            match element {
                None => self.level(NULL_ELEMENT, repetition),
                Some(bytes) => {
                    self.level(ELEMENT, repetition);
                    self.values.add(scalar, bytes)?;
                }
            }
        }
        Ok(())
    }

    fn vector(
        &mut self,
        elements: impl ExactSizeIterator<Item = f32>,
        dimensions: Option<u32>,
    ) -> Result<()> {
        let length = elements.len();
        let (Values::Floats(values), Some(repetitions)) = (&mut self.values, &mut self.repetitions) else {
            return Err(Error::bug("a vector is not gathered as a list of floats"));
        };
        if dimensions.is_some_and(|dimensions| usize::try_from(dimensions) != Ok(length)) {
            return Err(Error::bug("a vector has other dimensions than its column"));
        }
        if length == 0 {
            self.level(EMPTY_LIST, 0);
            return Ok(());
        }
        values.extend(elements);
        let levels = self.definitions.len() + length;
        self.definitions.resize(levels, ELEMENT);
        repetitions.push(0);
        repetitions.resize(levels, 1);
        Ok(())
    }

    /// Hands all to the column's writer, and begins anew.
    fn send(&mut self, mut column: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = (self.definitions.as_slice(), self.repetitions.as_deref());
        match &mut self.values {
            Values::Bools(values) => send::<BoolType>(&mut column, values, levels)?,
            Values::Int32(values) => send::<Int32Type>(&mut column, values, levels)?,
            Values::Int64(values) => send::<Int64Type>(&mut column, values, levels)?,
            Values::Floats(values) => send::<FloatType>(&mut column, values, levels)?,
            Values::Doubles(values) => send::<DoubleType>(&mut column, values, levels)?,
            Values::Bytes(values) => send::<ByteArrayType>(&mut column, values, levels)?,
        }
        self.definitions.clear();
        if let Some(repetitions) = &mut self.repetitions {
            repetitions.clear();
        }
        column.close()
    }
}

fn send<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    (definitions, repetitions): (&[i16], Option<&[i16]>),
) -> Result<(), ParquetError> {
    column
        .typed::<T>()
        .write_batch(values, Some(definitions), repetitions)?;
    values.clear();
    Ok(())
}

impl Values {
    /// Adds a value that is there.
    fn add(&mut self, scalar: Scalar, bytes: &[u8]) -> Result<()> {
        match (self, scalar) {
            (Self::Bools(values), _) => values.push(read(field::bool(bytes))?),
            (Self::Int32(values), Scalar::Int2) => values.push(read(field::int2(bytes))?.into()),
            (Self::Int32(values), Scalar::Date) => values.push(match read(field::int4(bytes))? {
                i32::MAX | i32::MIN => return Err(infinite()),
                day => day.checked_add(EPOCH_DAYS).ok_or_else(infinite)?,
            }),
            (Self::Int32(values), _) => values.push(read(field::int4(bytes))?),
            (Self::Int64(values), Scalar::Timestamp | Scalar::Timestamptz) => {
                values.push(match read(field::int8(bytes))? {
                    i64::MAX | i64::MIN => return Err(infinite()),
                    _ => read(field::timestamptz(bytes))?,
                });
            }
            (Self::Int64(values), _) => values.push(read(field::int8(bytes))?),
            (Self::Floats(values), _) => values.push(read(field::float4(bytes))?),
            (Self::Doubles(values), _) => values.push(read(field::float8(bytes))?),
            (Self::Bytes(values), Scalar::Bytea) => values.push(bytes.to_vec().into()),
            (Self::Bytes(values), Scalar::Uuid) => {
                values.push(read(field::uuid(bytes))?.to_string().into_bytes().into());
            }
            (Self::Bytes(values), Scalar::Jsonb) => {
                values.push(read(field::jsonb(bytes))?.as_bytes().to_vec().into());
            }
            (Self::Bytes(values), _) => values.push(read(field::text(bytes))?.as_bytes().to_vec().into()),
        }
        Ok(())
    }
}

fn read<T>(field: Result<T, DecodeError>) -> Result<T> {
    field.map_err(unreadable)
}

fn infinite() -> Error {
    Error::failed("a date or time is infinite, which Parquet does not have")
        .hint("Export with `--format jsonl`, or leave such rows out with `--where`.")
}

fn unreadable(error: DecodeError) -> Error {
    Error::failed("the server's rows cannot be read").cause(error)
}

fn not_written(error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(error) => crate::output::not_written(&error),
            Err(other) => {
                Error::failed("the rows cannot be written as Parquet").cause(ParquetError::External(other))
            }
        },
        error => Error::failed("the rows cannot be written as Parquet").cause(error),
    }
}
