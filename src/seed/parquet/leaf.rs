//! One column of pages: some rows of it in memory, and what each of its values is.

use std::fs::File;
use std::sync::Arc;

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::schema::types::ColumnDescriptor;
use half::f16;

use super::pages::Pages;
use super::scalar::{Meaning, Unit};

/// A leaf, some rows at a time.
pub(super) struct Leaf {
    /// The column of the file that it is a part of.
    pub(super) column: String,
    pages: Pages,
    /// The definition level of a value that is there.
    pub(super) most: i16,
    /// What its values mean.
    pub(super) meaning: Meaning,
    /// The definition levels of the rows read last; none where nothing can be absent.
    pub(super) definitions: Vec<i16>,
    /// Their repetition levels; none where nothing is repeated.
    pub(super) repetitions: Vec<i16>,
    /// The values that are there.
    pub(super) values: Values,
}

/// Values as they are stored.
#[derive(Debug)]
pub(super) enum Values {
    Bools(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Halves(Vec<f16>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Leaf {
    /// The leaf at this place.
    pub(super) fn open(file: &Arc<File>, metadata: &Arc<ParquetMetaData>, index: usize) -> Self {
        let column = metadata.file_metadata().schema_descr().column(index);
        let meaning = meaning(&column);
        Self {
            column: column.path().parts().first().cloned().unwrap_or_default(),
            pages: Pages::of(file, metadata, index),
            most: column.max_def_level(),
            values: Values::of(column.physical_type(), meaning),
            meaning,
            definitions: Vec::new(),
            repetitions: Vec::new(),
        }
    }

    /// Reads the next rows in place of those read before.
    pub(super) fn read(&mut self, rows: usize) -> Result<(), ParquetError> {
        self.definitions.clear();
        self.repetitions.clear();
        self.values.clear();
        self.pages.begin();
        let mut left = rows;
        while left > 0 {
            let (pages, most) = self.pages.group()?;
            let levels = (&mut self.definitions, &mut self.repetitions);
            let read = self.values.read(pages, left.min(most), levels)?;
            self.pages.pass(read)?;
            left = left.saturating_sub(read);
        }
        self.values.touch();
        Ok(())
    }
}

type Levels<'l> = (&'l mut Vec<i16>, &'l mut Vec<i16>);

impl Values {
    fn of(stored: Type, meaning: Meaning) -> Self {
        match stored {
            Type::BOOLEAN => Self::Bools(Vec::new()),
            Type::INT32 => Self::Int32(Vec::new()),
            Type::INT64 => Self::Int64(Vec::new()),
            Type::INT96 => Self::Int96(Vec::new()),
            Type::FLOAT => Self::Floats(Vec::new()),
            Type::DOUBLE => Self::Doubles(Vec::new()),
            Type::BYTE_ARRAY => Self::Bytes(Vec::new()),
            Type::FIXED_LEN_BYTE_ARRAY if meaning == Meaning::Half => Self::Halves(Vec::new()),
            Type::FIXED_LEN_BYTE_ARRAY => Self::Fixed(Vec::new()),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Bools(values) => values.clear(),
            Self::Int32(values) => values.clear(),
            Self::Int64(values) => values.clear(),
            Self::Int96(values) => values.clear(),
            Self::Halves(values) => values.clear(),
            Self::Floats(values) => values.clear(),
            Self::Doubles(values) => values.clear(),
            Self::Bytes(values) => values.clear(),
            Self::Fixed(values) => values.clear(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bools(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Int64(values) => values.len(),
            Self::Int96(values) => values.len(),
            Self::Halves(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Doubles(values) => values.len(),
            Self::Bytes(values) => values.len(),
            Self::Fixed(values) => values.len(),
        }
    }

    /// Adds so many rows; returns how many there were.
    fn read(
        &mut self,
        pages: &mut ColumnReader,
        rows: usize,
        levels: Levels<'_>,
    ) -> Result<usize, ParquetError> {
        match (self, pages) {
            (Self::Bools(values), ColumnReader::BoolColumnReader(pages)) => read(pages, rows, levels, values),
            (Self::Int32(values), ColumnReader::Int32ColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Int64(values), ColumnReader::Int64ColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Int96(values), ColumnReader::Int96ColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Floats(values), ColumnReader::FloatColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Doubles(values), ColumnReader::DoubleColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Bytes(values), ColumnReader::ByteArrayColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Fixed(values), ColumnReader::FixedLenByteArrayColumnReader(pages)) => {
                read(pages, rows, levels, values)
            }
            (Self::Halves(values), ColumnReader::FixedLenByteArrayColumnReader(pages)) => {
                let mut stored = Vec::new();
                let read = read(pages, rows, levels, &mut stored)?;
                for bytes in &stored {
                    let bytes: Result<[u8; 2], _> = bytes.data().try_into();
                    let bytes = bytes.map_err(|_| general("a 16-bit float of another length"))?;
                    values.push(f16::from_le_bytes(bytes));
                }
                Ok(read)
            }
            _ => Err(general("a column that changes its type")),
        }
    }

    /// Looks at all bytes once: the library panics where it gave a value without any, and whoever reads contains that.
    fn touch(&self) {
        let lengths: usize = match self {
            Self::Bytes(values) => values.iter().map(|value| value.data().len()).sum(),
            Self::Fixed(values) => values.iter().map(|value| value.data().len()).sum(),
            _ => 0,
        };
        std::hint::black_box(lengths);
    }
}

fn read<T: DataType>(
    pages: &mut ColumnReaderImpl<T>,
    rows: usize,
    (definitions, repetitions): Levels<'_>,
    values: &mut Vec<T::T>,
) -> Result<usize, ParquetError> {
    let (read, _, _) = pages.read_records(rows, Some(definitions), Some(repetitions), values)?;
    Ok(read)
}

/// What the values of a column mean.
fn meaning(column: &ColumnDescriptor) -> Meaning {
    let logical = column.logical_type_ref();
    match (logical, column.converted_type()) {
        (Some(LogicalType::Decimal(decimal)), _) => Meaning::Decimal(decimal.scale),
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Meaning::Date,
        (Some(LogicalType::Time(time)), _) => Meaning::Time(unit(time.unit)),
        (Some(LogicalType::Timestamp(time)), _) => Meaning::Timestamp(unit(time.unit)),
        (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => Meaning::Unsigned,
        (Some(LogicalType::String | LogicalType::Json | LogicalType::Enum), _)
        | (None, ConvertedType::UTF8 | ConvertedType::JSON | ConvertedType::ENUM) => Meaning::Text,
        (Some(LogicalType::Float16), _) => Meaning::Half,
        (Some(LogicalType::Uuid), _) => Meaning::Uuid,
        (None, ConvertedType::DECIMAL) => Meaning::Decimal(column.type_scale()),
        (None, ConvertedType::TIME_MILLIS) => Meaning::Time(Unit::Milliseconds),
        (None, ConvertedType::TIME_MICROS) => Meaning::Time(Unit::Microseconds),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Meaning::Timestamp(Unit::Milliseconds),
        (None, ConvertedType::TIMESTAMP_MICROS) => Meaning::Timestamp(Unit::Microseconds),
        (
            None,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64,
        ) => Meaning::Unsigned,
        (None, ConvertedType::INTERVAL) => Meaning::Interval,
        _ => Meaning::Plain,
    }
}

fn unit(unit: TimeUnit) -> Unit {
    match unit {
        TimeUnit::MILLIS => Unit::Milliseconds,
        TimeUnit::MICROS => Unit::Microseconds,
        TimeUnit::NANOS => Unit::Nanoseconds,
    }
}

fn general(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}
