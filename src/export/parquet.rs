//! Rows as Parquet: columns with types, row groups of bounded size, so that the memory stays the same.
//!
//! Vectors are lists of 32-bit floats, of fixed size where the column says its dimensions; `halfvec` is widened, because
//! few readers know 16-bit floats, and narrows again without loss. What Parquet has no type for is text.
//! Format: <https://parquet.apache.org/docs/file-format>; types: the Arrow columnar format.

use std::any::type_name;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Date32Builder, FixedSizeListBuilder, Float32Builder,
    Float64Builder, Int16Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::selection::Column;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::vector::ElementType;
use crate::vector::copy::{ColumnKind, DecodeError, RowView, Scalar, field};

/// How many bytes of rows become columns at once.
const BATCH: usize = 1024 * 1024;

/// How many bytes make a row group, which stays in memory until it is whole.
const ROW_GROUP: usize = 16 * 1024 * 1024;

/// Days and microseconds from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;

type AnyBuilder = Box<dyn ArrayBuilder>;

/// Writes rows into a file or a pipe.
pub(super) struct ParquetRows {
    columns: Vec<Column>,
    schema: Arc<Schema>,
    builders: Vec<AnyBuilder>,
    writer: ArrowWriter<Output>,
    gathered: usize,
}

impl ParquetRows {
    /// Writes the head.
    pub(super) fn new(columns: Vec<Column>, output: Output) -> Result<Self> {
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(column.name.as_str(), data_type(column.kind), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties(&columns)?));
        Ok(Self {
            builders: builders(&schema),
            writer: writer.map_err(not_written)?,
            columns,
            schema,
            gathered: 0,
        })
    }

    /// Adds a row.
    pub(super) fn write(&mut self, row: RowView<'_>) -> Result<()> {
        for ((column, builder), bytes) in self.columns.iter().zip(&mut self.builders).zip(row.fields()) {
            self.gathered += bytes.map_or(8, <[u8]>::len);
            append(column.kind, bytes, builder.as_mut())
                .map_err(|error| error.context(format!("column {}", column.name.plain())))?;
        }
        if self.gathered >= BATCH {
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
        self.gathered = 0;
        let arrays: Vec<ArrayRef> = self.builders.iter_mut().map(ArrayBuilder::finish).collect();
        if self.columns.is_empty() {
            return Ok(());
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|error| Error::bug(format!("columns do not fit together: {error}")))?;
        self.writer.write(&batch).map_err(not_written)
    }
}

fn properties(columns: &[Column]) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(not_written)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(format!("vecops {}", env!("CARGO_PKG_VERSION")))
        .set_max_row_group_bytes(Some(ROW_GROUP));
    for column in columns.iter().filter(|column| column.kind.is_dense()) {
        // No element of a vector stands for another, and the least of them helps nobody.
        let path = ColumnPath::new(vec![
            column.name.as_str().to_owned(),
            "list".to_owned(),
            "item".to_owned(),
        ]);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    Ok(properties.build())
}

fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Scalar(scalar) => scalar_type(scalar),
        ColumnKind::Array(scalar) => DataType::new_list(scalar_type(scalar), true),
        ColumnKind::Vector(ElementType::Vector | ElementType::Halfvec, dimensions) => {
            match dimensions.and_then(|dimensions| i32::try_from(dimensions).ok()) {
                Some(dimensions) => DataType::new_fixed_size_list(DataType::Float32, dimensions, true),
                None => DataType::new_list(DataType::Float32, true),
            }
        }
        ColumnKind::Vector(..) | ColumnKind::Other => DataType::Utf8,
    }
}

fn scalar_type(scalar: Scalar) -> DataType {
    match scalar {
        Scalar::Bool => DataType::Boolean,
        Scalar::Int2 => DataType::Int16,
        Scalar::Int4 => DataType::Int32,
        Scalar::Int8 => DataType::Int64,
        Scalar::Float4 => DataType::Float32,
        Scalar::Float8 => DataType::Float64,
        Scalar::Bytea => DataType::Binary,
        Scalar::Date => DataType::Date32,
        Scalar::Time => DataType::Time64(TimeUnit::Microsecond),
        Scalar::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        Scalar::Timestamptz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Utf8,
    }
}

fn builders(schema: &Schema) -> Vec<AnyBuilder> {
    let fields = schema.fields().iter();
    fields.map(|field| builder(field.data_type())).collect()
}

/// A builder for a type that [`data_type`] makes. The library's own knows every type, which is a megabyte of program.
fn builder(of: &DataType) -> AnyBuilder {
    match of {
        DataType::Boolean => Box::new(BooleanBuilder::new()),
        DataType::Int16 => Box::new(Int16Builder::new()),
        DataType::Int32 => Box::new(Int32Builder::new()),
        DataType::Int64 => Box::new(Int64Builder::new()),
        DataType::Float32 => Box::new(Float32Builder::new()),
        DataType::Float64 => Box::new(Float64Builder::new()),
        DataType::Binary => Box::new(BinaryBuilder::new()),
        DataType::Date32 => Box::new(Date32Builder::new()),
        DataType::Time64(_) => Box::new(Time64MicrosecondBuilder::new()),
        DataType::Timestamp(..) => Box::new(TimestampMicrosecondBuilder::new().with_data_type(of.clone())),
        DataType::List(field) => {
            let elements = builder(field.data_type());
            Box::new(ListBuilder::new(elements).with_field(Arc::clone(field)))
        }
        DataType::FixedSizeList(field, length) => {
            let elements = builder(field.data_type());
            Box::new(FixedSizeListBuilder::new(elements, *length).with_field(Arc::clone(field)))
        }
        _ => Box::new(StringBuilder::new()),
    }
}

