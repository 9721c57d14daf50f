//! Vectors of 32-bit floats straight out of a column's pages, because nearly every byte of a source is in one of them.
//!
//! An Arrow array would be made by looking at the levels of one element after the other, to find where a list ends;
//! here a row is compared with the one before it, and no buffer is made twice.
//! Format: <https://parquet.apache.org/docs/file-format/nestedencoding>.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::basic::Type;
use ::parquet::column::reader::ColumnReaderImpl;
use ::parquet::data_type::FloatType;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::serialized_reader::SerializedPageReader;
use arrow_array::Float32Array;
use arrow_schema::DataType;

use super::super::source::open_file;
use super::super::value::Value;
use super::cell;
use crate::error::Result;

/// A column of vectors, some rows at a time.
pub(super) struct DenseColumn {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    leaf: usize,
    next_group: usize,
    reader: Option<ColumnReaderImpl<FloatType>>,
    /// The definition level of an element that is there.
    element: i16,
    /// The least definition level that has a place for an element.
    place: i16,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    elements: Vec<f32>,
    rows: Vec<Row>,
    /// The repetition levels of the last row behind its first element.
    behind: Vec<i16>,
}

/// One row of the column.
enum Row {
    Null,
    Elements(Range<usize>),
    WithNulls(Float32Array),
}

impl DenseColumn {
    /// The column of this name, where it is a list of 32-bit floats.
    pub(super) fn open(
        path: &Path,
        builder: &ParquetRecordBatchReaderBuilder<File>,
        name: &str,
    ) -> Result<Option<Self>> {
        let field = builder.schema().field_with_name(name).ok();
        let is_list_of_floats = field.is_some_and(|field| match field.data_type() {
            DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => {
                of.data_type() == &DataType::Float32
            }
            _ => false,
        });
        let columns = builder.parquet_schema().columns().iter().enumerate();
        let mut leaves =
            columns.filter(|(_, leaf)| leaf.path().parts().first().is_some_and(|root| root == name));
        let (Some((leaf, column)), None) = (leaves.next(), leaves.next()) else {
            return Ok(None);
        };
        if !is_list_of_floats || column.physical_type() != Type::FLOAT || column.max_rep_level() != 1 {
            return Ok(None);
        }
        let (file, _) = open_file(path)?.into_parts();
        let element = column.max_def_level();
        Ok(Some(Self {
            file: Arc::new(file),
            metadata: Arc::clone(builder.metadata()),
            leaf,
            next_group: 0,
            reader: None,
            element,
            place: element - i16::from(column.self_type().is_optional()),
            definitions: Vec::new(),
            repetitions: Vec::new(),
            elements: Vec::new(),
            rows: Vec::new(),
            behind: Vec::new(),
        }))
    }

    /// Reads the next rows in place of those read before.
    pub(super) fn read(&mut self, rows: usize) -> Result<(), ParquetError> {
        self.definitions.clear();
        self.repetitions.clear();
        self.elements.clear();
        let mut left = rows;
        while left > 0 {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                none => none.insert(next_group(
                    &self.file,
                    &self.metadata,
                    &mut self.next_group,
                    self.leaf,
                )?),
            };
            let (definitions, repetitions) = (&mut self.definitions, &mut self.repetitions);
            let (read, _, _) =
                reader.read_records(left, Some(definitions), Some(repetitions), &mut self.elements)?;
            if read == 0 {
                self.reader = None;
            }
            left = left.saturating_sub(read);
        }
        self.find_rows();
        if self.rows.len() == rows {
            Ok(())
        } else {
            let found = self.rows.len();
            Err(ParquetError::General(format!(
                "{found} lists stand in {rows} rows"
            )))
        }
    }

    /// The vector of one of the rows read last.
    pub(super) fn value(&self, row: usize) -> Result<Value<'_>, String> {
        match self.rows.get(row) {
            Some(Row::Null) => Ok(Value::Null),
            Some(Row::Elements(range)) => {
                let elements = self.elements.get(range.clone());
                Ok(Value::Floats(elements.unwrap_or_default()))
            }
            Some(Row::WithNulls(array)) => cell::list(array, Some(0), Some(array.len())),
            None => Err("is a list whose bounds are broken".to_owned()),
        }
    }

    fn find_rows(&mut self) {
        self.rows.clear();
        let all_are_elements = self.definitions.len() == self.elements.len();
        let (mut level, mut element) = (0, 0);
        while level < self.repetitions.len() {
            let levels = level..level + self.length_of_row(level);
            let (row, elements) = if all_are_elements {
                (Row::Elements(element..element + levels.len()), levels.len())
            } else {
                self.row_with_gaps(levels.clone(), element)
            };
            self.rows.push(row);
            level = levels.end;
            element += elements;
        }
    }

    /// How many levels belong to the row that starts here; mostly as many as to the one before.
    fn length_of_row(&mut self, start: usize) -> usize {
        let rest = self.repetitions.get(start + 1..).unwrap_or_default();
        let is_alike = rest
            .strip_prefix(self.behind.as_slice())
            .is_some_and(|after| after.first().is_none_or(|first| *first == 0));
        if !is_alike {
            let length = rest.iter().position(|level| *level == 0);
            self.behind.clear();
            self.behind
                .extend_from_slice(rest.get(..length.unwrap_or(rest.len())).unwrap_or_default());
        }
        1 + self.behind.len()
    }

    /// A row of a batch in which something is missing, and how many elements it has.
    fn row_with_gaps(&self, levels: Range<usize>, first: usize) -> (Row, usize) {
        let levels = self.definitions.get(levels).unwrap_or_default();
        let count = levels.iter().filter(|level| **level == self.element).count();
        let row = match levels {
            [level] if *level + 1 < self.place => Row::Null,
            [level] if *level < self.place => Row::Elements(first..first),
            levels if count == levels.len() => Row::Elements(first..first + count),
            levels => {
                let mut elements = self.elements.iter().skip(first);
                let elements = levels.iter().map(|level| {
                    let is_there = *level == self.element;
                    if is_there { elements.next().copied() } else { None }
                });
                Row::WithNulls(elements.collect())
            }
        };
        (row, count)
    }
}

fn next_group(
    file: &Arc<File>,
    metadata: &ParquetMetaData,
    next: &mut usize,
    leaf: usize,
) -> Result<ColumnReaderImpl<FloatType>, ParquetError> {
    let lacking = || ParquetError::EOF("the lists end before the rows".to_owned());
    let group = metadata.row_groups().get(*next).ok_or_else(lacking)?;
    *next += 1;
    let chunk = group.columns().get(leaf).ok_or_else(lacking)?;
    let rows = usize::try_from(group.num_rows()).unwrap_or_default();
    let pages = SerializedPageReader::new(Arc::clone(file), chunk, rows, None)?;
    Ok(ColumnReaderImpl::new(chunk.column_descr_ptr(), Box::new(pages)))
}

#[cfg(test)]
mod tests;
