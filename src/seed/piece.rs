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
    /// Each as it stands in the source, empty in binary formats.
    pub(super) texts: Vec<Box<[u8]>>,
}

impl Piece {
    /// Adds rows behind these.
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.bytes.extend_from_slice(&chunk.bytes);
        self.lines.append(&chunk.lines);
        self.texts.extend(chunk.texts);
    }

    /// The rows before one, that one, and those after it.
    pub(super) fn around(self, row: u64) -> (Self, Self, Self) {
        let (before, from_row) = self.cut(row);
        let (one, after) = from_row.cut(1);
        (before, one, after)
    }

    /// Two pieces of about as many rows.
    pub(super) fn halves(self) -> (Self, Self) {
        let half = self.lines.rows() / 2;
        self.cut(half)
    }

    /// The text of its first row, where the format has one.
    pub(super) fn text(&self) -> Option<String> {
        let text = self.texts.first().filter(|text| !text.is_empty())?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn cut(mut self, row: u64) -> (Self, Self) {
        let at = usize::try_from(row).unwrap_or(usize::MAX).min(self.texts.len());
        let second = Self {
            bytes: self.bytes.split_off(length(&self.bytes, row)),
            lines: lines(&self.lines, row..self.lines.rows()),
            texts: self.texts.split_off(at),
        };
        self.lines = lines(&self.lines, 0..row);
        (self, second)
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
        let (mut lines, mut texts) = (RowLines::default(), Vec::new());
        for (line, row) in (10..).zip(rows) {
            encoder.begin_row();
            encoder.int8(7);
            match row {
                Some(text) => encoder.text(text).unwrap(),
                None => encoder.null(),
            }
            lines.push(line * 2);
            texts.push(row.clone().unwrap_or_default().into_bytes().into_boxed_slice());
        }
        Piece {
            bytes: encoder.take(0),
            lines,
            texts,
        }
    }

    proptest! {
        #[test]
        fn a_row_taken_out_leaves_the_others(
            rows in prop::collection::vec(prop::option::of(".{0,9}"), 1..20),
            at in any::<prop::sample::Index>(),
        ) {
            let row = at.index(rows.len());
            let (before, one, after) = piece(&rows).around(row as u64);
            prop_assert_eq!(one.text(), rows[row].clone().filter(|text| !text.is_empty()));
            prop_assert_eq!(one.lines.line_of(0), Some((row as u64 + 10) * 2));
            prop_assert_eq!(&before.bytes, &piece(&rows[..row]).bytes);
            prop_assert_eq!(&after.bytes, &piece(&rows[row + 1..]).bytes);
            prop_assert_eq!(after.lines.line_of(0), (row + 1 < rows.len()).then_some((row as u64 + 11) * 2));
            prop_assert_eq!(before.lines.rows() + after.lines.rows() + 1, rows.len() as u64);
        }
    }
}
