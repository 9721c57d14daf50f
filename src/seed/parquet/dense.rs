//! Vectors straight out of a leaf's levels, because nearly every byte of a source is in one of them: a row is compared
//! with the one before it, in place of looking at the levels of one element after the other to find where a list ends.
//! Format: <https://parquet.apache.org/docs/file-format/nestedencoding>.

use std::borrow::Cow;
use std::ops::Range;

use ::parquet::errors::ParquetError;

use super::super::value::{Value, json_of};
use super::leaf::{Leaf, Values};
use super::node::{Kind, Node};
use super::scalar;
use super::walk::{broken, element_there};

/// A column of vectors.
pub(super) struct DenseColumn {
    /// Its leaf.
    pub(super) leaf: usize,
    /// The least definition level that has a place for an element.
    place: i16,
    rows: Vec<Row>,
    /// The repetition levels of the last row behind its first element.
    behind: Vec<i16>,
}

/// One row of the column.
enum Row {
    Null,
    Elements(Range<usize>),
    /// The definition levels of elements some of which are null, and the place of the first that is not.
    WithNulls(Range<usize>, usize),
}

impl DenseColumn {
    /// The column, where it is a list of floats.
    pub(super) fn of(node: &Node, leaf: &Leaf) -> Option<Self> {
        let is_dense = matches!(
            leaf.values,
            Values::Halves(_) | Values::Floats(_) | Values::Doubles(_)
        );
        match &node.kind {
            Kind::List(element, 1) if is_dense && matches!(element.kind, Kind::Leaf) => Some(Self {
                leaf: node.leaves.start,
                place: element_there(node),
                rows: Vec::new(),
                behind: Vec::new(),
            }),
            _ => None,
        }
    }

    /// Finds the rows among what the leaf has read; there must be so many.
    pub(super) fn find_rows(&mut self, leaf: &Leaf, rows: usize) -> Result<(), ParquetError> {
        self.rows.clear();
        let all_are_elements = leaf.definitions.len() == leaf.values.len();
        let (mut level, mut element) = (0, 0);
        while level < leaf.repetitions.len() {
            let levels = level..level + self.length_of_row(leaf, level);
            level = levels.end;
            let (row, elements) = if all_are_elements {
                (Row::Elements(element..element + levels.len()), levels.len())
            } else {
                self.row_with_gaps(leaf, levels, element)
            };
            self.rows.push(row);
            element += elements;
        }
        if self.rows.len() == rows {
            return Ok(());
        }
        let found = self.rows.len();
        Err(ParquetError::General(format!(
            "{found} lists stand in {rows} rows"
        )))
    }

    /// The vector of one of the rows.
    pub(super) fn value<'b>(&self, leaf: &'b Leaf, row: usize) -> Result<Value<'b>, String> {
        match self.rows.get(row).ok_or_else(broken)? {
            Row::Null => Ok(Value::Null),
            Row::Elements(range) => {
                let slice = match &leaf.values {
                    Values::Halves(values) => values.get(range.clone()).map(Value::Halves),
                    Values::Floats(values) => values.get(range.clone()).map(Value::Floats),
                    Values::Doubles(values) => values.get(range.clone()).map(Value::Doubles),
                    _ => None,
                };
                slice.ok_or_else(broken)
            }
            Row::WithNulls(levels, first) => {
                let levels = leaf.definitions.get(levels.clone()).unwrap_or_default();
                let mut next = *first;
                let mut texts = Vec::with_capacity(levels.len());
                for level in levels {
                    let mut value = Value::Null;
                    if *level == leaf.most {
                        value = scalar::value(leaf, next)?;
                        next += 1;
                    }
                    texts.push(json_of(&value).ok_or("holds a value that JSON does not have")?);
                }
                Ok(Value::Json(Cow::Owned(format!("[{}]", texts.join(",")))))
            }
        }
    }

    /// How many levels belong to the row that starts here; mostly as many as to the one before.
    fn length_of_row(&mut self, leaf: &Leaf, start: usize) -> usize {
        let rest = leaf.repetitions.get(start + 1..).unwrap_or_default();
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
    fn row_with_gaps(&self, leaf: &Leaf, levels: Range<usize>, first: usize) -> (Row, usize) {
        let found = leaf.definitions.get(levels.clone()).unwrap_or_default();
        let count = found.iter().filter(|level| **level == leaf.most).count();
        let row = match found {
            [level] if *level + 1 < self.place => Row::Null,
            [level] if *level < self.place => Row::Elements(first..first),
            found if count == found.len() => Row::Elements(first..first + count),
            _ => Row::WithNulls(levels, first),
        };
        (row, count)
    }
}
