//! Encoded rows as one piece that can be cut between two rows.
//!
//! A row of binary COPY says the number of its fields and of each its length (PostgreSQL documentation, "COPY",
//! "Binary Format"), so its end is found without knowing what is in it.

use std::ops::Range;

use super::lines::RowLines;
use super::pipeline::Chunk;

/// Some encoded rows with their lines.
#[derive(Default)]
pub(super) struct Piece {
    /// Their bytes.
    pub(super) bytes: Vec<u8>,
    /// Where they come from.
    pub(super) lines: RowLines,
}

impl Piece {
    /// Adds rows behind these.
    pub(super) fn push(&mut self, chunk: &Chunk) {
        self.bytes.extend_from_slice(&chunk.bytes);
        self.lines.append(&chunk.lines);
    }

    /// The rows before one, and those after it.
    pub(super) fn without(self, row: u64) -> (Self, Self) {
        let mut before = self.bytes;
        let from_row = before.split_off(length(&before, row));
        let after = from_row.get(length(&from_row, 1)..).unwrap_or_default().to_vec();
        let first = Self {
            bytes: before,
            lines: lines(&self.lines, 0..row),
        };
        let second = Self {
            bytes: after,
            lines: lines(&self.lines, row + 1..self.lines.rows()),
        };
        (first, second)
    }
}

/// How many bytes the first rows take.
pub(super) fn length(bytes: &[u8], rows: u64) -> usize {
    let mut rest = bytes;
    for _ in 0..rows {
        rest = after_row(rest).unwrap_or_default();
    }
    bytes.len() - rest.len()
}

/// The lines of some of the rows.
pub(super) fn lines(of: &RowLines, rows: Range<u64>) -> RowLines {
    let mut some = RowLines::default();
    rows.filter_map(|row| of.line_of(row))
        .for_each(|line| some.push(line));
    some
}

fn after_row(bytes: &[u8]) -> Option<&[u8]> {
    let (fields, mut rest) = bytes.split_first_chunk::<2>()?;
    for _ in 0..u16::from_be_bytes(*fields) {
        let (length, value) = rest.split_first_chunk::<4>()?;
        // NULL is the length -1.
        let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
        rest = value.get(length..)?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::copy::CopyEncoder;
    use proptest::prelude::*;

    fn piece(rows: &[Option<String>]) -> Piece {
        let mut encoder = CopyEncoder::new(2).unwrap();
        let mut lines = RowLines::default();
        for (line, row) in (10..).zip(rows) {
            encoder.begin_row();
            encoder.int8(7);
            match row {
                Some(text) => encoder.text(text).unwrap(),
                None => encoder.null(),
            }
            lines.push(line * 2);
        }
        Piece {
            bytes: encoder.take(0),
            lines,
        }
    }

    proptest! {
        #[test]
        fn a_row_taken_out_leaves_the_others(
            rows in prop::collection::vec(prop::option::of(".{0,9}"), 1..20),
            at in any::<prop::sample::Index>(),
        ) {
            let row = at.index(rows.len());
            let (before, after) = piece(&rows).without(row as u64);
            prop_assert_eq!(&before.bytes, &piece(&rows[..row]).bytes);
            prop_assert_eq!(&after.bytes, &piece(&rows[row + 1..]).bytes);
            prop_assert_eq!(after.lines.line_of(0), (row + 1 < rows.len()).then_some((row as u64 + 11) * 2));
            prop_assert_eq!(before.lines.rows() + after.lines.rows() + 1, rows.len() as u64);
        }
    }
}