/// Adds a value to its column; the builder is the one that its type has.
fn append(kind: ColumnKind, bytes: Option<&[u8]>, to: &mut dyn ArrayBuilder) -> Result<()> {
    match kind {
        ColumnKind::Scalar(scalar) => append_scalar(scalar, bytes, to),
        ColumnKind::Array(scalar) => append_array(scalar, bytes, to),
        ColumnKind::Vector(ElementType::Vector, dimensions) => {
            let elements = bytes.map(field::vector).transpose().map_err(unreadable)?;
            append_vector(elements.as_deref(), dimensions, to)
        }
        ColumnKind::Vector(ElementType::Halfvec, dimensions) => {
            let halves = bytes.map(field::halfvec).transpose().map_err(unreadable)?;
            let elements: Option<Vec<f32>> =
                halves.map(|halves| halves.into_iter().map(half::f16::to_f32).collect());
            append_vector(elements.as_deref(), dimensions, to)
        }
        ColumnKind::Vector(..) | ColumnKind::Other => append_scalar(Scalar::Text, bytes, to),
    }
}

fn append_scalar(scalar: Scalar, bytes: Option<&[u8]>, to: &mut dyn ArrayBuilder) -> Result<()> {
    fn read<T>(bytes: Option<&[u8]>, read: fn(&[u8]) -> Result<T, DecodeError>) -> Result<Option<T>> {
        bytes.map(read).transpose().map_err(unreadable)
    }
    match scalar {
        Scalar::Bool => of::<BooleanBuilder>(to)?.append_option(read(bytes, field::bool)?),
        Scalar::Int2 => of::<Int16Builder>(to)?.append_option(read(bytes, field::int2)?),
        Scalar::Int4 => of::<Int32Builder>(to)?.append_option(read(bytes, field::int4)?),
        Scalar::Int8 => of::<Int64Builder>(to)?.append_option(read(bytes, field::int8)?),
        Scalar::Float4 => of::<Float32Builder>(to)?.append_option(read(bytes, field::float4)?),
        Scalar::Float8 => of::<Float64Builder>(to)?.append_option(read(bytes, field::float8)?),
        Scalar::Bytea => of::<BinaryBuilder>(to)?.append_option(bytes),
        Scalar::Uuid => {
            let text = read(bytes, field::uuid)?.map(|uuid| uuid.to_string());
            of::<StringBuilder>(to)?.append_option(text);
        }
        Scalar::Date => {
            let day = read(bytes, field::int4)?.map(|day| match day {
                i32::MAX | i32::MIN => Err(infinite()),
                day => day.checked_add(EPOCH_DAYS).ok_or_else(infinite),
            });
            of::<Date32Builder>(to)?.append_option(day.transpose()?);
        }
        Scalar::Time => of::<Time64MicrosecondBuilder>(to)?.append_option(read(bytes, field::int8)?),
        Scalar::Timestamp | Scalar::Timestamptz => {
            let time = match read(bytes, field::int8)? {
                Some(i64::MAX | i64::MIN) => return Err(infinite()),
                _ => read(bytes, field::timestamptz)?,
            };
            of::<TimestampMicrosecondBuilder>(to)?.append_option(time);
        }
        Scalar::Jsonb => {
            let json = bytes.map(field::jsonb).transpose().map_err(unreadable)?;
            of::<StringBuilder>(to)?.append_option(json);
        }
        _ => {
            let text = bytes.map(field::text).transpose().map_err(unreadable)?;
            of::<StringBuilder>(to)?.append_option(text);
        }
    }
    Ok(())
}

fn append_array(scalar: Scalar, bytes: Option<&[u8]>, to: &mut dyn ArrayBuilder) -> Result<()> {
    let list = of::<ListBuilder<AnyBuilder>>(to)?;
    let Some(bytes) = bytes else {
        list.append_null();
        return Ok(());
    };
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
    for element in array.elements {
        append_scalar(scalar, element, list.values().as_mut())?;
    }
    list.append(true);
    Ok(())
}

fn append_vector(elements: Option<&[f32]>, dimensions: Option<u32>, to: &mut dyn ArrayBuilder) -> Result<()> {
    if dimensions.is_none() {
        let list = of::<ListBuilder<AnyBuilder>>(to)?;
        let values = of::<Float32Builder>(list.values().as_mut())?;
        values.append_slice(elements.unwrap_or_default());
        list.append(elements.is_some());
        return Ok(());
    }
    let list = of::<FixedSizeListBuilder<AnyBuilder>>(to)?;
    let length = usize::try_from(list.value_length()).unwrap_or_default();
    let values = of::<Float32Builder>(list.values().as_mut())?;
    match elements {
        Some(elements) if elements.len() == length => values.append_slice(elements),
        Some(_) => return Err(Error::bug("a vector has other dimensions than its column")),
        None => values.append_nulls(length),
    }
    list.append(elements.is_some());
    Ok(())
}

fn of<B: 'static>(builder: &mut dyn ArrayBuilder) -> Result<&mut B> {
    builder
        .as_any_mut()
        .downcast_mut()
        .ok_or_else(|| Error::bug(format!("a column is not built by {}", type_name::<B>())))
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
